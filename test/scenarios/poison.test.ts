/** Records that hold no event are put aside with the reason, in every group that reads them; the rest flows. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import type { StreamRecord } from 'streaming-core/client/types';
import { DatabaseReader } from '../support/database-reader.ts';
import { Scenario } from '../support/scenario.ts';
import { corner } from '../support/tiny-city.ts';
import { until } from '../support/until.ts';
import { countWindows } from '../support/window-counts.ts';

jest.setTimeout(60_000);

/** Keys are `<what is wrong>`, so that a dead letter can be told by its key. */
const POISON: readonly (readonly [key: string, value: string | Buffer | null, reason: RegExp])[] = [
  ['tombstone', null, /no value/],
  ['not-json', '{"type":"ride.', /not JSON/],
  ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0x80]), /not JSON/],
  ['unknown-type', '{"type":"ride.levitated","v":1}', /type/],
  ['from-the-future', '{"type":"ride.queued","v":2}', /v/],
  ['prototype', '{"__proto__":{"type":"ride.requested"}}', /type/],
  ['huge', JSON.stringify({ type: 'ride.queued', text: 'x'.repeat(70_000) }), /at most 65536/],
];

describe('a poisoned log', () => {
  let city: Scenario;
  let rows: DatabaseReader;
  let services: RunningApp[];

  beforeAll(async () => {
    city = await Scenario.start({ database: true });
    rows = await DatabaseReader.connect(city);
    services = await Promise.all([city.service('dispatch'), city.service('analytics'), city.service('notifications')]);
  });
  afterAll(() => (city as Scenario | undefined)?.stop());

  const letters = async (topic: string, group: string): Promise<StreamRecord[]> => {
    let found: StreamRecord[] = [];
    await until(
      `${POISON.length} dead letters of ${group} from ${topic}`,
      async () => {
        found = await city.log.readAll(`${topic}.${group}.dlq`);
        return found.length >= POISON.length;
      },
      { seen: () => found.map(({ key }) => key).join(', ') },
    );
    return found;
  };

  it('does not stop a ride that is asked for and served between the poison', async () => {
    const driver = await city.driver('dirk', corner(1, 2));
    const poisonBoth = async (): Promise<void> => {
      for (const [key, value] of POISON) {
        await city.log.scribble('RideRequests', 'sw', key, value);
        await city.log.scribble('RideEvents', 'sw', key, value);
      }
    };
    await poisonBoth();
    const rideId = await city.askOnLog(corner(1, 1), corner(7, 4));
    const offer = await city.log.event(rideId, 'ride.offered');
    await driver.accept(offer);
    const ride = await city.log.event(rideId, 'ride.assigned');
    await driver.arrive(ride);
    await driver.start(ride);
    await driver.complete(ride, offer.fareCents);
    await city.log.event(rideId, 'ride.completed');
    expect((await rows.messagesTo(`rider:rider-of-${rideId}`, 5)).at(-1)).toBe('receipt');
    await rows.windowsBecome(
      countWindows(await city.log.eventsOn('RideRequests'), await city.log.eventsOn('RideEvents')),
    );
    expect(await city.log.audit()).toMatchObject({ ok: true, requested: 1 });
  });

  it.each([
    ['RideRequests', 'dispatch'],
    ['RideRequests', 'analytics'],
    ['RideEvents', 'dispatch'],
    ['RideEvents', 'analytics'],
    ['RideEvents', 'notifications'],
  ])('puts the poison of %s aside for %s, as it was and with the reason', async (topic, group) => {
    const found = await letters(topic, group);
    expect(found).toHaveLength(POISON.length);
    for (const [key, value, reason] of POISON) {
      const letter = found.find((record) => record.key === key);
      expect(letter?.value ?? null).toEqual(value === null ? null : Buffer.from(value));
      expect(letter?.headers.get('dlq-reason')).toMatch(reason);
      const { pack } = city;
      expect(Object.fromEntries(letter?.headers ?? [])).toMatchObject({
        'dlq-topic': topic,
        'dlq-partition': String(pack.partitions.partitionOf('sw')),
        'dlq-group': group,
      });
    }
  });

  it('leaves every service ready', async () => {
    for (const { url } of services) expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });
});
