import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source-options.js';

/** Runs an operator's command on a DataSource without time limits. */
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
