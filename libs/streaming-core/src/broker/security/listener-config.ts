import { isSaslMechanism, type SaslMechanism } from '../../security/sasl.js';
import { SslPrincipalMapper } from '../../security/ssl-principal-mapper.js';
import { BrokerConfigError, type BrokerConfig } from '../config.js';

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
export type SecurityProtocol = (typeof PROTOCOLS)[number];

/** One place where the broker listens, and how one gets in there. */
export interface ListenerConfig {
  /** In capitals. */
  readonly name: string;
  readonly protocol: SecurityProtocol;
  readonly host: string;
  /** 0 is a free one. */
  readonly port: number;
  /** What clients are told; null for where it listens. */
  readonly advertised: { readonly host: string; readonly port: number } | null;
  /** On offer; empty without SASL. */
  readonly mechanisms: readonly SaslMechanism[];
  /** After so long a SASL client must authenticate again; 0 is never. */
  readonly maxReauthMs: number;
  /** How a certificate's name becomes a user's. */
  readonly principals: SslPrincipalMapper;
}

export const usesTls = ({ protocol }: Pick<ListenerConfig, 'protocol'>): boolean => protocol.endsWith('SSL');
export const usesSasl = ({ protocol }: Pick<ListenerConfig, 'protocol'>): boolean => protocol.startsWith('SASL_');

/** At least one, the first being the one that {@link BrokerConfig.port} means. @throws {BrokerConfigError} */
export function listenersOf(config: BrokerConfig): readonly ListenerConfig[] {
  const protocols = protocolMap(config);
  const advertised = new Map(endpoints(config, 'advertised.listeners').map((each) => [each.name, each]));
  const listening = endpoints(config, 'listeners');
  const { host, port, advertisedHost, advertisedPort } = config;
  if (listening.length === 0) listening.push({ name: 'PLAINTEXT', host, port });
  const names = listening.map(({ name }) => name);
  refuse('listeners', new Set(names).size < names.length, 'each listener has a name of its own');
  for (const name of advertised.keys()) refuse('advertised.listeners', !names.includes(name), `no listener ${name}`);
  return listening.map((endpoint, index) => {
    const { name } = endpoint;
    const protocol = protocols.get(name);
    if (protocol === undefined) {
      throw new BrokerConfigError(`listener.security.protocol.map: does not say which protocol ${name} speaks`);
    }
    const told = advertised.get(name);
    const byOption = index === 0 && (advertisedHost !== null || advertisedPort !== null);
    return {
      ...endpoint,
      protocol,
      advertised:
        told ?? (byOption ? { host: advertisedHost ?? reachable(endpoint.host), port: advertisedPort ?? 0 } : null),
      mechanisms: protocol.startsWith('SASL_') ? mechanismsOf(config, name) : [],
      maxReauthMs: Number(config.listenerText(name, 'connections.max.reauth.ms')),
      principals: principalsOf(config, name),
    };
  });
}

/** Nobody can connect to "every address": who listens there is reached at the loopback unless told otherwise. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

interface Endpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

function endpoints(config: BrokerConfig, setting: 'listeners' | 'advertised.listeners'): Endpoint[] {
  return listOf(config.text(setting)).map((text) => {
    const groups = /^(?<name>[\w-]+):\/\/(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]*)):(?<port>\d{1,5})$/.exec(text)?.groups;
    if (!groups || Number(groups['port']) > 65_535) {
      throw new BrokerConfigError(`${setting}: "${text}" is not of the form NAME://host:port`);
    }
    const host = groups['v6'] ?? groups['host'] ?? '';
    return { name: groups['name']!.toUpperCase(), host: host || '127.0.0.1', port: Number(groups['port']) };
  });
}

function protocolMap(config: BrokerConfig): Map<string, SecurityProtocol> {
  const setting = 'listener.security.protocol.map';
  return new Map(
    listOf(config.text(setting)).map((entry) => {
      const [name, protocol, ...more] = entry.toUpperCase().split(':');
      const known = PROTOCOLS.find((each) => each === protocol);
      if (!name || known === undefined || more.length > 0) {
        throw new BrokerConfigError(`${setting}: "${entry}" is not NAME:PROTOCOL with one of ${PROTOCOLS.join(', ')}`);
      }
      return [name, known] as const;
    }),
  );
}

function mechanismsOf(config: BrokerConfig, listener: string): SaslMechanism[] {
  const setting = 'sasl.enabled.mechanisms';
  const mechanisms = listOf(config.listenerText(listener, setting));
  refuse(setting, mechanisms.length === 0, `listener ${listener} needs one`);
  return mechanisms.map((name) => {
    if (!isSaslMechanism(name)) throw new BrokerConfigError(`${setting}: there is no mechanism ${name} here`);
    return name;
  });
}

function principalsOf(config: BrokerConfig, listener: string): SslPrincipalMapper {
  try {
    return new SslPrincipalMapper(config.listenerText(listener, 'ssl.principal.mapping.rules'));
  } catch (error) {
    throw new BrokerConfigError(`ssl.principal.mapping.rules: ${(error as Error).message}`);
  }
}

const listOf = (text: string): string[] => text.split(',').flatMap((part) => part.trim() || []);

function refuse(setting: string, isWrong: boolean, problem: string): void {
  if (isWrong) throw new BrokerConfigError(`${setting}: ${problem}`);
}
