import type { Clock } from '../ports/clock.js';
import type { BrokerConfig } from './config.js';
import type { FetchWaits } from './fetch-waits.js';
import type { GroupService } from './group-service.js';
import type { Logger } from './logger.js';
import type { BrokerMetrics } from './metrics.js';
import type { OffsetsTopic } from './offsets-topic.js';
import type { ProducerIds } from './producer-ids.js';
import type { Security } from './security.js';
import type { TopicCatalog } from './topic-catalog.js';

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

/** What request handlers work with. */
export interface BrokerServices {
  readonly config: BrokerConfig;
  readonly cluster: ClusterView;
  readonly security: Security;
  readonly topics: TopicCatalog;
  readonly groups: GroupService;
  readonly offsetsTopic: OffsetsTopic;
  readonly fetchWaits: FetchWaits;
  readonly producerIds: ProducerIds;
  readonly metrics: BrokerMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}
