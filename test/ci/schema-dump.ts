import type { DataSource } from 'typeorm';

/** All objects of the schema, one per line, without TypeORM's migrations table and the objects of extensions. */
const SCHEMA = `
  WITH relations AS (
    SELECT oid, relname, relkind FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname NOT IN ('migrations', 'migrations_id_seq')
      AND oid NOT IN (SELECT indexrelid FROM pg_index WHERE indrelid = to_regclass('migrations'))
  )
  SELECT format('relation %s (%s)', relname, relkind) AS line FROM relations
  UNION ALL
  SELECT format('column %s.%s %s%s %s', relname, attname, format_type(atttypid, atttypmod),
    CASE WHEN attnotnull THEN ' not null' END, pg_get_expr(adbin, adrelid))
    FROM relations JOIN pg_attribute ON attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind IN ('r', 'p', 'v', 'm')
  UNION ALL
  SELECT format('constraint %s on %s: %s', conname, relname, pg_get_constraintdef(pg_constraint.oid))
    FROM pg_constraint JOIN relations ON conrelid = relations.oid
  UNION ALL
  SELECT format('index %s', pg_get_indexdef(oid)) FROM relations WHERE relkind IN ('i', 'I')
  UNION ALL
  SELECT format('trigger %s', pg_get_triggerdef(pg_trigger.oid))
    FROM pg_trigger JOIN relations ON tgrelid = relations.oid WHERE NOT tgisinternal
  UNION ALL
  SELECT format('function %s', pg_get_functiondef(oid))
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prokind <> 'a'
      AND oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'e')
  UNION ALL
  SELECT format('type %s (%s)', typname, typtype)
    FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('d', 'e', 'r')
  ORDER BY line
`;

/** The schema without the indentation of function bodies, which differs between migrations. */
export async function schemaOf(dataSource: DataSource): Promise<string[]> {
  const rows: { line: string }[] = await dataSource.query(SCHEMA);
  return rows.map(({ line }) => line.replaceAll(/\n\s+/g, '\n'));
}
