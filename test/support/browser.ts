import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** WebGL 2 without a graphics card. */
const GL_ARGS = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
const DASHBOARD = new URL('../../apps/dispatch/web/dist/index.html', import.meta.url);

/** A real headless browser, all from npm packages. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(fileURLToPath(DASHBOARD))) {
    throw new Error('the dashboard is not built: npm test builds it, or run npm run build');
  }
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // `--single-process` is for cloud functions: there the browser ends with its first page.
    args: [...chromium.args.filter((arg) => arg !== '--single-process'), ...GL_ARGS],
    headless: true,
  });
}

/** A page, and what it complained of: errors it did not catch, messages of the console, answers of 400 and more. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** Clicks the map at a share of its width and height. */
export async function clickMap(page: Page, x: number, y: number): Promise<void> {
  const box = await page.getByTestId('map').boundingBox();
  if (box === null) throw new Error('the map has no place on the page');
  await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
}
