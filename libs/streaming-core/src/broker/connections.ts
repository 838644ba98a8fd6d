import type { Timer } from '../ports/clock.js';
import type { Connection } from '../ports/network.js';
import { ClientSession, type SessionWorld } from './security/client-session.js';
import { ClientConnection, type ConnectionServices } from './connection.js';

export interface ConnectionsOptions extends ConnectionServices {
  readonly maxConnections: number;
  readonly maxIdleMs: number;
  readonly maxConnectionsPerIp: number;
  /** By address, in place of `maxConnectionsPerIp`. */
  readonly maxConnectionsOf: ReadonlyMap<string, number>;
  /** Counts a new connection of an address; says for how long it is not to be heard (KIP-612). */
  readonly throttleConnection?: (host: string) => number;
}

/** Every client of the broker: how many there may be, and when one is gone. */
export class Connections {
  readonly #open = new Set<ClientConnection>();
  readonly #byHost = new Map<string, number>();
  readonly #options: ConnectionsOptions;
  #sweep: Timer | null = null;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#scheduleSweep();
  }

  get size(): number {
    return this.#open.size;
  }

  accept(connection: Connection, world: SessionWorld): void {
    const { metrics } = this.#options;
    const host = connection.peer.slice(0, connection.peer.lastIndexOf(':'));
    const refusal = this.#refusal(host);
    if (refusal !== null) {
      metrics.refused(refusal);
      this.#options.logger.warn({ peer: connection.peer, reason: refusal }, 'connection closed');
      connection.onClose(() => undefined);
      connection.destroy();
      return;
    }
    const session = new ClientSession(world, host, connection.peer, connection.tls);
    const client = new ClientConnection(connection, this.#options, session);
    this.#open.add(client);
    const throttleMs = this.#options.throttleConnection?.(host) ?? 0;
    if (throttleMs > 0) client.mute(throttleMs);
    this.#byHost.set(host, (this.#byHost.get(host) ?? 0) + 1);
    metrics.connectionsAccepted += 1;
    metrics.connectionsOpen = this.#open.size;
    connection.onClose(() => {
      this.#open.delete(client);
      const left = this.#byHost.get(host)! - 1;
      if (left > 0) this.#byHost.set(host, left);
      else this.#byHost.delete(host);
      metrics.connectionsOpen = this.#open.size;
    });
  }

  /** Takes no more requests, and resolves when those under way are answered or the time is over; then closes all. */
  async drain(timeoutMs: number): Promise<void> {
    this.#sweep?.cancel();
    const { clock } = this.#options;
    let timer: { cancel(): void } | undefined;
    const timeout = new Promise<void>((resolve) => (timer = clock.schedule(timeoutMs, resolve)));
    await Promise.race([Promise.all([...this.#open].map((client) => client.drain())), timeout]);
    timer?.cancel();
    for (const client of this.#open) client.end();
  }

  destroyAll(): void {
    this.#sweep?.cancel();
    for (const client of this.#open) client.destroy();
  }

  #refusal(host: string): string | null {
    const { maxConnections, maxConnectionsPerIp, maxConnectionsOf } = this.#options;
    if (this.#open.size >= maxConnections) return 'TOO_MANY_CONNECTIONS';
    const max = maxConnectionsOf.get(host) ?? maxConnectionsPerIp;
    return (this.#byHost.get(host) ?? 0) >= max ? 'TOO_MANY_CONNECTIONS_OF_ADDRESS' : null;
  }

  #scheduleSweep(): void {
    const { clock, maxIdleMs } = this.#options;
    this.#sweep = clock.schedule(Math.max(1, maxIdleMs / 4), () => {
      const beforeMs = clock.monotonicMs() - maxIdleMs;
      for (const client of this.#open) {
        if (!client.isBusy && client.lastActiveMs < beforeMs)
          client.refuse('IDLE', `no whole request for ${maxIdleMs} ms`);
      }
      this.#scheduleSweep();
    });
  }
}
