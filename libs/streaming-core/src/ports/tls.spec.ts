import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createAuthority, type Authority, type Identity } from '../../test/certificates.js';
import type { Connection, Listener, TlsServerOptions } from './network.js';
import { NodeNetwork } from './node/node-network.js';

let authority: Authority;
let server: Identity;
let listener: Listener;
const sockets: Socket[] = [];
const accepted: Connection[] = [];
const waiting: ((connection: Connection) => void)[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  server = await authority.issue('CN=broker');
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const connection of accepted.splice(0)) connection.destroy();
  await listener.close();
});

const options = (change: Partial<TlsServerOptions> = {}): TlsServerOptions => ({
  key: server.key,
  certificateChain: server.certificate,
  clientAuthorities: authority.certificate,
  clientAuth: 'none',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ...change,
});

async function listen(change: Partial<TlsServerOptions> = {}): Promise<void> {
  listener = await new NodeNetwork().listen({ host: '127.0.0.1', port: 0, tls: options(change) }, (connection) => {
    accepted.push(connection);
    waiting.shift()?.(connection);
  });
}

function nextConnection(): Promise<Connection> {
  return new Promise((resolve) => waiting.push(resolve));
}

function dial(extra: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ host: '127.0.0.1', port: listener.port, ca: authority.certificate, ...extra });
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

const closing = (connection: Connection): Promise<Error | undefined> =>
  new Promise((resolve) => connection.onClose((error) => resolve(error)));

describe('TLS', () => {
  it('carries bytes both ways, and counts from before the handshake', async () => {
    await listen();
    const accepting = nextConnection();
    const client = dial();
    const connection = await accepting;
    const heard = new Promise<string>((resolve) => connection.onData((chunk) => resolve(String(chunk))));
    await new Promise<void>((resolve) => connection.tls!.onSecure(resolve));
    client.write('ping');
    expect(await heard).toBe('ping');
    connection.write([Buffer.from('po'), Buffer.from('ng')]);
    expect(String((await once(client, 'data'))[0])).toBe('pong');
    expect(connection.tls!.subject).toBeNull();
    expect(client.getProtocol()).toBe('TLSv1.3');
    const closed = closing(connection);
    client.end();
    await closed;
    expect(connection.write([Buffer.from('x')])).toBe(false);
  });

  it.each(['requested', 'required'] as const)('knows by name who shows a certificate (%s)', async (clientAuth) => {
    await listen({ clientAuth });
    const accepting = nextConnection();
    const { key, certificate } = await authority.issue('O=Ridestream,OU=Rides,CN=alice');
    dial({ key, cert: certificate });
    const connection = await accepting;
    await new Promise<void>((resolve) => connection.tls!.onSecure(resolve));
    expect(connection.tls!.subject).toBe('CN=alice,OU=Rides,O=Ridestream');
  });

  it('lets in who has no certificate if it is requested alone', async () => {
    await listen({ clientAuth: 'requested' });
    const accepting = nextConnection();
    dial();
    const connection = await accepting;
    await new Promise<void>((resolve) => connection.tls!.onSecure(resolve));
    expect(connection.tls!.subject).toBeNull();
  });

  it.each([
    ['no certificate where one is required', 'required', () => Promise.resolve({})],
    ["a stranger's certificate where one is required", 'required', strangers],
    ["a stranger's certificate where one is requested", 'requested', strangers],
    ['one that has run out', 'requested', () => authority.issue('CN=late', { days: -1 }).then(asClient)],
  ] as const)('closes on %s', async (_, clientAuth, identity) => {
    await listen({ clientAuth });
    const accepting = nextConnection();
    dial(await identity());
    const connection = await accepting;
    let isSecure = false;
    connection.tls!.onSecure(() => (isSecure = true));
    expect(await closing(connection)).toHaveProperty('message');
    expect(isSecure).toBe(false);
  });

  it('closes on what is not TLS, and on a version that is too old', async () => {
    await listen({ minVersion: 'TLSv1.3' });
    let accepting = nextConnection();
    const plain = connectPlain(listener.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(plain);
    plain.write('GET / HTTP/1.1\r\n\r\n');
    expect(await closing(await accepting)).toHaveProperty('message');
    accepting = nextConnection();
    dial({ maxVersion: 'TLSv1.2' });
    expect(await closing(await accepting)).toHaveProperty('message');
  });

  it('ends a handshake that is told to end', async () => {
    await listen();
    const accepting = nextConnection();
    const silent = connectPlain(listener.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(silent);
    const connection = await accepting;
    const closed = closing(connection);
    connection.destroy();
    await closed;
  });

  it('takes new certificates for new connections', async () => {
    await listen();
    const first = dial();
    await once(first, 'secureConnect');
    expect(first.getPeerX509Certificate()!.subject).toBe('CN=broker');
    const renewed = await authority.issue('CN=renewed');
    listener.replaceTls!(options({ key: renewed.key, certificateChain: renewed.certificate }));
    const second = dial();
    await once(second, 'secureConnect');
    expect(second.getPeerX509Certificate()!.subject).toBe('CN=renewed');
    expect(first.destroyed).toBe(false);
  });

  it('refuses a key that does not fit its certificate', async () => {
    const other = await authority.issue('CN=other');
    await listen();
    const port = { host: '127.0.0.1', port: 0, tls: options({ key: other.key }) };
    await expect(new NodeNetwork().listen(port, () => undefined)).rejects.toThrow(/key values mismatch/i);
  });
});

const asClient = ({ key, certificate }: Identity): ConnectionOptions => ({ key, cert: certificate });

async function strangers(): Promise<ConnectionOptions> {
  return asClient(await (await createAuthority('CN=Stranger')).issue('CN=alice'));
}
