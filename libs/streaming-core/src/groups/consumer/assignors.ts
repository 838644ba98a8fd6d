import type { Assignor } from './assignor.js';
import { assignRanges } from './range-assignor.js';
import { assignUniformly } from './uniform-assignor.js';

/** The assignors that members may ask for, by Kafka's names. */
export const ASSIGNORS: Readonly<Record<string, Assignor>> = { uniform: assignUniformly, range: assignRanges };
