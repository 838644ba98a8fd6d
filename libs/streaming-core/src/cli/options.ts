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
