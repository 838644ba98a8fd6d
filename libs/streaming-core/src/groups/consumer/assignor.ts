import type { Partitions } from './partitions.js';

/** One member, as assignors see it. */
export interface AssignorMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Ids of topics that exist. */
  readonly topicIds: ReadonlySet<string>;
  /** Its target of the last epoch. */
  readonly previous: Partitions;
}

/** Topic id -> number of partitions. */
export type TopicSizes = ReadonlyMap<string, number>;

/** Gives each partition of each subscribed topic to exactly one subscriber. Members with nothing may be left out. */
export type Assignor = (members: readonly AssignorMember[], topics: TopicSizes) => ReadonlyMap<string, Partitions>;
