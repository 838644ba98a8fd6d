import type { ApiKey } from '../wire/apis/registry.js';

/** A feature in the sense of KIP-584, with the levels that this broker can run at. Its level is always the highest. */
export interface Feature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** The feature that a request type belongs to: without its handler there is no feature. */
const FEATURE_OF: readonly (Feature & { readonly api: ApiKey })[] = [
  { name: 'group.version', minVersion: 0, maxVersion: 1, api: 68 },
  // EndTxn 5, Produce 12 and TxnOffsetCommit 5 are served: a new epoch per transaction, partitions added by writing (KIP-890).
  { name: 'transaction.version', minVersion: 0, maxVersion: 2, api: 26 },
];

export function featuresOf(servedKeys: object): Feature[] {
  return FEATURE_OF.filter(({ api }) => api in servedKeys).map(({ name, minVersion, maxVersion }) => ({
    name,
    minVersion,
    maxVersion,
  }));
}
