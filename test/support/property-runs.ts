/**
 * @param full the number of runs with PROPERTY_TESTS=full
 * @returns that number, or a quarter of it by default
 */
export function propertyRuns(full: number): number {
  return process.env['PROPERTY_TESTS'] === 'full' ? full : Math.ceil(full / 4);
}
