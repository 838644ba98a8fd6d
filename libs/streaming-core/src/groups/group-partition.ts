/** The partition of `__consumer_offsets` that keeps a group: Java's `abs(groupId.hashCode()) % partitions`, as in Kafka. */
export function partitionOfGroup(groupId: string, partitions: number): number {
  let hash = 0;
  for (let index = 0; index < groupId.length; index++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0;
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % partitions;
}
