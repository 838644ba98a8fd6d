import { createGroup, failedJoin } from './classic/group.js';
import { snapshotOf } from './classic/snapshot.js';
import { nextDeadlineMs, stepGroup } from './classic/step.js';
import type { ClassicGroup, GroupEffect, GroupInput, GroupResponse } from './classic/types.js';
import type { ClassicRequest, Now, RecordToAppend } from './coordinator-types.js';
import type { GroupError } from './group-errors.js';
import { encodeGroup, encodeKey } from './group-records.js';
import type { GroupEntry, GroupTable } from './group-table.js';

/** Groups of the classic protocol: carries requests to a group's state machine, and its effects to the log. */
export class ClassicGroups {
  constructor(private readonly table: GroupTable) {}

  request(groupId: string, input: ClassicRequest, now: Now): void {
    const entry = this.table.get(groupId);
    if (entry?.group.type === 'classic') this.step(entry, entry.group, input, now);
    else if (entry) this.fail(input, 'UNKNOWN_MEMBER_ID');
    else if (input.type !== 'join' || input.memberId !== '') this.fail(input, 'UNKNOWN_MEMBER_ID');
    else if (this.table.isFull) this.fail(input, 'POLICY_VIOLATION');
    else this.#create(groupId, input, now);
  }

  step(entry: GroupEntry, group: ClassicGroup, input: GroupInput, now: Now): void {
    const before = group.phase;
    const effects = stepGroup(group, input, this.table.config, now.monotonicMs);
    if (group.phase !== before) entry.phaseSinceMs = now.wallMs;
    for (const effect of effects) this.#perform(entry, group, effect);
  }

  nextDeadlineMs(group: ClassicGroup): number {
    return nextDeadlineMs(group);
  }

  fail(input: ClassicRequest, error: GroupError): void {
    this.table.emit({ type: 'reply', requestId: input.requestId, response: failedResponse(input, error) });
  }

  #create(groupId: string, input: ClassicRequest, now: Now): void {
    const entry = this.table.getOrCreate(groupId, now);
    const group = createGroup(groupId);
    entry.group = group;
    this.step(entry, group, input, now);
  }

  #perform(entry: GroupEntry, group: ClassicGroup, effect: GroupEffect): void {
    if (effect.type === 'reply') this.table.emit(effect);
    else if (effect.type === 'memberRemoved') this.table.emit({ ...effect, groupId: group.groupId });
    else {
      const { generationId, replacement } = effect;
      this.table.append(group.groupId, [groupRecord(entry, group)], (error, now) => {
        this.step(entry, group, { type: 'persisted', generationId, replacement, error }, now);
      });
    }
  }
}

/** Removes a classic group from the log. */
export function classicTombstones(groupId: string): RecordToAppend[] {
  return [{ key: encodeKey({ type: 'group', groupId }), value: null }];
}

/** A classic group as it goes into the log. */
export function groupRecord(entry: GroupEntry, group: ClassicGroup): RecordToAppend {
  return {
    key: encodeKey({ type: 'group', groupId: group.groupId }),
    value: encodeGroup(snapshotOf(group, entry.phaseSinceMs)),
  };
}

function failedResponse(input: ClassicRequest, error: GroupError): GroupResponse {
  switch (input.type) {
    case 'join':
      return failedJoin(error, input.memberId);
    case 'sync':
      return { type: 'sync', error, protocolType: null, protocolName: null, assignment: Buffer.alloc(0) };
    case 'heartbeat':
      return { type: 'heartbeat', error };
    case 'leave':
      // Of a group that does not exist each member is unknown; other errors concern the request as a whole.
      return error === 'UNKNOWN_MEMBER_ID'
        ? {
            type: 'leave',
            error: 'NONE',
            members: input.members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId, error })),
          }
        : { type: 'leave', error, members: [] };
  }
}
