import type { CommitInput, Now, RecordToAppend } from './coordinator-types.js';
import type { GroupError, RequestId } from './group-errors.js';
import { encodeKey, encodeOffset } from './group-records.js';
import { isSubscribedTo, isWithoutMembers, offsetsExpireFromMs, refuseCommit } from './group-rules.js';
import type { GroupEntry, GroupTable } from './group-table.js';
import type { CommittedOffset, OffsetCommit, TopicPartition } from './offset-store.js';

/** Committing and forgetting offsets: what is answered is durable, what is visible is durable. */
export class OffsetCommits {
  constructor(private readonly table: GroupTable) {}

  /** @param unavailable why the coordinator cannot serve the group at all, or `NONE` */
  commit(groupId: string, input: CommitInput, unavailable: GroupError, now: Now): void {
    const { config } = this.table;
    const error = unavailable === 'NONE' ? this.#refuse(groupId, input, now) : unavailable;
    const errors = input.offsets.map(({ metadata }): GroupError =>
      error === 'NONE' && Buffer.byteLength(metadata ?? '') > config.maxOffsetMetadataBytes
        ? 'OFFSET_METADATA_TOO_LARGE'
        : error,
    );
    const commits = input.offsets
      .filter((_, index) => errors[index] === 'NONE')
      .map((each) => ({ topic: each.topic, partition: each.partition, committed: committedOffset(each, input, now) }));
    if (commits.length === 0) {
      this.#reply(input.requestId, errors);
      return;
    }
    this.#append(this.table.getOrCreate(groupId, now), input, commits, (appendError) => {
      this.#reply(
        input.requestId,
        errors.map((each) => (each === 'NONE' ? appendError : each)),
      );
    });
  }

  /** Forgets offsets that lapsed (KIP-211). Gives the groups without members that have nothing left then. */
  expire(now: Now): GroupEntry[] {
    const emptied: GroupEntry[] = [];
    for (const entry of this.table.entries()) {
      if (entry.appendsInFlight > 0) continue;
      const expired = expiredOffsets(entry, this.table.config.offsetsRetentionMs, now);
      this.forget(entry, expired);
      const isAll = everyOffset(entry).length === expired.length;
      if (isAll && isWithoutMembers(entry.group)) emptied.push(entry);
    }
    return emptied;
  }

  /**
   * Deletes what clients ask to delete (OffsetDelete). One error per partition, in order; deleting what is not there succeeds.
   * The tombstones are on their way to the log when this returns.
   */
  delete(entry: GroupEntry, asked: readonly TopicPartition[]): GroupError[] {
    const errors = asked.map(({ topic }): GroupError =>
      isSubscribedTo(entry.group, topic) ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE',
    );
    const present = new Set(everyOffset(entry).map(({ topic, partition }) => `${partition}:${topic}`));
    const deletable = asked.filter(
      ({ topic, partition }, index) => errors[index] === 'NONE' && present.delete(`${partition}:${topic}`),
    );
    this.forget(entry, deletable);
    return errors;
  }

  /** Offsets of topics that are gone: a new topic of that name must not begin in the middle. */
  forgetTopics(isGone: (topic: string) => boolean): void {
    for (const entry of this.table.entries()) {
      this.forget(
        entry,
        everyOffset(entry).filter(({ topic }) => isGone(topic)),
      );
    }
  }

  forgetAll(entry: GroupEntry): void {
    this.forget(entry, everyOffset(entry));
  }

  /** Writes tombstones; what they are of is gone once they are durable. */
  forget(entry: GroupEntry, forgotten: readonly TopicPartition[]): void {
    if (forgotten.length === 0) return;
    const { groupId } = entry;
    const records: RecordToAppend[] = forgotten.map(({ topic, partition }) => ({
      key: encodeKey({ type: 'offset', groupId, topic, partition }),
      value: null,
    }));
    entry.appendsInFlight += 1;
    const sequence = this.table.append(groupId, records, (error) => {
      entry.appendsInFlight -= 1;
      if (error === 'NONE') for (const each of forgotten) entry.offsets.forget(each, sequence);
    });
  }

  #refuse(groupId: string, input: CommitInput, now: Now): GroupError {
    const entry = this.table.get(groupId);
    if (entry) return refuseCommit(entry.group, input, now);
    // Kafka's classic clients know ILLEGAL_GENERATION alone.
    if (input.generationId >= 0) return input.knowsMemberEpochs ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION';
    return this.table.isFull ? 'POLICY_VIOLATION' : 'NONE';
  }

  #append(
    entry: GroupEntry,
    input: CommitInput,
    commits: readonly OffsetCommit[],
    then: (error: GroupError) => void,
  ): void {
    const { groupId, offsets } = entry;
    const { producer } = input;
    const records = commits.map(({ topic, partition, committed }) => ({
      key: encodeKey({ type: 'offset', groupId, topic, partition }),
      value: encodeOffset(committed),
    }));
    entry.appendsInFlight += 1;
    const sequence = this.table.append(
      groupId,
      records,
      (error) => {
        entry.appendsInFlight -= 1;
        entry.committing.delete(sequence);
        for (const commit of commits) {
          if (producer !== null) {
            if (error !== 'NONE') offsets.dropPending(producer.producerId, commit, sequence);
          } else if (error === 'NONE') offsets.set(commit.topic, commit.partition, commit.committed, sequence);
        }
        then(error);
      },
      producer,
    );
    entry.committing.set(sequence, commits);
    // Who asks for stable offsets must wait for these from now on.
    if (producer === null) return;
    for (const commit of commits) this.table.addPending(entry, producer.producerId, commit, sequence);
  }

  #reply(requestId: RequestId, errors: readonly GroupError[]): void {
    this.table.emit({ type: 'reply', requestId, response: { type: 'commit', errors } });
  }
}

function committedOffset(
  { offset, leaderEpoch, metadata }: CommitInput['offsets'][number],
  { retentionTimeMs }: CommitInput,
  now: Now,
): CommittedOffset {
  const expiresAtMs = retentionTimeMs === null ? null : Math.min(now.wallMs + retentionTimeMs, Number.MAX_SAFE_INTEGER);
  return { offset, leaderEpoch, metadata: metadata ?? '', committedAtMs: now.wallMs, expiresAtMs };
}

function expiredOffsets(entry: GroupEntry, retentionMs: number, now: Now): TopicPartition[] {
  const { offsets, group, phaseSinceMs } = entry;
  return [...offsets.entries()].filter(({ topic, partition, committed }) => {
    if (isSubscribedTo(group, topic) || offsets.isPending(topic, partition)) return false;
    const fromMs = offsetsExpireFromMs(group, phaseSinceMs, committed);
    if (fromMs === null) return false;
    return now.wallMs >= (committed.expiresAtMs ?? fromMs + retentionMs);
  });
}

/** Each partition once that has a committed offset, or soon may have. */
function everyOffset({ offsets, committing }: GroupEntry): TopicPartition[] {
  const every = new Map<string, TopicPartition>();
  for (const each of [...offsets.partitions(), ...[...committing.values()].flat()]) {
    every.set(`${each.partition}:${each.topic}`, each);
  }
  return [...every.values()];
}

/** Nothing would be lost with it: no members, no offsets, nothing under way. */
export function isUnused(entry: GroupEntry): boolean {
  return isWithoutMembers(entry.group) && entry.offsets.isEmpty && entry.appendsInFlight === 0;
}
