import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, HttpCode, Module, Post } from '@nestjs/common';
import { z } from 'zod';
import { HealthRegistry } from '../health/health-registry.js';
import { ApiException } from './api-error.js';
import { type RunningApp, startApp } from './run-app.js';
import { ZodPipe } from './zod-pipe.js';

const bodySchema = z.strictObject({ seats: z.number().int().min(1).max(4) });

@Controller('api/test')
class ProbeController {
  @Post()
  @HttpCode(202)
  take(@Body(new ZodPipe(bodySchema)) body: z.infer<typeof bodySchema>): { seats: number } {
    return body;
  }

  @Get('refused')
  refuse(): void {
    throw new ApiException(409, 'RIDE_ENDED', 'The ride has ended.');
  }

  @Get('broken')
  fail(): void {
    throw new Error('a secret detail');
  }
}

@Module({ controllers: [ProbeController] })
class ProbeModule {}

describe('startApp', () => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp({
      name: 'probe',
      module: ProbeModule,
      host: '127.0.0.1',
      port: 0,
      logLevel: 'silent',
      logFormat: 'json',
      description: 'For tests',
    });
  });

  afterAll(() => running.stop());

  const post = (body: string, type = 'application/json') =>
    fetch(`${running.url}/api/test`, { method: 'POST', body, headers: { 'content-type': type } });

  it('passes valid input on', async () => {
    const response = await post('{"seats":2}');
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ seats: 2 });
  });

  it.each([
    ['a wrong field', '{"seats":9}', 400, 'INVALID_INPUT'],
    ['an unknown field', '{"seats":1,"admin":true}', 400, 'INVALID_INPUT'],
    ['no JSON', '{"seats":', 400, 'INVALID_INPUT'],
    ['too much', JSON.stringify({ seats: 'x'.repeat(70_000) }), 413, 'TOO_LARGE'],
  ])('refuses %s', async (_name, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ statusCode: status, code });
  });

  it('answers with one shape, and keeps internals to itself', async () => {
    const refused = await fetch(`${running.url}/api/test/refused`);
    expect(await refused.json()).toEqual({ statusCode: 409, code: 'RIDE_ENDED', message: 'The ride has ended.' });
    const missing = await fetch(`${running.url}/api/nowhere`);
    expect(await missing.json()).toMatchObject({ statusCode: 404, code: 'NOT_FOUND' });
    const broken = await fetch(`${running.url}/api/test/broken`);
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret');
  });

  it('reports health, metrics and its API', async () => {
    let ok = true;
    running.app.get(HealthRegistry).add('probe', () => Promise.resolve({ ok, detail: { lag: 3 } }));
    expect((await fetch(`${running.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${running.url}/health/ready`)).status).toBe(200);
    ok = false;
    const notReady = await fetch(`${running.url}/health/ready`);
    expect(notReady.status).toBe(503);
    expect(await notReady.json()).toMatchObject({ status: 'error', details: { probe: { status: 'down', lag: 3 } } });
    expect(await (await fetch(`${running.url}/metrics`)).text()).toContain('process_cpu_seconds_total');
    expect((await fetch(`${running.url}/api/docs`)).status).toBe(200);
  });
});
