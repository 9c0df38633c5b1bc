import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import { readEnvironment } from './src/config/environment.js';
import { dataSourceOptions } from './src/database/data-source-options.js';
import { dataDir } from './src/database/embedded/data-dir.js';
import { EmbeddedServer } from './src/database/embedded/embedded-server.js';

const environment = readEnvironment(process.env);

/** DataSource of TypeORM's own command line: DATABASE_URL, or the embedded server while it is running. */
export default new DataSource({
  ...dataSourceOptions(environment.DATABASE_URL ?? EmbeddedServer.runningUrl(dataDir(environment))),
  entities: [fileURLToPath(new URL('src/**/*.entity.js', import.meta.url))],
});
