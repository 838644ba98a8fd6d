import { BATCH_READER_TARGET, PRODUCED_BATCH_TARGET } from './batch-targets.ts';
import { FRAME_TARGET } from './frame-target.ts';
import { NOISE_TARGET, requestTargets, responseTargets } from './message-targets.ts';
import { SASL_TARGETS } from './sasl-targets.ts';
import { STORED_RECORD_TARGETS } from './stored-record-targets.ts';
import type { FuzzTarget } from './target.ts';

export const TARGETS: readonly FuzzTarget[] = [
  ...requestTargets(),
  ...responseTargets(),
  NOISE_TARGET,
  PRODUCED_BATCH_TARGET,
  BATCH_READER_TARGET,
  FRAME_TARGET,
  ...STORED_RECORD_TARGETS,
  ...SASL_TARGETS,
];
