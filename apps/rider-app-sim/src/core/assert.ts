/** Stays on in production: what holds by construction, and would spoil the city's data if it did not. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}
