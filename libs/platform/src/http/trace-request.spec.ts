import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { currentTrace } from 'streaming-core/nest/trace-context';
import { startApp } from './run-app.js';

@Controller('traced')
class TracedController {
  @Get()
  async trace(): Promise<unknown> {
    await new Promise((resolve) => setImmediate(resolve));
    return currentTrace();
  }
}

@Module({ controllers: [TracedController] })
class TracedModule {}

describe('a request', () => {
  it('runs in the trace of its header, or begins one, and tells it to the caller', async () => {
    const app = await startApp({
      ...{ name: 'traced', description: 'for a test', module: TracedModule, host: '127.0.0.1', port: 0 },
      ...{ logLevel: 'silent', logFormat: 'json' },
    });
    try {
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
      const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'a=1' };
      const known = await fetch(`${app.url}/traced`, { headers });
      expect(await known.json()).toMatchObject({ traceId, sampled: true, tracestate: 'a=1' });
      expect(known.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)`));
      const fresh = await fetch(`${app.url}/traced`, { headers: { traceparent: 'nonsense' } });
      expect(await fresh.json()).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    } finally {
      await app.stop();
    }
  });
});
