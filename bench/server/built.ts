import type * as KeyPairModule from '../../src/common/auth/key-pair.js';
import type * as EmbeddedServerModule from '../../src/database/embedded/embedded-server.js';

interface Modules {
  'auth/key-pair.js': typeof KeyPairModule;
  'database/embedded/embedded-server.js': typeof EmbeddedServerModule;
}

/** A module of the service as it was built: Node runs no decorators, so that the sources cannot be imported here. */
export async function built<Path extends keyof Modules>(path: Path): Promise<Modules[Path]> {
  return (await import(new URL(`../../dist/src/${path}`, import.meta.url).href)) as Modules[Path];
}
