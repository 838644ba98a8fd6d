import type { Connection, Listener, Network } from '../ports/network.js';
import type { AclAuthorizer } from '../security/acl-authorizer.js';
import type { BrokerConfig } from './config.js';
import type { Logger } from './logger.js';
import type { SessionWorld } from './security/client-session.js';
import {
  listenersOf,
  reachable,
  usesSasl,
  usesTls,
  type ListenerConfig,
  type SecurityProtocol,
} from './security/listener-config.js';
import { Turn } from './security/password-check.js';
import { saslExchangesOf, type SaslWorld } from './security/sasl-exchanges.js';
import { tlsOptionsOf } from './security/tls-files.js';

export interface ListenersWorld extends SaslWorld {
  readonly config: BrokerConfig;
  readonly authorizer: AclAuthorizer | null;
  readonly logger: Logger;
}

/** A listener as it is: where, and what is spoken there. */
export interface OpenListener {
  readonly name: string;
  readonly protocol: SecurityProtocol;
  readonly host: string;
  readonly port: number;
}

interface Door {
  readonly config: ListenerConfig;
  readonly sessions: SessionWorld;
  listener: Listener | null;
}

/** Every place where the broker listens. */
export class Listeners {
  readonly #world: ListenersWorld;
  readonly #doors: readonly Door[];

  /** @throws {BrokerConfigError} for listeners, certificates and mechanisms that cannot be */
  constructor(world: ListenersWorld) {
    this.#world = world;
    const { config, clock, logger, authorizer } = world;
    const turn = new Turn();
    this.#doors = listenersOf(config).map((listener) => {
      if (usesTls(listener)) tlsOptionsOf(config, listener.name);
      const sessions: SessionWorld = {
        listener,
        beginExchange: saslExchangesOf(listener, world, turn),
        authorizer,
        clock,
        logger,
        failureDelayMs: config.number('connection.failed.authentication.delay.ms'),
      };
      return { config: listener, sessions, listener: null };
    });
  }

  /** In the order of the setting; the port of one that is not open yet is the one that was asked for. */
  all(): readonly OpenListener[] {
    return this.#doors.map(({ config: { name, protocol, host, port }, listener }) => ({
      name,
      protocol,
      host: listener?.host ?? host,
      port: listener?.port ?? port,
    }));
  }

  /** Where clients of a listener reach the broker; without a name, those of the first. */
  address(name?: string): { readonly host: string; readonly port: number } {
    const index = Math.max(
      0,
      this.#doors.findIndex(({ config }) => config.name === name),
    );
    const { host, port } = this.all()[index]!;
    const { advertised } = this.#doors[index]!.config;
    return { host: advertised?.host ?? reachable(host), port: advertised?.port || port };
  }

  /** Begins to listen. The network's error if a port is taken; those that are open already are closed by {@link close}. */
  async open(network: Network, accept: (connection: Connection, sessions: SessionWorld) => void): Promise<void> {
    for (const door of this.#doors) {
      const { name, host, port } = door.config;
      const tls = usesTls(door.config) ? { tls: tlsOptionsOf(this.#world.config, name) } : {};
      door.listener = await network.listen({ host, port, ...tls }, (connection) => accept(connection, door.sessions));
      this.#warnIfOpen(door);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#doors.flatMap(({ listener }) => (listener ? [listener.close()] : [])));
  }

  /** Reads keys and certificates anew, for new connections. @throws {BrokerConfigError}, and nothing has changed */
  reloadCertificates(): void {
    const speaking = this.#doors.filter(({ config }) => usesTls(config));
    const renewed = speaking.map((door) => [door, tlsOptionsOf(this.#world.config, door.config.name)] as const);
    for (const [door, options] of renewed) door.listener?.replaceTls?.(options);
  }

  #warnIfOpen({ config, listener }: Door): void {
    const { name, protocol } = config;
    const host = listener?.host ?? config.host;
    const isLoopback = host === '::1' || host.startsWith('127.');
    const asksWho = usesSasl(config) || this.#world.config.listenerText(name, 'ssl.client.auth') === 'required';
    if (isLoopback || asksWho || this.#world.authorizer !== null) return;
    this.#world.logger.warn(
      { listener: name, protocol, host },
      'whoever reaches this listener may do everything: it asks nobody who they are, and there are no access rules',
    );
  }
}
