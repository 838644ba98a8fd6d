import type { Timer } from '../ports/clock.js';
import type { Connection } from '../ports/network.js';
import type { AclAuthorizer } from '../security/acl-authorizer.js';
import { ClientSession } from './client-session.js';
import { ClientConnection, type ConnectionServices } from './connection.js';

export interface ConnectionsOptions extends ConnectionServices {
  readonly maxConnections: number;
  readonly maxIdleMs: number;
  readonly authorizer: AclAuthorizer | null;
}

/** Every client of the broker: how many there may be, and when one is gone. */
export class Connections {
  readonly #open = new Set<ClientConnection>();
  readonly #options: ConnectionsOptions;
  #sweep: Timer | null = null;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#scheduleSweep();
  }

  get size(): number {
    return this.#open.size;
  }

  accept(connection: Connection, listener: string): void {
    const { metrics, maxConnections, logger, authorizer } = this.#options;
    if (this.#open.size >= maxConnections) {
      metrics.refused('TOO_MANY_CONNECTIONS');
      logger.warn({ peer: connection.peer, reason: 'TOO_MANY_CONNECTIONS' }, 'connection closed');
      connection.onClose(() => undefined);
      connection.destroy();
      return;
    }
    const host = connection.peer.slice(0, connection.peer.lastIndexOf(':'));
    const client = new ClientConnection(connection, this.#options, new ClientSession({ listener, host, authorizer }));
    this.#open.add(client);
    metrics.connectionsAccepted += 1;
    metrics.connectionsOpen = this.#open.size;
    connection.onClose(() => {
      this.#open.delete(client);
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
