import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { currentTrace } from 'streaming-core/nest/trace-context';

export interface LogOptions {
  readonly name: string;
  readonly level: string;
  readonly format: 'pretty' | 'json';
}

export function createLogger({ name, level, format }: LogOptions): Logger {
  if (format === 'json') return pino({ name, level, mixin: traceFields });
  const colorize = process.stdout.isTTY || process.env.FORCE_COLOR === '1';
  return pino(
    { name, level, base: { name }, mixin: traceFields },
    pretty({
      colorize,
      translateTime: 'SYS:HH:MM:ss.l',
      ignore: 'name,pid,hostname,context',
      messageFormat: '{name} {msg}',
    }),
  );
}

/** Lines of one request, and of the records that came of it, have the same trace id in all services. */
function traceFields(): object {
  const trace = currentTrace();
  return trace ? { traceId: trace.traceId } : {};
}

/** Sends what Nest logs to pino, so that a service has one log. Nest's own start-up chatter is debug. */
export class NestPinoLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = contextOf(rest);
    this.write(context !== undefined && NEST_INTERNALS.has(context) ? 'debug' : 'info', message, context);
  }

  error(message: unknown, ...rest: unknown[]): void {
    const stack = rest.find((item): item is string => typeof item === 'string' && item.includes('\n'));
    const context = contextOf(rest);
    if (message instanceof Error) this.logger.error({ context, err: message }, message.message);
    else
      this.logger.error({ context, ...fieldsOf(message), ...(stack === undefined ? {} : { stack }) }, textOf(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, contextOf(rest));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, contextOf(rest));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, contextOf(rest));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, contextOf(rest));
  }

  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'fatal',
    message: unknown,
    context: string | undefined,
  ): void {
    if (message instanceof Error) this.logger[level]({ context, err: message }, message.message);
    else this.logger[level]({ context, ...fieldsOf(message) }, textOf(message));
  }
}

const NEST_INTERNALS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'WebSocketsController',
]);

function contextOf(rest: readonly unknown[]): string | undefined {
  const last = rest.at(-1);
  return typeof last === 'string' && !last.includes('\n') ? last : undefined;
}

/** `logger.warn({ message, topic })`: the message is the line's text, the rest its fields. */
function fieldsOf(message: unknown): object {
  if (!isRecord(message) || typeof message.message !== 'string') return {};
  const { message: _text, ...fields } = message;
  return fields;
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  if (message instanceof Error) return message.message;
  if (isRecord(message) && typeof message.message === 'string') return message.message;
  return inspect(message, { breakLength: Infinity });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
