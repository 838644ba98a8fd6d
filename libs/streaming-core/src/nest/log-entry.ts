import { inspect } from 'node:util';

/**
 * What this package says to Nest's logger: fields for loggers that write JSON, one line of text for people who use Nest's own,
 * which shows the innards of a plain object.
 */
export class LogEntry {
  constructor(
    readonly message: string,
    fields: Readonly<Record<string, string>> = {},
  ) {
    Object.assign(this, fields);
  }

  [inspect.custom](): string {
    const { message, error, ...others } = this as this & { readonly error?: string };
    const facts = Object.entries(others).map(([name, value]) => `${name} ${String(value)}`);
    const why = error === undefined ? '' : `: ${error}`;
    return `${message}${why}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
  }
}
