import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { QueryLogger } from './query-logger.js';

describe('QueryLogger', () => {
  afterEach(() => Logger.overrideLogger(['log', 'error', 'warn', 'debug', 'verbose', 'fatal']));

  it('tells of a failed query in the service’s own log, on one line and without its parameters', () => {
    const lines: unknown[][] = [];
    const service = { log: jest.fn(), error: jest.fn(), warn: (...line: unknown[]) => lines.push(line) };
    Logger.overrideLogger(service);
    const logger: { logQueryError(error: Error, query: string, parameters?: unknown[]): void } = new QueryLogger();
    logger.logQueryError(new Error('no such table'), 'select *\n   from people where name = $1', ['Ada']);
    expect(lines).toEqual([
      [{ message: 'a query failed: no such table', query: 'select * from people where name = $1' }, 'database'],
    ]);
  });
});
