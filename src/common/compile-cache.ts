import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Beside the code that it is made of: whoever can write the one can write the other. */
const FOLDER = new URL('../../../node_modules/.cache/tenantry', import.meta.url);

/**
 * From now on Node keeps what it compiles, once it exits, and finds it at the next start. Where the folder cannot be
 * written it keeps nothing, and says nothing. NODE_COMPILE_CACHE names another folder.
 */
export function keepCompiledCode(): void {
  enableCompileCache(fileURLToPath(FOLDER));
}
