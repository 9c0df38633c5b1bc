import type { EntityManager, EntityTarget, FindOptionsOrder, FindOptionsWhere } from 'typeorm';
import type { PageQueryDto } from './page-query.dto.js';
import { pageOf, type Page } from './page.js';

/** One page of an entity's rows, oldest first; ids tell those of the same moment apart. */
export async function listPage<Entity extends { id: string; created_at: Date }>(
  manager: EntityManager,
  entity: EntityTarget<Entity>,
  where: FindOptionsWhere<Entity>,
  query: PageQueryDto,
): Promise<Page<Entity>> {
  const order = { created_at: 'ASC', id: 'ASC' } as FindOptionsOrder<Entity>;
  const skip = (query.page - 1) * query.page_size;
  const [rows, total] = await manager.findAndCount(entity, { where, order, take: query.page_size, skip });
  return pageOf(rows, total, query);
}
