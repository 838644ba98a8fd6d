import { ManualClock } from '../ports/memory/manual-clock.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import type { Storage } from '../ports/storage.js';
import { parseTopicConfigs, type TopicConfigs } from '../log/log-config.js';
import { LogDirectory } from '../replica/log-directory.js';
import type { FlushPolicy, Partition } from '../replica/partition.js';
import { completeBatches, RecordBatchError, type RecordBatch } from '../wire/records/record-batch.js';
import { decodeRecords } from '../wire/records/record-codec.js';
import { CommitModel } from './commit-model.js';
import { invariant, InvariantError, RecordModel, type FoundLog, type FoundRecord } from './record-model.js';
import { SimulatedDisk, type DiskAction } from './simulated-disk.js';
import { Committer, IdempotentProducer, PlainProducer, type IsUp } from './sim-writers.js';

export interface CrashRunOptions {
  readonly seed: number;
  /** Machines that live and die on the one disk. Default 4. */
  readonly lives?: number;
  readonly flush?: FlushPolicy['mode'];
  /** For tests of this test: a storage or an engine with a fault of ours in it. */
  readonly sabotage?: (storage: Storage) => Storage;
  readonly trace?: (line: string) => void;
}

export interface CrashRunReport {
  readonly steps: number;
  readonly crashes: number;
  readonly recoveriesCrashed: number;
}

