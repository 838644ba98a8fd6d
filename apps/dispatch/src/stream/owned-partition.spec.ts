import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeEvent, encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { cancelRequest, corner, rideRequest, START_MS } from '../../test/grid-city.js';
import { MemoryLog } from '../../test/memory-log.js';
import { DEFAULT_SETTINGS } from '../zone/dispatch-settings.js';
import { DriverHolds } from '../zone/driver-holds.js';
import { ZoneDispatcher } from '../zone/zone-dispatcher.js';
import { OwnedPartition } from './owned-partition.js';
import { STATE_TOPIC } from './topics.js';

const PARTITION = 0;
const never = new AbortController().signal;
const why = { policy: 'test', candidates: 1, rankByEta: 1, waitedS: 0 };

describe('OwnedPartition', () => {
  let log: MemoryLog;
  let doubts: unknown[];
  let outcomes: string[];

  beforeEach(() => {
    log = new MemoryLog();
    doubts = [];
    outcomes = [];
  });

  const create = (): OwnedPartition => {
    let offers = 0;
    const zone = new ZoneDispatcher(PARTITION, DEFAULT_SETTINGS, new DriverHolds(), () => `o${++offers}`);
    return new OwnedPartition(PARTITION, zone, {
      reader: log.reader,
      producer: log.producer,
      cityNow: () => START_MS,
      wallNow: () => START_MS,
      onDoubt: (_partition, error) => doubts.push(error),
      onRequest: (outcome) => outcomes.push(outcome),
    });
  };
  const open = async (): Promise<OwnedPartition> => {
    const owned = create();
    await owned.load();
    return owned;
  };
  const request = (rideId: string) => rideRequest(rideId, corner(1, 1), START_MS);
  /** Hands over what the log has from where the ledger stands, as the consumer would. */
  const consume = (owned: OwnedPartition): void => {
    const records = log.records({ topic: 'RideEvents', partition: PARTITION });
    const next = records.slice(Number(owned.zone.ledger.nextOffset));
    owned.handleRideEvents(
      next.map((record) => {
        const decoded = decodeEvent('RideEvents', record);
        return { event: decoded.ok ? decoded.event : null, offset: record.offset };
      }),
    );
  };
  const phone = (event: RideEvent): void =>
    log.append(encodeEvent('RideEvents', event, { partition: PARTITION, timestampMs: 0 }));
  const accepted = (rideId: string, offerId: string): RideEvent => ({
    type: 'ride.offer_accepted',
    v: 1,
    at: START_MS,
    rideId,
    riderId: `rider-of-${rideId}`,
    zone: 'west',
    driverId: 'd1',
    offerId,
  });

  it('settles a batch of requests only when the log has what came of it', async () => {
    const owned = await open();
    let openGate = (): void => undefined;
    log.gate = new Promise((resolve) => (openGate = resolve));
    let settled = false;
    const handling = owned
      .handleRequests([request('r1'), request('r2'), request('r1')], never)
      .then(() => (settled = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    expect(log.types('RideEvents')).toEqual([]);
    openGate();
    await handling;
    expect(log.types('RideEvents')).toEqual(['ride.queued', 'ride.queued']);
    expect(outcomes).toEqual(['queued', 'queued', 'known']);
  });

  it.each(['lost', 'written'] as const)('handles a request once when its write fails and is %s', async (fault) => {
    const owned = await open();
    log.faults.push(fault);
    await expect(owned.handleRequests([request('r1')], never)).rejects.toThrow('send failed');
    expect(doubts).toHaveLength(1);
    // The consumer delivers the batch again.
    await owned.handleRequests([request('r1')], never);
    expect(log.types('RideEvents')).toEqual(['ride.queued']);
    expect(outcomes).toEqual(fault === 'lost' ? ['queued', 'queued'] : ['queued', 'known']);
    expect(owned.zone.isOpen).toBe(true);
  });

  it('lets a cancel that waits for the log go when the partition is taken away', async () => {
    const owned = await open();
    await owned.handleRequests([request('r1')], never);
    // The log has a record that this instance will never read: its partition goes to another one.
    const leaving = new AbortController();
    const handling = owned.handleRequests([cancelRequest('r1', START_MS)], leaving.signal);
    setImmediate(() => leaving.abort());
    await expect(handling).rejects.toThrow('taken away');
    expect(log.types('RideEvents')).toEqual(['ride.queued']);
    await owned.close();
  });

  it('owes what it decided when the write of an answer fails', async () => {
    const owned = await open();
    await owned.handleRequests([request('r1')], never);
    consume(owned);
    owned.zone.offer('r1', { driverId: 'd1', pickupEtaS: 5, why }, { nowMs: START_MS, speed: 1 });
    owned.flushInBackground();
    await owned.handleRequests([], never);
    phone(accepted('r1', 'o1'));
    log.faults.push('lost');
    consume(owned);
    await owned.close();
    const next = await open();
    await next.handleRequests([], never);
    expect(log.types('RideEvents')).toEqual(['ride.queued', 'ride.offered', 'ride.offer_accepted', 'ride.assigned']);
  });

  it('judges a cancel by the log as it stood when the cancel came', async () => {
    const owned = await open();
    await owned.handleRequests([request('r1')], never);
    consume(owned);
    owned.zone.offer('r1', { driverId: 'd1', pickupEtaS: 5, why }, { nowMs: START_MS, speed: 1 });
    owned.flushInBackground();
    await owned.handleRequests([], never);
    phone(accepted('r1', 'o1'));
    const cancelling = owned.handleRequests([cancelRequest('r1', START_MS)], never);
    await new Promise((resolve) => setImmediate(resolve));
    expect(outcomes).toEqual(['queued']);
    consume(owned);
    await cancelling;
    expect(outcomes).toEqual(['queued', 'cancelled']);
    const last = JSON.parse(log.texts('RideEvents').at(-1)!) as RideEvent;
    // The driver had accepted: the ride was matched, so the cancel costs.
    expect(last).toMatchObject({ type: 'ride.cancelled', driverId: 'd1', feeCents: 300 });
  });

  it('starts from its checkpoint and reads on from there', async () => {
    const owned = await open();
    await owned.handleRequests([request('r1'), request('r2')], never);
    consume(owned);
    await owned.checkpoint();
    await owned.checkpoint();
    expect(log.texts(STATE_TOPIC)).toHaveLength(1);
    await owned.handleRequests([request('r3')], never);
    const next = create();
    expect(await next.load()).toEqual({ checkpointOffset: 2n, recordsRead: 1 });
    await next.handleRequests([request('r1'), request('r3')], never);
    expect(outcomes.slice(-2)).toEqual(['known', 'known']);
  });

  it.each([
    ['text that is no JSON', '{"v":1,'],
    ['another version', '{"v":2}'],
    ['another partition', '{"v":1,"partition":7,"rideEventsNext":"0","rides":[],"ended":[]}'],
    ['an offset past the end', '{"v":1,"partition":0,"rideEventsNext":"99","rides":[],"ended":[]}'],
    ['a ride that is none', '{"v":1,"partition":0,"rideEventsNext":"1","rides":[{"ride":{}}],"ended":[]}'],
  ])('reads the whole log when the checkpoint holds %s', async (_name, value) => {
    await (await open()).handleRequests([request('r1')], never);
    log.append({ topic: STATE_TOPIC, partition: PARTITION, key: String(PARTITION), value });
    const next = create();
    expect(await next.load()).toEqual({ checkpointOffset: undefined, recordsRead: 1 });
    expect(next.zone.ledger.knows('r1')).toBe(true);
  });

  it('steps over records that hold no event', async () => {
    log.append({ topic: 'RideEvents', partition: PARTITION, key: 'x', value: 'poison' });
    const owned = await open();
    expect(owned.zone.ledger.nextOffset).toBe(1n);
    log.append({ topic: 'RideEvents', partition: PARTITION, key: 'x', value: null });
    consume(owned);
    expect(owned.zone.ledger.nextOffset).toBe(2n);
  });
});
