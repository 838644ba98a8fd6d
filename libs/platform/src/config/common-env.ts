import { z } from 'zod';
import { integer } from './env.js';

const brokerList = z
  .string()
  .regex(/^[^,\s:]+:\d{1,5}(,[^,\s:]+:\d{1,5})*$/, 'must be host:port, or several of them with commas between');

/** What every service reads from its environment. Spread it into the service's own schema. */
export const commonEnv = {
  /** Where the log is: streaming-core or Apache Kafka. */
  KAFKA_BROKERS: brokerList.default('127.0.0.1:9092'),
  /** After so long without a sign of life the group gives a member's partitions to others. Default: the client's. */
  KAFKA_SESSION_TIMEOUT_MS: integer(1_000, 1_800_000).optional(),
  /** Address that the HTTP server binds to. */
  HOST: z.string().default('127.0.0.1'),
  /** Directory of the city pack. Default: the city that ships with the product. */
  CITY_PACK: z.string().optional(),
  /** Partitions of the topics that are partitioned by zone. */
  ZONE_PARTITIONS: integer(1, 512).default(12),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** `pretty` for people, `json` for machines. */
  LOG_FORMAT: z.enum(['pretty', 'json']).default('pretty'),
} as const;

/** The HTTP port, with each service's own default. 0 picks a free one. */
export const portEnv = (defaultPort: number): z.ZodDefault<z.ZodType<number>> =>
  integer(0, 65_535).default(defaultPort);

export const commonEnvSchema = z.object(commonEnv);
export type CommonEnv = z.infer<typeof commonEnvSchema>;