const DATA = '/data';
const UNHARMED: readonly DiskAction[] = ['synced', 'read'];
/** Turns of the event loop after which a request will not be answered any more. */
const PATIENCE_TURNS = 50_000;
const SMALL = { 'segment.bytes': '4096', 'index.interval.bytes': '300' };
const TOPICS: Readonly<Record<'plain' | 'kept' | 'idempotent' | 'commits', TopicConfigs>> = {
  plain: SMALL,
  kept: { ...SMALL, 'retention.bytes': '12000', 'segment.bytes': '3000' },
  idempotent: { ...SMALL, 'segment.ms': '60000' },
  commits: { ...SMALL, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.2', 'delete.retention.ms': '5000' },
};
type TopicName = keyof typeof TOPICS;
const NAMES = Object.keys(TOPICS) as TopicName[];

/**
 * One seed: machines that write, clean, roll, delete and fail on a {@link SimulatedDisk} until they die at some step of the disk; each
 * next one recovers, is checked against what the clients were promised, and goes on.
 * @throws InvariantError when a promise is broken
 */
export async function runCrashSeed(options: CrashRunOptions): Promise<CrashRunReport> {
  return new CrashRun(options).run();
}

class CrashRun {
  private readonly random: SeededRandom;
  private readonly disk: SimulatedDisk;
  private readonly flush: FlushPolicy['mode'];
  private readonly models = {
    plain: new RecordModel('plain', null),
    kept: new RecordModel('kept', 12_000),
    idempotent: new RecordModel('idempotent', null),
  };
  private readonly commits = new CommitModel('commits');
  private readonly plain: PlainProducer[];
  private readonly kept: PlainProducer;
  private readonly idempotent: IdempotentProducer[];
  private readonly committer: Committer;
  private clock = new ManualClock();
  private life = 0;
  private crashes = 0;
  private recoveriesCrashed = 0;
  private nextProducerId = 1n;
  private underWay = new Set<Promise<unknown>>();
  private machine: { readonly directory: LogDirectory; readonly partitions: Record<TopicName, Partition> } | null =
    null;
  private lostPower = false;

  constructor(private readonly options: CrashRunOptions) {
    const random = new SeededRandom(options.seed);
    this.random = random;
    this.disk = new SimulatedDisk(random);
    this.flush = options.flush ?? 'fsync';
    this.plain = ['p1', 'p2'].map((name) => new PlainProducer(name, this.models.plain, random));
    this.kept = new PlainProducer('k1', this.models.kept, random);
    this.idempotent = ['i1', 'i2'].map(
      (name) => new IdempotentProducer(name, this.nextProducerId++, this.models.idempotent, random),
    );
    this.committer = new Committer(this.commits, random);
  }

  async run(): Promise<CrashRunReport> {
    const lives = this.options.lives ?? 4;
    for (this.life = 1; this.life <= lives; this.life++) {
      await this.bootUntilUp();
      await this.check();
      this.disk.stepsToLive = 1 + this.random.int(this.random.next() < 0.2 ? 40 : 1500);
      await this.live();
      this.crash();
    }
    await this.bootUntilUp();
    await this.check();
    await this.finish();
    return { steps: this.disk.steps, crashes: this.crashes, recoveriesCrashed: this.recoveriesCrashed };
  }

  /** Of the machine that runs: what an older one still had to say reaches nobody, also once the next one is up. */
  private isUp: IsUp = () => false;

  /** Recovery itself may be cut short, and then be begun anew. */
  private async bootUntilUp(): Promise<void> {
    for (;;) {
      this.disk.stepsToLive = this.random.next() < 0.2 ? 1 + this.random.int(120) : Infinity;
      try {
        this.machine = this.boot();
        this.disk.stepsToLive = Infinity;
        return;
      } catch (error) {
        if (!this.disk.hasCrashed) throw error;
        this.recoveriesCrashed += 1;
        this.trace('crash in recovery');
        this.crash();
      }
      await turn();
    }
  }

  private boot() {
    const machine = this.disk.boot();
    const { boots } = this.disk;
    this.isUp = () => this.disk.isRunning(boots);
    const storage = this.options.sabotage?.(machine) ?? machine;
    const pid = this.disk.steps + 1;
    this.clock = new ManualClock(this.clock.nowMs() + 1);
    const directory = new LogDirectory({
      directory: DATA,
      nodeId: 1,
      storage,
      clock: this.clock,
      random: this.random,
      process: { pid, identityOf: (asked) => (asked === pid ? String(pid) : null) },
      flush: this.flush === 'interval' ? { mode: 'interval', intervalMs: 1000 } : { mode: this.flush },
      onEvent: (event) =>
        this.trace(JSON.stringify(event, (_, value: unknown) => (value instanceof Error ? String(value) : value))),
    });
    const open = (name: TopicName) => directory.open(name, 0, parseTopicConfigs(TOPICS[name]));
    const partitions = {
      plain: open('plain'),
      kept: open('kept'),
      idempotent: open('idempotent'),
      commits: open('commits'),
    };
    return { directory, partitions };
  }

  private async live(): Promise<void> {
    const steps = 10 + this.random.int(90);
    for (let step = 0; step < steps && this.isUp(); step++) {
      await this.act();
      if (this.random.next() < 0.5) await turn(this.random.int(6));
    }
  }

  private async act(): Promise<void> {
    const { random } = this;
    const { directory, partitions } = this.machine!;
    const draw = random.next();
    if (draw < 0.25) this.begin(this.plain[random.int(2)]!.send(partitions.plain, this.isUp));
    else if (draw < 0.4) this.begin(this.idempotent[random.int(2)]!.send(partitions.idempotent, this.isUp));
    else if (draw < 0.52) this.begin(this.kept.send(partitions.kept, this.isUp));
    else if (draw < 0.7) this.begin(this.committer.commit(partitions.commits, this.isUp));
    else if (draw < 0.76) await this.settle();
    else if (draw < 0.82) this.begin(directory.maintain());
    else if (draw < 0.86) this.clock.advance(random.int(30_000));
    else if (draw < 0.9) this.deleteRecords();
    else if (draw < 0.94) await this.consume(NAMES[random.int(3)] as Exclude<TopicName, 'commits'>);
    else if (draw < 0.98) this.disturb();
    else await this.restart();
  }

  private begin(action: Promise<unknown>): void {
    const { isUp } = this;
    const settled: Promise<unknown> = action
      .catch((error: unknown) => {
        if (isUp()) this.failure ??= error;
      })
      .finally(() => this.underWay.delete(settled));
    this.underWay.add(settled);
  }

  /** What a client saw break while nobody waited for it. */
  private failure: unknown = null;

  /** Waits for everything that is under way, or for the machine's end. */
  private async settle(): Promise<void> {
    for (let turns = 0; this.underWay.size > 0 && this.isUp(); turns++) {
      invariant(turns < PATIENCE_TURNS, () => `${this.underWay.size} requests get no answer`);
      await turn();
    }
    if (this.failure !== null) throw this.failure as Error;
  }

  private deleteRecords(): void {
    const { plain } = this.machine!.partitions;
    const { startOffset, highWatermark } = plain;
    const target = startOffset + BigInt(this.random.int(Number(highWatermark - startOffset) + 1));
    this.models.plain.startAsked(target);
    try {
      const start = plain.deleteRecordsBefore(target);
      if (this.isUp()) this.models.plain.startSeen(start);
    } catch {
      // Full or failing disk: it may have moved or not.
    }
  }

  /** What a consumer was shown it may build on: that is a promise too. */
  private async consume(name: 'plain' | 'kept' | 'idempotent'): Promise<void> {
    const partition = this.machine!.partitions[name];
    try {
      const fromOffset = partition.startOffset;
      const found = await readRecords(partition, fromOffset);
      if (!this.isUp() || this.flush !== 'fsync') return;
      for (const { offset, value } of found) this.models[name].promise(offset, value!);
    } catch (error) {
      if (error instanceof Error && error.name === 'InvariantError') throw error;
      // The disk fails, or retention was faster.
    }
  }

  private disturb(): void {
    const { disk, random } = this;
    const draw = random.next();
    if (draw < 0.35) disk.capacityBytes = disk.tree.usedBytes() + random.int(6000);
    else if (draw < 0.7) {
      const [chance, action] = [random.next() * 0.3, random.next() < 0.6 ? 'sync' : null];
      // Without durability a failed sync may take what was acknowledged.
      const spared: readonly DiskAction[] = this.flush === 'fsync' ? UNHARMED : [...UNHARMED, 'sync'];
      disk.faultAt = (asked) =>
        !spared.includes(asked) && (action === null || action === asked) && random.next() < chance ? 'IO' : null;
    } else this.calm();
  }

  private calm(): void {
    this.disk.capacityBytes = Infinity;
    this.disk.faultAt = () => null;
    // A partition that shut its gate may try again.
    this.clock.advance(1000);
  }

  private async restart(): Promise<void> {
    this.calm();
    await this.settle();
    if (!this.isUp()) return;
    await this.machine!.directory.close().catch((error: unknown) => {
      if (this.isUp()) throw error;
    });
    if (!this.isUp()) return;
    this.trace('clean restart');
    this.disk.kill();
    this.disconnect();
    const { stepsToLive } = this.disk;
    await this.bootUntilUp();
    await this.check();
    this.disk.stepsToLive = stepsToLive;
  }

  private crash(): void {
    this.crashes += 1;
    const losesPower = this.random.next() < 0.7;
    this.lostPower ||= losesPower;
    this.trace(`crash ${this.crashes} at step ${this.disk.steps}, ${losesPower ? 'power' : 'process'}`);
    if (losesPower) this.disk.losePower();
    else this.disk.kill();
    this.disk.capacityBytes = Infinity;
    this.disk.faultAt = () => null;
    this.machine = null;
    this.disconnect();
  }

  private disconnect(): void {
    this.underWay.clear();
    for (const producer of this.idempotent) producer.lostConnection();
  }

  private async check(): Promise<void> {
    const { partitions } = this.machine!;
    const mayHaveLost = this.flush !== 'fsync' && this.lostPower;
    this.lostPower = false;
    for (const name of ['plain', 'kept', 'idempotent'] as const) {
      const found = await readLog(partitions[name]);
      if (mayHaveLost) this.models[name].forgive(found);
      this.models[name].check(found);
    }
    const found = await readLog(partitions.commits);
    if (mayHaveLost) this.commits.settle(found);
    this.commits.check(found);
    this.commits.settle(found);
    if (mayHaveLost) for (const producer of this.idempotent) producer.beginAnew(this.nextProducerId++);
  }

  /** On a disk that is well again everything is delivered, once. */
  private async finish(): Promise<void> {
    const { partitions, directory } = this.machine!;
    for (let round = 0; round < 3; round++) {
      for (const producer of this.idempotent) await producer.resend(partitions.idempotent, this.isUp);
      this.begin(this.committer.commit(partitions.commits, this.isUp));
      for (const producer of this.plain) this.begin(producer.send(partitions.plain, this.isUp));
      await this.settle();
      await directory.maintain();
    }
    invariant(
      this.idempotent.every(({ hasUnacked }) => !hasUnacked),
      () => 'a well disk leaves a producer without an answer',
    );
    await directory.close();
    this.disk.kill();
    await this.bootUntilUp();
    await this.check();
    this.machine!.directory.abandon();
  }

  private trace(line: string): void {
    this.options.trace?.(`life ${this.life}: ${line}`);
  }
}

async function readLog(partition: Partition): Promise<FoundLog> {
  const { startOffset, highWatermark } = partition;
  return { startOffset, endOffset: highWatermark, records: await readRecords(partition, startOffset) };
}

async function readRecords(partition: Partition, fromOffset: bigint): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  for (let next = fromOffset; next < partition.highWatermark;) {
    const { records } = await partition.fetch({ fromOffset: next, maxBytes: 2000, minOneBatch: true });
    const from = next;
    for (const batch of batchesOf(records, () => `${partition.topic} at ${next}`)) {
      invariant(batch.hasValidCrc(), () => `${partition.topic}: the batch at ${batch.baseOffset} fails its checksum`);
      for (const { offset, key, value } of decodeRecords(batch)) {
        if (offset < next) continue;
        found.push({ offset, key: key && String(key), value: value && String(value).split('|')[0]! });
      }
      next = batch.nextOffset;
    }
    invariant(
      next > from,
      () => `${partition.topic}: nothing can be read at ${from}, before ${partition.highWatermark}`,
    );
  }
  return found;
}

function* batchesOf(records: Buffer, where: () => string): Iterable<RecordBatch> {
  try {
    yield* completeBatches(records);
  } catch (error) {
    throw error instanceof RecordBatchError ? new InvariantError(`${where()}: ${error.message}`) : error;
  }
}

async function turn(count = 1): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}
