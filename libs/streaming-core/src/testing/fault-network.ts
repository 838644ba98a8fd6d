import type { Connection, Listener, ListenOptions, Network } from '../ports/network.js';
import type { ArmedFault } from './fault.js';

/** A network on which connections are refused or break off. */
export class FaultNetwork implements Network {
  readonly #open = new Set<Connection>();
  readonly #refusals = new Set<ArmedFault>();

  constructor(private readonly inner: Network) {}

  /** Closes each new connection at once. */
  refuse(fault: ArmedFault): void {
    this.#refusals.add(fault);
  }

  disarm(fault: ArmedFault): void {
    this.#refusals.delete(fault);
  }

  /** Breaks off all connections; returns how many there were. */
  breakOff(): number {
    const connections = [...this.#open];
    for (const connection of connections) connection.destroy();
    return connections.length;
  }

  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    return this.inner.listen(options, (connection) => {
      for (const fault of this.#refusals) {
        if (!fault.strike()) continue;
        connection.onClose(() => undefined);
        connection.destroy();
        return;
      }
      this.#open.add(connection);
      connection.onClose(() => this.#open.delete(connection));
      onConnection(connection);
    });
  }
}
