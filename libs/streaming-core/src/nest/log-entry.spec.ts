import { describe, expect, it } from '@jest/globals';
import { ConsoleLogger } from '@nestjs/common';
import { inspect } from 'node:util';
import { LogEntry } from './log-entry.js';

const entry = new LogEntry('orders-4@0 is put aside', { consumer: 'Billing', error: 'Error: no luck' });

describe('LogEntry', () => {
  it('is one line for people, also through the logger of Nest', () => {
    const line = 'orders-4@0 is put aside: Error: no luck (consumer Billing)';
    expect(inspect(entry)).toBe(line);
    expect(inspect(new LogEntry('only this'))).toBe('only this');
    const logger = new ConsoleLogger('Streaming', { colors: false });
    const written: string[] = [];
    const { write } = process.stdout;
    process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    try {
      logger.warn(entry);
    } finally {
      process.stdout.write = write;
    }
    expect(written.join('')).toContain(`[Streaming] ${line}\n`);
  });

  it('is fields for programs', () => {
    expect(JSON.parse(JSON.stringify(entry))).toEqual({
      message: 'orders-4@0 is put aside',
      consumer: 'Billing',
      error: 'Error: no luck',
    });
  });
});
