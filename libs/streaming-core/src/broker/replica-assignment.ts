/** Why a partition cannot have these replicas, or null. On one broker it can only be there. The sentences are Kafka's. */
export function replicasProblem(replicas: readonly number[], nodeId: number): string | null {
  if (replicas.length === 0) return 'The manual partition assignment includes an empty replica list.';
  const seen = new Set<number>();
  for (const replica of replicas) {
    if (replica < 0) return `The manual partition assignment includes an invalid replica id ${replica}.`;
    if (seen.has(replica)) return `The manual partition assignment includes the broker ${replica} more than once.`;
    seen.add(replica);
  }
  const stranger = replicas.find((replica) => replica !== nodeId);
  if (stranger === undefined) return null;
  return `The manual partition assignment includes broker ${stranger}, but no such broker is registered.`;
}

/** Why partitions from `first` on cannot be assigned so, or null: they must be dense, and every one where it can be. */
export function assignmentsProblem(
  assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[],
  nodeId: number,
): string | null {
  const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex));
  const twice = assignments.length - indexes.size;
  if (twice > 0) return 'Found multiple manual partition assignments for one partition.';
  if (!assignments.every((_, index) => indexes.has(index))) {
    return 'partitions should be a consecutive 0-based integer sequence';
  }
  for (const { brokerIds } of assignments) {
    const problem = replicasProblem(brokerIds, nodeId);
    if (problem !== null) return problem;
  }
  return null;
}
