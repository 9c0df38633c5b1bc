/**
 * The floors of src/, from the top. A folder may import from lower floors, and from other folders of its own floor as
 * long as no circle of folders comes of it. ARCHITECTURE.md draws the same.
 */
const FLOORS = [
  ['cli'],
  ['app'],
  ['sandbox', 'health', 'errors'],
  ['users', 'access', 'embed-tokens'],
  ['organizations', 'roles', 'api-keys'],
  ['references'],
  ['unit-of-work'],
  ['auth'],
  ['audit', 'totals'],
  ['signing'],
  ['database'],
  ['rate-limiting', 'jobs'],
  ['common', 'config'],
];

const pathOf = (folders) => `^src/(${folders.join('|')})/`;

/** Entry points: main.ts, and service.ts, which starts and stops everything. */
const ENTRY = '^src/[^/]+\\.ts$';

const floorRules = FLOORS.map((folders, floor) => ({
  name: `floor-${folders.join('-')}`,
  comment: `${folders.join(', ')}: imports lead down only.`,
  severity: 'error',
  from: { path: pathOf(folders) },
  to: { path: [ENTRY, ...(floor === 0 ? [] : [pathOf(FLOORS.slice(0, floor).flat())])] },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...floorRules,
    {
      name: 'every-folder-has-a-floor',
      severity: 'error',
      from: { path: '^src/', pathNot: [ENTRY, pathOf(FLOORS.flat())] },
      to: {},
    },
    {
      name: 'no-circles-of-folders',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-circles-of-files',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'entities-stay-inside',
      comment: 'A module uses the services and repositories of another one, not its entities.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '/entities/', pathNot: '^src/$1/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src', pathNot: '(main|\\.d)\\.ts$' },
      to: {},
    },
    {
      name: 'source-without-tests',
      comment: 'Production code imports neither tests nor development packages.',
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
