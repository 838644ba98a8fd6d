import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { commonEnv, portEnv } from './common-env.js';
import { ConfigError, integer, readEnv } from './env.js';

const schema = z.object({ ...commonEnv, PORT: portEnv(3000), WORKERS: integer(1, 8) });

describe('readEnv', () => {
  it('fills defaults, turns text into numbers and ignores other variables', () => {
    const env = readEnv(schema, { WORKERS: '4', PORT: ' ', UNRELATED: 'x' });
    expect(env).toMatchObject({ WORKERS: 4, PORT: 3000, KAFKA_BROKERS: '127.0.0.1:9092', LOG_LEVEL: 'info' });
  });

  it('names every variable that is wrong in one error', () => {
    const read = () => readEnv(schema, { WORKERS: '9', PORT: 'http', KAFKA_BROKERS: 'localhost' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/WORKERS=9: .*\n.*|PORT=http: must be a whole number/);
    try {
      read();
    } catch (error) {
      expect((error as ConfigError).problems.map((problem) => problem.split('=')[0])).toEqual([
        'KAFKA_BROKERS',
        'PORT',
        'WORKERS',
      ]);
    }
  });

  it('does not print a password', () => {
    const withUrl = z.object({ DATABASE_URL: z.string().startsWith('postgres:') });
    expect(() => readEnv(withUrl, { DATABASE_URL: 'mysql://me:hunter2@host/db' })).toThrow(/mysql:\/\/me:\*\*\*@host/);
  });
});
