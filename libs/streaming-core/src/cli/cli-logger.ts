import { pino, type Logger as PinoLogger } from 'pino';

export type LogFormat = 'pretty' | 'json';

const LEVEL_NAMES: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const OWN_FIELDS = new Set(['level', 'time', 'msg', 'err', 'name']);

interface Line {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
}

/** Logs to standard error: JSON for machines, one plain line per event for people. */
export function createCliLogger(level: string, format: LogFormat): PinoLogger {
  const options = { level, name: 'broker', base: { name: 'broker' } };
  if (format === 'json') return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(options, { write: (line: string) => process.stderr.write(prettyLine(line)) });
}

/** `12:34:56 warn  connection closed peer=127.0.0.1:1 reason=HTTP` */
export function prettyLine(json: string): string {
  const line = JSON.parse(json) as Line;
  const time = new Date(line.time).toISOString().slice(11, 19);
  const details = Object.entries(line)
    .filter(([key]) => !OWN_FIELDS.has(key))
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  const stack = line.err ? `\n${line.err.stack ?? line.err.message ?? ''}` : '';
  return `${time} ${(LEVEL_NAMES[line.level] ?? 'info').padEnd(5)} ${line.msg}${details}${stack}\n`;
}
