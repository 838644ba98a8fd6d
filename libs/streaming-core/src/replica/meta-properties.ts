import path from 'node:path';
import type { Storage } from '../ports/storage.js';

/** Whose data a directory holds, in Kafka's own `meta.properties`. */
export interface MetaProperties {
  readonly clusterId: string;
  readonly nodeId: number;
}

const FILE = 'meta.properties';

/** The directory belongs to another node or cluster, or its `meta.properties` cannot be read. */
export class MetaPropertiesError extends Error {
  override readonly name = 'MetaPropertiesError';
}

/** Null if the directory is new. @throws MetaPropertiesError */
export function readMetaProperties(storage: Storage, directory: string): MetaProperties | null {
  const bytes = storage.readFile(path.join(directory, FILE));
  if (bytes === null) return null;
  const values = new Map(
    bytes
      .toString()
      .split('\n')
      .filter((line) => line.includes('=') && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()] as const),
  );
  const clusterId = values.get('cluster.id');
  const nodeId = Number(values.get('node.id'));
  if (values.get('version') !== '1' || !clusterId || !Number.isSafeInteger(nodeId)) {
    throw new MetaPropertiesError(`${path.join(directory, FILE)} is damaged`);
  }
  return { clusterId, nodeId };
}

export function writeMetaProperties(storage: Storage, directory: string, meta: MetaProperties): void {
  const text = `version=1\ncluster.id=${meta.clusterId}\nnode.id=${meta.nodeId}\n`;
  storage.writeFileAtomic(path.join(directory, FILE), Buffer.from(text));
}
