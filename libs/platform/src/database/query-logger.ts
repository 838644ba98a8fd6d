import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'typeorm';

const QUERY_CHARS_MAX = 500;

/** What TypeORM says goes where everything else goes. Parameters stay out of the log: they hold people's data. */
export class QueryLogger implements Logger {
  private readonly logger = new NestLogger('database');

  logQueryError(error: string | Error, query: string): void {
    const reason = error instanceof Error ? error.message : error;
    this.logger.warn({ message: `a query failed: ${reason}`, query: oneLine(query) });
  }

  logQuerySlow(time: number, query: string): void {
    this.logger.warn({ message: `a query took ${time} ms`, query: oneLine(query) });
  }

  logQuery(): void {
    // Asked for by the interface; only failures are logged.
  }

  logSchemaBuild(message: string): void {
    this.logger.debug(message);
  }

  logMigration(message: string): void {
    this.logger.debug(message);
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.logger.warn(message);
    else this.logger.debug(message);
  }
}

const oneLine = (query: string): string => query.replace(/\s+/g, ' ').trim().slice(0, QUERY_CHARS_MAX);
