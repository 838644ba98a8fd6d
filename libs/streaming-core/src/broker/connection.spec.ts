import { expect, it } from '@jest/globals';
import { ManualClock } from '../ports/memory/manual-clock.js';
import type { Connection } from '../ports/network.js';
import { APIS } from '../wire/apis/registry.js';
import { encodeRequest } from '../wire/messages.js';
import { BrokerConfig } from './config.js';
import { ClientSession } from './security/client-session.js';
import { ClientConnection } from './connection.js';
import { SILENT } from './logger.js';
import { ReadBuffers } from '../log/read-buffers.js';
import { BrokerMetrics } from './metrics.js';
import { listenersOf } from './security/listener-config.js';
import type { RequestContext, RequestTable } from './request-context.js';

it('tells a handler that begins to wait after its client has gone', () => {
  let deliver: (chunk: Buffer) => void = () => undefined;
  let close: () => void = () => undefined;
  const connection: Connection = {
    peer: '127.0.0.1:1',
    tls: null,
    bufferedBytes: 0,
    onData: (handler) => (deliver = handler),
    onClose: (handler) => (close = handler),
    onDrain: () => undefined,
    write: () => true,
    pause: () => undefined,
    resume: () => undefined,
    end: () => undefined,
    destroy: () => undefined,
  };
  let context: RequestContext | null = null;
  const table = {
    [APIS[3].key]: (_: unknown, given: RequestContext) => {
      context = given;
      return new Promise(() => undefined);
    },
  } as unknown as RequestTable;
  const clock = new ManualClock();
  const world = {
    listener: listenersOf(new BrokerConfig())[0]!,
    beginExchange: () => {
      throw new Error('nobody authenticates here');
    },
    authorizer: null,
    clock,
    logger: SILENT,
    failureDelayMs: 0,
  };
  const services = {
    table,
    clock,
    logger: SILENT,
    metrics: new BrokerMetrics(),
    readBuffers: new ReadBuffers(),
    maxRequestBytes: 1_000,
    maxInFlight: 1,
    maxRequestBytesBefore: 1_000,
    authenticationTimeoutMs: 1_000,
  };
  new ClientConnection(connection, services, new ClientSession(world, '127.0.0.1', connection.peer, null));
  deliver(Buffer.concat(encodeRequest(3, 1, { correlationId: 1, clientId: 'x' }, { topics: [] })));
  close();
  let isTold = false;
  context!.onDisconnect(() => (isTold = true));
  expect(isTold).toBe(true);
});
