/**
 * What differs from Apache Kafka 4.2, request by request, and why. One broker that holds every partition answers them all, so
 * what Kafka says about other brokers is said about this one. Served requests without a note have none.
 */
export const NOTES: Readonly<Record<number, string>> = {
  0: 'Versions 0-2 are advertised and refused, in Kafka too: librdkafka before 2.12 turns compression off without them. `timeoutMs` bounds the wait for the disk, as there are no other replicas: REQUEST_TIMED_OUT; 0 or less bounds nothing. One batch for each partition, as Kafka asks since version 3. `acks=all` is answered after fsync by default.',
  1: 'Fetches of followers are refused: there is no other broker. Diverging epochs, snapshots and preferred read replicas are never reported.',
  2: 'There is no tiered storage: the latest tiered offset (-5) and the earliest one to be uploaded (-6) do not exist, the earliest local one (-4) is the earliest.',
  3: 'One broker, which is the controller. A request creates at most 100 topics; a client asks again for the rest.',
  10: 'Every group and transactional id is coordinated here. Share groups (key type 2) are not served: INVALID_REQUEST.',
  18: 'Advertises what is served. Feature levels cannot be changed, so the epoch of the finalized ones is 0 for ever.',
  19: 'A replication factor other than 1, and assignments to other brokers, are refused. `max.partitions` bounds all topics together: POLICY_VIOLATION.',
  20: "The broker's own topics cannot be deleted: INVALID_REQUEST; Kafka deletes them, with the offsets of all groups.",
  22: 'Version 6 (two-phase commit) is not stable in Apache Kafka 4.2 either.',
  24: 'Waits for the markers of the last transaction, half a second at most, before it answers CONCURRENT_TRANSACTIONS.',
  27: 'For who may alter the cluster. With one broker only tools that end hanging transactions send it.',
  32: 'Broker loggers (resource type 8) and client metrics (16) have no configs: INVALID_REQUEST.',
  33: 'Of broker settings only those can be changed that the section on broker settings names.',
  34: 'There is one log directory: "moving" a replica to where it is succeeds, anywhere else is LOG_DIR_NOT_FOUND.',
  43: 'An election is never needed: this broker leads all partitions. One that is offline has nobody else who could lead it.',
  44: 'As AlterConfigs.',
  45: 'Moving a partition to this broker is done at once; to another is INVALID_REPLICA_ASSIGNMENT.',
  46: 'None is ever under way.',
  49: 'Addresses are IP addresses; Kafka takes names of hosts too, and looks them up.',
  57: 'Features run at their highest level, always: an update to it changes nothing, any other is INVALID_UPDATE_VERSION.',
  60: 'No controller endpoints (endpoint type 2): MISMATCHED_ENDPOINT_TYPE, as a broker of Kafka answers.',
};

const CLUSTER =
  'About the brokers of a cluster and its controllers; there is one broker and no controller quorum to ask.';
const TOKENS =
  "Delegation tokens spare a cluster's workers the key distribution centre of Kerberos, which is not served.";
const SHARE = 'Share groups (queues, KIP-932) are not served.';
const STREAMS =
  'The rebalance protocol of Kafka Streams (KIP-1071), a Java library, which works with the classic one too.';

/** Requests of Apache Kafka 4.2 to brokers that are refused as unknown, and why. */
export const NOT_SERVED: Readonly<Record<number, string>> = {
  38: TOKENS,
  39: TOKENS,
  40: TOKENS,
  41: TOKENS,
  55: CLUSTER,
  64: CLUSTER,
  71: 'Clients send metrics of theirs only to brokers that ask for them (KIP-714).',
  72: 'As GetTelemetrySubscriptions.',
  76: SHARE,
  77: SHARE,
  78: SHARE,
  79: SHARE,
  80: CLUSTER,
  81: CLUSTER,
  83: SHARE,
  84: SHARE,
  85: SHARE,
  86: SHARE,
  87: SHARE,
  88: STREAMS,
  89: STREAMS,
  90: SHARE,
  91: SHARE,
  92: SHARE,
};
