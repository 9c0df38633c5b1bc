import type { DataSource } from 'typeorm';

/** Everything that a migration can make in the schema, one line each; TypeORM's own table and what extensions bring are left out. */
const SCHEMA = `
  WITH ours AS (
    SELECT oid, relname, relkind FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname NOT IN ('migrations', 'migrations_id_seq')
      AND oid NOT IN (SELECT indexrelid FROM pg_index WHERE indrelid = to_regclass('migrations'))
  )
  SELECT format('relation %s (%s)', relname, relkind) AS line FROM ours
  UNION ALL
  SELECT format('column %s.%s %s%s %s', relname, attname, format_type(atttypid, atttypmod),
    CASE WHEN attnotnull THEN ' not null' END, pg_get_expr(adbin, adrelid))
    FROM ours JOIN pg_attribute ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind IN ('r', 'p', 'v', 'm')
  UNION ALL
  SELECT format('constraint %s on %s: %s', conname, relname, pg_get_constraintdef(pg_constraint.oid))
    FROM pg_constraint JOIN ours ON conrelid = ours.oid
  UNION ALL
  SELECT format('index %s', pg_get_indexdef(oid)) FROM ours WHERE relkind IN ('i', 'I')
  UNION ALL
  SELECT format('trigger %s', pg_get_triggerdef(pg_trigger.oid))
    FROM pg_trigger JOIN ours ON tgrelid = ours.oid WHERE NOT tgisinternal
  UNION ALL
  SELECT format('function %s', pg_get_functiondef(oid))
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prokind <> 'a'
      AND oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'e')
  UNION ALL
  SELECT format('type %s (%s)', typname, typtype)
    FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('d', 'e', 'r')
  ORDER BY line
`;

/** The indentation of a function's body is left out too: a migration that goes back may write it in another place. */
export async function schemaOf(dataSource: DataSource): Promise<string[]> {
  const rows: { line: string }[] = await dataSource.query(SCHEMA);
  return rows.map(({ line }) => line.replaceAll(/\n\s+/g, '\n'));
}
