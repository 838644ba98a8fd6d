import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { NestPinoLogger } from './logger.js';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

function capture(log: (logger: NestPinoLogger) => void): Line[] {
  const lines: Line[] = [];
  const target = { write: (text: string) => lines.push(JSON.parse(text) as Line) };
  log(new NestPinoLogger(pino({ level: 'trace' }, target)));
  return lines;
}

describe('NestPinoLogger', () => {
  it('takes the text of an object from its message, and the rest as fields', () => {
    const [line] = capture((logger) => logger.warn({ message: 'again', topic: 'RideEvents' }, 'Streaming'));
    expect(line).toMatchObject({ level: 40, msg: 'again', topic: 'RideEvents', context: 'Streaming' });
  });

  it('keeps the start-up chatter of Nest for those who debug', () => {
    const lines = capture((logger) => {
      logger.log('Mapped {/, GET} route', 'RouterExplorer');
      logger.log('ready', 'dispatch');
    });
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [20, 'Mapped {/, GET} route'],
      [30, 'ready'],
    ]);
  });

  it('writes an error with its stack', () => {
    const [line] = capture((logger) => logger.error('it broke', 'Error: it broke\n    at here', 'dispatch'));
    expect(line).toMatchObject({ level: 50, msg: 'it broke', context: 'dispatch' });
    expect(line?.stack).toContain('at here');
    const [thrown] = capture((logger) => logger.error(new Error('out of paper'), 'printer'));
    expect(thrown).toMatchObject({ level: 50, msg: 'out of paper', context: 'printer' });
    expect(JSON.stringify(thrown?.err)).toContain('logger.spec');
  });
});
