// Takes the pictures of the dashboard that the documents show, from a running city:
//   node apps/dispatch/web/scripts/screenshot.ts --url http://127.0.0.1:3000 --out docs/images
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:3000' },
    out: { type: 'string', default: 'docs/images' },
    only: { type: 'string' },
  },
});

/** WebGL without a graphics card. */
const GL_ARGS = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
const SETTLE_MS = 6_000;
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

interface Shot {
  readonly name: string;
  readonly size: { readonly width: number; readonly height: number };
  readonly act?: (page: Page) => Promise<void>;
  readonly light?: boolean;
}

const openRide = async (page: Page): Promise<void> => {
  await page.getByTestId('filter-pickup').click();
  await page.getByTestId('ride-row').first().click();
  await page.getByTestId('timeline-entry').first().waitFor();
  const follow = page.getByTestId('follow');
  if (await follow.isEnabled()) await follow.click();
  await page.waitForTimeout(4_000);
};

const clickMap = async (page: Page, x: number, y: number): Promise<void> => {
  const box = await page.getByTestId('map').boundingBox();
  if (!box) throw new Error('the map has no place on the page');
  await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
};

const quote = async (page: Page): Promise<void> => {
  await page.getByTestId('request-ride').click();
  await clickMap(page, 0.5, 0.42);
  await page.waitForTimeout(800);
  await clickMap(page, 0.48, 0.52);
  await page.getByTestId('quote').waitFor();
  await page.waitForTimeout(1_500);
};

const zoomIn = async (page: Page): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.waitForTimeout(1_300);
  }
  await page.waitForTimeout(3_000);
};

const SHOTS: readonly Shot[] = [
  { name: 'streets', size: DESKTOP, act: zoomIn },
  { name: 'dashboard', size: DESKTOP },
  { name: 'dashboard-light', size: DESKTOP, light: true },
  { name: 'ride', size: DESKTOP, act: openRide },
  { name: 'request', size: DESKTOP, act: quote },
  {
    name: 'my-ride',
    size: DESKTOP,
    act: async (page) => {
      await quote(page);
      await page.getByTestId('confirm-ride').click();
      await page.getByTestId('my-ride-status').waitFor();
      await page.waitForTimeout(3_000);
    },
  },
  { name: 'phone', size: PHONE },
  { name: 'phone-request', size: PHONE, act: quote },
  {
    name: 'phone-ride',
    size: PHONE,
    act: async (page) => {
      await page.getByTestId('sheet-handle').click();
      await openRide(page);
    },
  },
];

async function launch(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // `--single-process` is for cloud functions: there the browser ends with its first page.
    args: [...chromium.args.filter((arg) => arg !== '--single-process'), ...GL_ARGS],
    headless: true,
  });
}

async function take(shot: Shot): Promise<void> {
  const browser = await launch();
  const phone = shot.size === PHONE;
  const context = await browser.newContext({ viewport: shot.size, deviceScaleFactor: phone ? 2 : 1, hasTouch: phone });
  const page = await context.newPage();
  page.on('pageerror', (error) => process.stderr.write(`${shot.name}: ${error.message}\n`));
  page.on('console', (message) => {
    if (message.type() === 'error') process.stderr.write(`${shot.name}: ${message.text()}\n`);
  });
  if (shot.light) await page.addInitScript(() => localStorage.setItem('ridestream.theme', 'light'));
  page.on('response', (response) => {
    if (response.status() >= 400) process.stderr.write(`${shot.name}: ${response.status()} ${response.url()}\n`);
  });
  await page.goto(values.url);
  await page.getByTestId('ride-row').first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(SETTLE_MS);
  await shot.act?.(page);
  const file = path.join(values.out, `${shot.name}.png`);
  await page.screenshot({ path: file, timeout: 180_000 });
  process.stdout.write(`${file}\n`);
  await browser.close();
}

mkdirSync(values.out, { recursive: true });
const wanted = values.only?.split(',');
for (const shot of SHOTS) if (!wanted || wanted.includes(shot.name)) await take(shot);
