/** Collects and numbers the parameters of a statement that is composed of several parts. */
export class QueryParameters {
  readonly values: unknown[] = [];

  /** @returns the placeholder of the value, such as `$3` */
  add(value: unknown): string {
    return `$${String(this.values.push(value))}`;
  }

  /**
   * Adds the rows as one array parameter for each column.
   * @param columns SQL types by column, in the order in which the function returns the columns
   * @returns a table function over the rows, such as `unnest($2::uuid[], $3::text[])`
   */
  addRows<Column extends string>(
    rows: readonly Readonly<Record<NoInfer<Column>, unknown>>[],
    columns: Readonly<Record<Column, string>>,
  ): string {
    const arrays = Object.entries<string>(columns).map(
      ([column, type]) => `${this.add(rows.map((row) => row[column as Column]))}::${type}[]`,
    );
    return `unnest(${arrays.join(', ')})`;
  }
}
