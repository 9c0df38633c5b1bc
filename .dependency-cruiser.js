/** Which part of the house may know which; ARCHITECTURE.md draws the same. @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src', pathNot: '(main|\\.d)\\.ts$' },
      to: {},
    },
    {
      name: 'source-without-tests',
      comment: 'What runs in production knows nothing of the tests and needs no development package.',
      severity: 'error',
      from: { path: '^(src|ormconfig)', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test', dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^(src|ormconfig)', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^(src|ormconfig)' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined'] },
    },
    {
      name: 'common-is-the-ground',
      comment:
        'common/ and config/ serve every module and know none; the error filter alone reads the constraint table.',
      severity: 'error',
      from: {
        path: '^src/(common|config)/',
        pathNot: '^src/common/errors/(problem\\.filter|errors\\.controller)\\.ts$',
      },
      to: { path: '^src/', pathNot: '^src/(common|config)/' },
    },
    {
      name: 'entities-stay-inside',
      comment:
        "A module meets another through its services; only entities' foreign keys and the DataSource name other entities.",
      severity: 'error',
      from: {
        path: '^src/([^/]+)/',
        pathNot: '(\\.entity|data-source-options|sandbox\\.service|organizations\\.service)\\.ts$',
      },
      to: { path: '^src/[^/]+/entities/', pathNot: '^src/$1/' },
    },
    {
      name: 'nobody-needs-the-command-line',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'the-audit-trail-knows-no-tenant-things',
      comment: 'What changes something says so to the audit trail, which has no need to know what it was.',
      severity: 'error',
      from: { path: '^src/audit/' },
      to: {
        path: '^src/(users|organizations|roles|access|changes)/',
        pathNot: '\\.entity\\.ts$|sandbox\\.ids\\.ts$',
      },
    },
    {
      name: 'users-on-top',
      comment: 'Organizations and roles are what users are given; they know no users.',
      severity: 'error',
      from: { path: '^src/(organizations|roles|auth|ownership)/' },
      to: { path: '^src/users/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
