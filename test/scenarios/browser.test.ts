/** A person at the dashboard asks for a ride with two clicks on the map and watches it, in a real browser. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { clickMap, openBrowser, openPage } from '../support/browser.ts';
import { Scenario } from '../support/scenario.ts';
import { until } from '../support/until.ts';

jest.setTimeout(120_000);

/** Time for a software-drawn page on a busy machine. */
const PAGE_TIMEOUT_MS = 30_000;
const RIDE_TIMEOUT_MS = 60_000;

describe('the dashboard in a browser', () => {
  let city: Scenario;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    city = await Scenario.start({ database: true, clock: 'sim' });
    // Enough drivers and nobody else who asks: the ride on the map is the one of this test.
    await city.forked('rider-app-sim', { SPEED: '30', DRIVERS: '12', REQUESTS_PER_HOUR: '0', SEED: '7' });
    const [dispatch] = await Promise.all([city.forked('dispatch'), city.forked('analytics')]);
    url = dispatch.url;
    browser = await openBrowser();
    city.onStop(() => browser.close());
  });
  afterAll(() => (city as Scenario | undefined)?.stop());

  it('takes a ride from two clicks on the map to its completion', async () => {
    const { page, complaints } = await openPage(browser, url);
    page.setDefaultTimeout(PAGE_TIMEOUT_MS);
    await page.getByTestId('map-loading').waitFor({ state: 'detached' });
    await page.getByTestId('request-ride').click();
    await clickMap(page, 0.62, 0.4);
    await page.locator('[data-testid="request-panel"][data-step="dropoff"]').waitFor();
    await clickMap(page, 0.5, 0.62);
    await page.getByTestId('quote').waitFor();
    expect(await page.getByTestId('quote').innerText()).toMatch(/^\d+\.\d\d\n\d+ m · \d+ min$/);
    await page.getByTestId('confirm-ride').click();

    const mine = page.locator('[data-testid="my-ride-status"][data-ride-id]');
    await mine.waitFor();
    const rideId = (await mine.getAttribute('data-ride-id'))!;
    await city.log.event(rideId, 'ride.queued');
    const shown = new Set<string>();
    await until(
      'the page to show the ride as completed',
      async () => {
        const state = (await mine.getAttribute('data-state')) ?? '';
        shown.add(state);
        return state === 'completed';
      },
      { timeoutMs: RIDE_TIMEOUT_MS, seen: () => `${[...shown].join(', ')}; on the log: ${city.log.story(rideId)}` },
    );
    // What the page showed on the way happened in this order; a quick state may have been skipped.
    const order = ['queued', 'offered', 'en_route', 'arrived', 'in_progress', 'completed'];
    const seen = [...shown].filter((state) => order.includes(state));
    expect(seen).toContain('in_progress');
    expect(seen.at(-1)).toBe('completed');

    await page.getByTestId('my-ride-details').click();
    await page.getByTestId('timeline-entry').first().waitFor();
    const entries = await page.getByTestId('timeline-entry').count();
    expect(entries).toBe(city.log.eventsOf(rideId).length);
    expect(complaints).toEqual([]);

    const report = await city.log.audit();
    expect(report).toMatchObject({ ok: true, requested: 1 });
    expect(report.byState.completed).toBe(1);
  });
});
