import type { Clock } from '../ports/clock.js';
import type { BrokerConfig } from './config.js';
import type { ConfigResources } from './configs/config-resources.js';
import type { FetchSessions } from './fetch/fetch-sessions.js';
import type { FetchWaits } from './fetch-waits.js';
import type { GroupService } from './group-service.js';
import type { Logger } from './logger.js';
import type { BrokerMetrics } from './metrics.js';
import type { OffsetsTopic } from './offsets-topic.js';
import type { ProducerIds } from './producer-ids.js';
import type { ClientQuotas } from './quotas/client-quotas.js';
import type { Security } from './security/security.js';
import type { TopicCatalog } from './topic-catalog.js';
import type { Transactions } from './transactions/transactions.js';

export interface Node {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface ClusterView {
  /** This broker, where the clients of a listener reach it; without one, those of the first. */
  self(listener?: string): Node;
  readonly clusterId: string;
}

/** Where the logs lie. */
export interface LogDirectoryView {
  /** Absolute. */
  readonly path: string;
  /** Of the file system there; -1 where it does not say. @throws StorageError */
  space(): { readonly totalBytes: number; readonly usableBytes: number };
}

/** What request handlers work with. */
export interface BrokerServices {
  readonly config: BrokerConfig;
  readonly cluster: ClusterView;
  readonly security: Security;
  readonly topics: TopicCatalog;
  readonly logDirectory: LogDirectoryView;
  readonly configs: ConfigResources;
  readonly quotas: ClientQuotas;
  readonly groups: GroupService;
  readonly offsetsTopic: OffsetsTopic;
  readonly fetchSessions: FetchSessions;
  readonly fetchWaits: FetchWaits;
  readonly producerIds: ProducerIds;
  readonly transactions: Transactions;
  readonly metrics: BrokerMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}
