import { InvalidArgumentError } from 'commander';

export function parseWholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
}

export function parsePort(text: string): number {
  const port = parseWholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError('must be 0 to 65535');
  return port;
}

/** `host:port,host:port`, with Kafka's port where none is said; an IPv6 address in brackets. */
export function parseServers(text: string): string {
  return text
    .split(',')
    .map((server) => {
      const [, host, port = '9092'] = /^(\[[^\]\s]+\]|[^:\s[\]]+)(?::(\d+))?$/.exec(server.trim()) ?? [];
      if (host === undefined) throw new InvalidArgumentError('must be host:port, several with commas between');
      return `${host}:${parsePort(port)}`;
    })
    .join(',');
}

/** `key=value`, gathered over several options. */
export function collectSettings(text: string, settings: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('must be key=value');
  return { ...settings, [text.slice(0, at)]: text.slice(at + 1) };
}

/** An empty name, such as an unset variable of a shell gives, would mean the working directory. */
export function parseDirectory(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('must not be empty');
  return text;
}

/** Gathers what an option is given several times. */
export function collect(text: string, all: readonly string[]): string[] {
  return [...all, text];
}

/** Headers of records, gathered like {@link collectSettings}. */
export function collectHeaders(text: string, headers: Record<string, string>): Record<string, string> {
  const [name = ''] = text.split('=', 1);
  if (Object.hasOwn(headers, name)) throw new InvalidArgumentError(`there is a header ${name} already`);
  return collectSettings(text, headers);
}

/** Where to begin in a partition: at an offset, so many records before the end, or at a time in ms since 1970. */
export type StartPlace =
  | { readonly at: 'beginning' | 'end' }
  | { readonly at: 'offset'; readonly offset: bigint }
  | { readonly at: 'last'; readonly records: bigint }
  | { readonly at: 'time'; readonly timeMs: number };

/** `beginning`, `end`, `17`, `-10`, `s@1767225600000` as kcat takes them; `earliest` and `latest` as Kafka's tools do; ISO 8601. */
export function parseOffset(text: string): StartPlace {
  if (text === 'beginning' || text === 'earliest') return { at: 'beginning' };
  if (text === 'end' || text === 'latest') return { at: 'end' };
  if (/^\d{1,18}$/.test(text)) return { at: 'offset', offset: BigInt(text) };
  if (/^-\d{1,18}$/.test(text)) return { at: 'last', records: BigInt(text.slice(1)) };
  const [, time] = /^s@(\d{1,15})$/.exec(text) ?? [];
  if (time !== undefined) return { at: 'time', timeMs: Number(time) };
  const timeMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (timeMs >= 0) return { at: 'time', timeMs };
  throw new InvalidArgumentError(
    'must be beginning, end, an offset, -n, s@<ms since 1970>, or a time such as 2026-01-31T12:00:00Z',
  );
}
