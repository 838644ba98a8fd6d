import { describe } from '@jest/globals';

/** In the place of a `describe` whose tests cannot be run here: says so, and why, in the output. */
export function skipped(name: string, reason: string): typeof describe.skip {
  process.stderr.write(`\nSKIPPED: ${name}: ${reason}\n`);
  return describe.skip;
}
