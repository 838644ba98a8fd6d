import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Connection, Listener } from './network.js';
import { NodeNetwork } from './node/node-network.js';

describe('NodeNetwork', () => {
  let listener: Listener;
  let accepted: Promise<Connection>;
  let client: Socket;

  beforeEach(async () => {
    let accept: (connection: Connection) => void = () => undefined;
    accepted = new Promise((resolve) => (accept = resolve));
    listener = await new NodeNetwork().listen({ host: '127.0.0.1', port: 0 }, accept);
    client = connect(listener.port, listener.host);
  });
  afterEach(async () => {
    client.destroy();
    (await accepted).destroy();
    await listener.close();
  });

  const received = (socket: Socket, bytes: number) =>
    new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
        if (text.length >= bytes) resolve(text);
      });
    });

  it('carries bytes both ways, in order', async () => {
    const connection = await accepted;
    expect(connection.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    const heard = new Promise<string>((resolve) => connection.onData((chunk) => resolve(String(chunk))));
    client.write('ping');
    expect(await heard).toBe('ping');
    connection.write([Buffer.from('po'), Buffer.from('ng')]);
    expect(await received(client, 4)).toBe('pong');
  });

  it('says when the peer reads too slowly, and when it has caught up', async () => {
    const connection = await accepted;
    client.pause();
    const drained = new Promise<void>((resolve) => connection.onDrain(resolve));
    const chunk = Buffer.alloc(1 << 20);
    let writes = 0;
    // The kernel's own buffers take the first chunks; a false with nothing buffered only says to wait a turn.
    while (connection.write([chunk]) || connection.bufferedBytes === 0) expect((writes += 1)).toBeLessThan(1000);
    client.resume();
    await drained;
    expect(connection.bufferedBytes).toBe(0);
  });

  it('tells of the end once, and takes no more bytes then', async () => {
    const connection = await accepted;
    let closes = 0;
    const closed = new Promise<void>((resolve) =>
      connection.onClose(() => {
        closes += 1;
        resolve();
      }),
    );
    connection.onData(() => undefined);
    client.end();
    await closed;
    expect(closes).toBe(1);
    expect(connection.write([Buffer.from('x')])).toBe(false);
  });

  it('refuses a port that is taken', async () => {
    await expect(new NodeNetwork().listen({ host: '127.0.0.1', port: listener.port }, () => undefined)).rejects.toThrow(
      'EADDRINUSE',
    );
  });
});
