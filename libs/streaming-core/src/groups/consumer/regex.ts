import { createRequire } from 'node:module';
import type * as Re2 from 're2js';

/** Longest regular expression of a subscription, in characters. */
export const REGEX_CHARS_MAX = 4_096;

/** Loaded when it is first needed: it is a fifth of what a broker's start has to read, and most brokers never see a pattern. */
let re2: typeof Re2 | undefined;

/**
 * A regular expression of RE2's language, as Kafka's coordinators take them: matched in linear time, whatever the expression.
 * Null if it is none, or longer than {@link REGEX_CHARS_MAX}.
 */
export function compileRegex(source: string): Re2.RE2JS | null {
  if (source.length > REGEX_CHARS_MAX) return null;
  re2 ??= createRequire(import.meta.url)('re2js') as typeof Re2;
  try {
    return re2.RE2JS.compile(source);
  } catch (error) {
    if (error instanceof re2.RE2JSException) return null;
    throw error;
  }
}
