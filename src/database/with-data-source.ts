import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source-options.js';

/** Without the service's time limits: what an operator asks for takes as long as it takes. */
export async function withDataSource<T>(
  url: string,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = await new DataSource(dataSourceOptions(url, { poolSize: 2 })).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
