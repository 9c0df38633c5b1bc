import type * as KeyPairModule from '../../src/common/auth/key-pair.js';
import type * as EmbeddedServerModule from '../../src/database/embedded/embedded-server.js';

interface Modules {
  'common/auth/key-pair.js': typeof KeyPairModule;
  'database/embedded/embedded-server.js': typeof EmbeddedServerModule;
}

/** Imports a compiled module of the service, because Node cannot run the decorators of the sources. */
export async function importBuilt<Path extends keyof Modules>(path: Path): Promise<Modules[Path]> {
  return (await import(new URL(`../../dist/src/${path}`, import.meta.url).href)) as Modules[Path];
}
