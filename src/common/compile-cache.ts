import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Next to the source code, so that both have the same write permissions. */
const FOLDER = new URL('../../../node_modules/.cache/tenantry', import.meta.url);

/**
 * Makes Node store compiled code at exit and load it at the next start. Has no effect where the folder is not
 * writable. NODE_COMPILE_CACHE overrides the folder.
 */
export function enableDiskCompileCache(): void {
  enableCompileCache(fileURLToPath(FOLDER));
}
