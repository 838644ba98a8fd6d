import { describe, expect, it } from '@jest/globals';
import type { GroupProtocol } from './group-protocol.js';
import { KafkaErrorCode as E } from './kafka-errors.js';
import { OffsetCommitter } from './offset-committer.js';
import type { TopicPartitionOffset } from './types.js';

const at = (offset: bigint): TopicPartitionOffset => ({ topic: 't', partition: 0, offset });

/** A coordinator whose answers the test gives, one a request. */
function setUp(owns = (): boolean => true) {
  const requests: { readonly offset: bigint; answer(code: number): void; fail(): void }[] = [];
  const asked: (() => void)[] = [];
  const committed: bigint[] = [];
  const failures: Error[] = [];
  const protocol = {
    commit: (offsets: readonly TopicPartitionOffset[]) =>
      new Promise<number>((resolve, reject) => {
        const { offset } = offsets[0]!;
        const answer = (code: number): void => {
          if (code === E.NONE) committed.push(offset);
          resolve(code);
        };
        requests.push({ offset, answer, fail: () => reject(new Error('no answer')) });
        asked.shift()?.();
      }),
  } as unknown as GroupProtocol;
  const context = { generation: () => 1, owns, onFailure: (failure: Error) => failures.push(failure) };
  const nextRequest = async () => {
    if (requests.length === 0) await new Promise<void>((resolve) => asked.push(resolve));
    return requests.shift()!;
  };
  return { committer: new OffsetCommitter(protocol, context), nextRequest, requests, committed, failures };
}

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
    await expect(committer.commit([at(7n)], 0)).rejects.toMatchObject({ code: 'GROUP_FAILED' });
    generation = 4;
    await committer.commit([at(7n)], 0);
    expect(generations).toEqual([4]);
  });

  it('does not take the group back by trying an automatic commit again after an explicit one', async () => {
    const { committer, nextRequest, requests, committed } = setUp();
    committer.note(at(5n));
    const flushing = committer.flush(60_000);
    (await nextRequest()).answer(E.COORDINATOR_LOAD_IN_PROGRESS);
    const committing = committer.commit([at(10n)], 60_000);
    (await nextRequest()).answer(E.NONE);
    await Promise.all([committing, flushing]);
    expect(committed).toEqual([10n]);
    expect(requests).toEqual([]);
    committer.close();
  });

  it('does not commit what was noted before an explicit commit', async () => {
    const { committer, nextRequest, requests, committed } = setUp();
    committer.note(at(5n));
    const committing = committer.commit([at(10n)], 0);
    (await nextRequest()).answer(E.NONE);
    await committing;
    await committer.flush(0);
    expect(committed).toEqual([10n]);
    expect(requests).toEqual([]);
    committer.close();
  });

  it('sends an explicit commit only after the automatic one that is under way is answered', async () => {
    const { committer, nextRequest, requests, committed } = setUp();
    committer.note(at(5n));
    const flushing = committer.flush(0);
    const automatic = await nextRequest();
    const committing = committer.commit([at(10n)], 0);
    await new Promise(setImmediate);
    expect(requests).toEqual([]);
    automatic.answer(E.NONE);
    (await nextRequest()).answer(E.NONE);
    await Promise.all([flushing, committing]);
    expect(committed).toEqual([5n, 10n]);
    committer.close();
  });

  it('goes back when it is told to, and on from there', async () => {
    const { committer, nextRequest, committed } = setUp();
    committer.note(at(5n));
    const back = committer.commit([at(3n)], 0);
    (await nextRequest()).answer(E.NONE);
    await back;
    committer.note(at(4n));
    const flushing = committer.flush(0);
    (await nextRequest()).answer(E.NONE);
    await flushing;
    expect(committed).toEqual([3n, 4n]);
    committer.close();
  });

  it('does not say that a commit is done while a later one, which it yields to, is in doubt', async () => {
    const { committer, nextRequest } = setUp();
    const older = committer.commit([at(5n)], 100);
    const newer = committer.commit([at(10n)], 0);
    const outcomes = Promise.allSettled([older, newer]);
    (await nextRequest()).answer(E.COORDINATOR_LOAD_IN_PROGRESS);
    (await nextRequest()).fail();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('drops a commit of an earlier time of owning the partition', async () => {
    const { committer, nextRequest, requests } = setUp();
    const committing = committer.commit([at(5n)], 60_000);
    const request = await nextRequest();
    committer.forget([at(0n)]);
    request.answer(E.ILLEGAL_GENERATION);
    await expect(committing).rejects.toMatchObject({ code: 'GROUP_FAILED' });
    expect(requests).toEqual([]);
  });
});
