import { ManualClock } from '../ports/memory/manual-clock.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import type { Storage } from '../ports/storage.js';
import type { FlushPolicy, Partition } from '../replica/partition.js';
import { CommitModel } from './commit-model.js';
import { DiskDirectory } from './disk-tree.js';
import { invariant, RecordModel } from './record-model.js';
import { SimulatedDisk, type DiskAction } from './simulated-disk.js';
import {
  checkpointedEpoch,
  DATA,
  LEDGER_PARTITIONS,
  NAMES,
  SMALL,
  startMachine,
  type SimMachine,
  type TopicName,
} from './sim-machine.js';
import { SimLedger } from './sim-ledger.js';
import { readLog, readRecords } from './sim-reader.js';
import { SimTopics } from './sim-topics.js';
import { Committer, IdempotentProducer, PlainProducer, type IsUp } from './sim-writers.js';

export interface CrashRunOptions {
  readonly seed: number;
  /** Machines that live and die on the one disk. Default 4. */
  readonly lives?: number;
  readonly flush?: FlushPolicy['mode'];
  /** `records`: no transactions, no topics that come and go. Default `all`. */
  readonly workload?: 'records' | 'all';
  /** For tests of this test: a storage or an engine with a fault of ours in it. */
  readonly sabotage?: (storage: Storage) => Storage;
  readonly trace?: (line: string) => void;
}

export interface CrashRunReport {
  readonly steps: number;
  readonly crashes: number;
  readonly recoveriesCrashed: number;
}

const UNHARMED: readonly DiskAction[] = ['synced', 'read'];
/** Turns of the event loop after which a request will not be answered any more. */
const PATIENCE_TURNS = 50_000;

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
  private readonly hasTopics: boolean;
  private readonly ledger: SimLedger;
  private readonly topics: SimTopics;
  /** By partition: the newest epoch that the disk knew of before the machine that runs was started. */
  private epochs = new Map<string, number>();
  private wasEverUp = false;
  private clock = new ManualClock();
  private life = 0;
  private crashes = 0;
  private recoveriesCrashed = 0;
  private nextProducerId = 1n;
  private underWay = new Set<Promise<unknown>>();
  private machine: SimMachine | null = null;
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
    this.hasTopics = options.workload !== 'records';
    this.ledger = new SimLedger(LEDGER_PARTITIONS, () => this.nextProducerId++, random);
    this.topics = new SimTopics(['t1', 't2', 't3'], random, SMALL);
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
        this.wasEverUp = true;
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

  private boot(): SimMachine {
    const partitions = [...NAMES.map((name) => `${name}-0`), ...this.ledger.partitionNames];
    this.epochs = new Map(partitions.map((name) => [name, checkpointedEpoch(this.disk, name)]));
    const storage = this.disk.boot();
    const { boots } = this.disk;
    this.isUp = () => this.disk.isRunning(boots);
    this.clock = new ManualClock(this.clock.nowMs() + 1);
    return startMachine({
      storage: this.options.sabotage?.(storage) ?? storage,
      clock: this.clock,
      random: this.random,
      pid: this.disk.steps + 1,
      flush: this.flush,
      hasTopics: this.hasTopics,
      isFirst: !this.wasEverUp,
      onEvent: (event) =>
        this.trace(JSON.stringify(event, (_, value: unknown) => (value instanceof Error ? String(value) : value))),
    });
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
    const { directory, partitions, catalog, ledger } = this.machine!;
    if (catalog !== null) {
      const other = random.next();
      if (other < 0.2) this.begin(this.ledger.act(ledger, this.isUp));
      else if (other < 0.27) this.begin(this.topics.act(catalog, this.isUp));
      else if (other < 0.3) await this.ledger.consume(ledger, this.flush === 'fsync', this.isUp);
      if (other < 0.3) return;
    }
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
    this.ledger.lostConnection();
  }

  private async check(): Promise<void> {
    const { partitions, catalog, ledger } = this.machine!;
    const mayHaveLost = this.flush !== 'fsync' && this.lostPower;
    this.lostPower = false;
    for (const name of ['plain', 'kept', 'idempotent'] as const) {
      const found = await readLog(partitions[name]);
      if (mayHaveLost) this.models[name].forgive(found);
      this.models[name].check(found);
      this.checkEpoch(partitions[name], found.newestEpoch);
    }
    const found = await readLog(partitions.commits);
    if (mayHaveLost) this.commits.settle(found);
    this.commits.check(found);
    this.commits.settle(found);
    this.checkEpoch(partitions.commits, found.newestEpoch);
    if (mayHaveLost) for (const producer of this.idempotent) producer.beginAnew(this.nextProducerId++);
    if (catalog === null) return;
    await this.ledger.check(ledger, mayHaveLost, (partition, newest) => this.checkEpoch(partition, newest));
    await this.topics.check(catalog, mayHaveLost, readLog);
  }

  /** Else two machines would have written in one epoch, and nobody could tell whose records are whose. */
  private checkEpoch({ topic, index, leaderEpoch }: Partition, found: number): void {
    const name = `${topic}-${index}`;
    const known = Math.max(found, this.epochs.get(name)!);
    invariant(
      leaderEpoch > known,
      () => `${name}: is in epoch ${leaderEpoch}, ${known} is in the log or its checkpoint`,
    );
  }

  /** On a disk that is well again everything is delivered, once. */
  private async finish(): Promise<void> {
    const { partitions, directory, ledger } = this.machine!;
    let isLedgerDone = true;
    for (let round = 0; round < 3; round++) {
      if (this.hasTopics) isLedgerDone = await this.ledger.finish(ledger, this.isUp);
      for (const producer of this.idempotent) await producer.resend(partitions.idempotent, this.isUp);
      this.begin(this.committer.commit(partitions.commits, this.isUp));
      for (const producer of this.plain) this.begin(producer.send(partitions.plain, this.isUp));
      await this.settle();
      await directory.maintain();
    }
    invariant(
      this.idempotent.every(({ hasUnacked }) => !hasUnacked) && isLedgerDone,
      () => 'a well disk leaves a producer without an answer',
    );
    await directory.close();
    this.disk.kill();
    await this.bootUntilUp();
    await this.check();
    await this.checkLeftOvers();
    this.machine!.directory.abandon();
  }

  /** What was deleted gives its room back, and nothing is there that belongs to no topic. */
  private async checkLeftOvers(): Promise<void> {
    const { catalog, ledger } = this.machine!;
    if (catalog === null) return;
    this.ledger.checkAtRest(ledger);
    const known = catalog.all().flatMap(({ name, partitions }) => partitions.map((_, index) => `${name}-${index}`));
    const strangers = () =>
      [...this.disk.tree.directory(DATA).names]
        .filter(([name, entry]) => entry instanceof DiskDirectory && !known.includes(name))
        .map(([name]) => name);
    for (let turns = 0; strangers().length > 0; turns++) {
      invariant(turns < PATIENCE_TURNS, () => `${strangers().join()} belong to no topic`);
      await turn();
    }
  }

  private trace(line: string): void {
    this.options.trace?.(`life ${this.life}: ${line}`);
  }
}

async function turn(count = 1): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}
