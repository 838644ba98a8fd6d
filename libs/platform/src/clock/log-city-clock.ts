import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import type { PartitionFollower, PartitionReader, StreamRecord } from 'streaming-core/client/types';
import type { CityClock } from './city-clock.js';

interface Setting {
  readonly cityMs: number;
  readonly wallMs: number;
  readonly speed: number;
}

/**
 * How far past its last record the clock counts on, in wall time. Whoever owns the time writes every two seconds; if it was
 * killed, a service that starts hours later must not believe that the city went on at 60x all the while. It also bounds how
 * long the clock stands still afterwards, when the owner starts again from where the city really was.
 */
export const COUNT_ON_MS_MAX = 6_000;

/**
 * Follows the CityClock topic and counts on from its last record. Until there is one, city time is the wall clock's.
 * Records arrive late by the log's latency, so a correction may point back: the clock then stands still until the
 * corrected time has caught up, and never goes backwards.
 */
export class LogCityClock implements CityClock {
  private readonly listeners = new Set<() => void>();
  private setting: Setting | undefined;
  private latestMs = 0;
  private follower: PartitionFollower | undefined;

  constructor(
    private readonly reader: PartitionReader,
    private readonly wallNow: () => number = Date.now,
  ) {}

  /** Resolves when the last record, if there is one, is known. */
  async start(): Promise<void> {
    const partition = { topic: TOPICS.CityClock.name, partition: 0 };
    const { first, end } = await this.reader.bounds(partition);
    const from = end > first ? end - 1n : end;
    // Compaction may have left a gap before the end; the record at or after `from` is the last one all the same.
    for await (const records of this.reader.readToEnd(partition, from)) records.forEach((record) => this.take(record));
    this.follower = await this.reader.follow([{ ...partition, from: end }], async (batch) => {
      batch.records.forEach((record) => this.take(record));
      return Promise.resolve();
    });
  }

  async close(): Promise<void> {
    await this.follower?.close();
    this.follower = undefined;
  }

  now(): number {
    const wallMs = this.wallNow();
    const setting = this.setting;
    const at = setting ? setting.cityMs + sinceRecordMs(setting, wallMs) * setting.speed : wallMs;
    this.latestMs = Math.max(this.latestMs, Math.round(at));
    return this.latestMs;
  }

  speed(): number {
    return this.setting?.speed ?? 1;
  }

  whenChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What the gateway tells browsers, who count on by themselves. */
  reading(): Setting {
    return { cityMs: this.now(), wallMs: this.wallNow(), speed: this.speed() };
  }

  private take(record: StreamRecord): void {
    const decoded = decodeEvent('CityClock', record);
    if (!decoded.ok) return;
    const { at, wallMs, speed } = decoded.event;
    const before = this.speed();
    // The first record may be far behind the wall clock that was shown so far: the city's own time starts with it.
    if (this.setting === undefined) this.latestMs = 0;
    this.setting = { cityMs: at, wallMs, speed };
    if (speed !== before) for (const listener of this.listeners) listener();
  }
}

const sinceRecordMs = (setting: Setting, wallMs: number): number =>
  Math.min(COUNT_ON_MS_MAX, Math.max(0, wallMs - setting.wallMs));
