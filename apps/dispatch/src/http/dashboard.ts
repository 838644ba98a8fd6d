import type { NestExpressApplication } from '@nestjs/platform-express';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the built dashboard is, from the sources as well as from the compiled service. */
export const dashboardDir = (): string => fileURLToPath(new URL('../../web/dist', import.meta.url));

const SERVICE_PATHS = /^\/(api|health|metrics|socket\.io)(\/|$)/;

interface PageRequest {
  readonly method: string;
  readonly path: string;
}

interface PageResponse {
  sendFile(file: string, options: { readonly headers: Readonly<Record<string, string>> }): void;
}

/**
 * Serves the dashboard if it was built. Every page address leads to the one page, which routes by itself; files that are
 * missing and the service's own addresses do not.
 */
export function serveDashboard(app: NestExpressApplication, dir: string = dashboardDir()): boolean {
  const page = path.join(dir, 'index.html');
  if (!existsSync(page)) return false;
  app.useStaticAssets(dir, { index: false, maxAge: '1h' });
  app.use((request: PageRequest, response: PageResponse, next: () => void) => {
    const isPage = request.method === 'GET' || request.method === 'HEAD';
    if (!isPage || SERVICE_PATHS.test(request.path) || path.extname(request.path) !== '') next();
    else response.sendFile(page, { headers: { 'cache-control': 'no-cache' } });
  });
  return true;
}
