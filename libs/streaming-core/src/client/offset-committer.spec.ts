import { describe, expect, it } from '@jest/globals';
import type { GroupProtocol } from './group-protocol.js';
import { OffsetCommitter } from './offset-committer.js';

describe('an offset committer', () => {
  it('waits for the next generation while this member is not in the group', async () => {
    const generations: number[] = [];
    let generation = -1;
    const protocol = {
      commit: (_offsets: unknown, as: number) => {
        generations.push(as);
        return Promise.resolve(0);
      },
    } as unknown as GroupProtocol;
    const context = { generation: () => generation, owns: () => true, onFailure: () => undefined };
    const committer = new OffsetCommitter(protocol, context);
    const offsets = [{ topic: 't', partition: 0, offset: 7n }];
    await expect(committer.commit(offsets, 0)).rejects.toMatchObject({ code: 'GROUP_FAILED' });
    generation = 4;
    await committer.commit(offsets, 0);
    expect(generations).toEqual([4]);
  });
});
