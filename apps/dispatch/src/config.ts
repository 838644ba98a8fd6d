import { commonEnv, portEnv } from '@ridestream/platform/config/common-env';
import { decimal, integer, readEnv } from '@ridestream/platform/config/env';
import { z } from 'zod';
import { POLICY_NAMES } from './matching/policies.js';
import { DEFAULT_SETTINGS, type DispatchSettings } from './zone/dispatch-settings.js';

const dispatchEnvSchema = z.object({
  ...commonEnv,
  PORT: portEnv(3000),
  /** How rides and drivers are matched: `batched` (least total driving time) or `nearest` (one ride after the other). */
  MATCH_POLICY: z.enum(POLICY_NAMES).default('batched'),
  /** City seconds that a driver has to answer an offer. */
  OFFER_TIMEOUT_S: decimal(1, 600).default(15),
  /** City seconds after which a ride without a driver ends. */
  MAX_WAIT_S: decimal(10, 86_400).default(300),
  /** City seconds after which a driver not heard of is not asked. */
  STALE_DRIVER_S: decimal(5, 3_600).default(60),
  /** Wall-clock seconds between two checkpoints of the state. */
  CHECKPOINT_INTERVAL_S: decimal(1, 3_600).default(30),
  /** Dashboards connected at a time. */
  SOCKETS_MAX: integer(1, 10_000).default(200),
});
export type DispatchEnv = z.infer<typeof dispatchEnvSchema>;

export const readDispatchEnv = (env: Readonly<Record<string, string | undefined>>): DispatchEnv =>
  readEnv(dispatchEnvSchema, env);

export const dispatchSettings = (env: DispatchEnv): DispatchSettings => ({
  ...DEFAULT_SETTINGS,
  offerTimeoutMs: env.OFFER_TIMEOUT_S * 1000,
  maxWaitMs: env.MAX_WAIT_S * 1000,
  staleDriverMs: env.STALE_DRIVER_S * 1000,
});
