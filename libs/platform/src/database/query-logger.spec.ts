import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { QueryLogger } from './query-logger.js';

describe('QueryLogger', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('tells of a failed query in the service’s own log, on one line and without its parameters', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const logger: { logQueryError(error: Error, query: string, parameters?: unknown[]): void } = new QueryLogger();
    logger.logQueryError(new Error('no such table'), 'select *\n   from people where name = $1', ['Ada']);
    expect(warn.mock.calls).toEqual([
      [{ message: 'a query failed: no such table', query: 'select * from people where name = $1' }],
    ]);
  });
});
