import { Injectable } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { readFileSync } from 'node:fs';
import { fieldErrorsOf } from '../common/validation/field-errors.js';
import { IsArrayOf } from '../common/validation/field-rules.js';
import { StartupError } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { DEFAULT_PERMISSIONS_CATALOG } from './default-permissions-catalog.js';
import { CatalogSection, type CatalogPermission } from './dto/catalog-section.js';

class Catalog {
  @IsArrayOf(() => CatalogSection)
  sections!: CatalogSection[];
}

/** The permissions that roles can have: the default catalog, or that of the file PERMISSIONS_CATALOG. */
@Injectable()
export class PermissionsCatalog {
  readonly sections: readonly CatalogSection[];
  private readonly organizationOnly: ReadonlyMap<string, boolean>;

  /** @throws StartupError when the file cannot be used */
  constructor({ environment }: Settings) {
    const file = environment.PERMISSIONS_CATALOG;
    this.sections = file === undefined ? DEFAULT_PERMISSIONS_CATALOG : readCatalog(file);
    this.organizationOnly = new Map(
      this.sections.flatMap(({ organization_only, permissions_catalog }) =>
        permissions_catalog.map(({ id }) => [id, organization_only] as const),
      ),
    );
  }

  has(permissionId: string): boolean {
    return this.organizationOnly.has(permissionId);
  }

  isOrganizationOnly(permissionId: string): boolean {
    return this.organizationOnly.get(permissionId) === true;
  }

  /** Returns the ids of the permissions that match, in the order of the catalog. */
  ids(matches: (permission: CatalogPermission, section: CatalogSection) => boolean): string[] {
    return this.sections.flatMap((section) =>
      section.permissions_catalog.filter((permission) => matches(permission, section)).map(({ id }) => id),
    );
  }
}

function readCatalog(file: string): CatalogSection[] {
  const catalog = plainToInstance(Catalog, { sections: readJson(file) });
  const problems = fieldErrorsOf(validateSync(catalog, { whitelist: true, forbidNonWhitelisted: true })).map(
    ({ field, message }) => `${field}: ${message}`,
  );
  const ids = problems.length > 0 ? [] : catalog.sections.flatMap((section) => section.permissions_catalog);
  const repeated = ids.filter(({ id }, n) => ids.findIndex((other) => other.id === id) < n);
  problems.push(...repeated.map(({ id }) => `the id ${id} occurs more than once`));
  if (problems.length === 0) return catalog.sections;
  throw new StartupError(`PERMISSIONS_CATALOG=${file} cannot be used:\n  ${problems.join('\n  ')}`);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new StartupError(`PERMISSIONS_CATALOG=${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
