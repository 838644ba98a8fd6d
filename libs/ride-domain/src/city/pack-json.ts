import { type z } from 'zod';
import { CityPackError } from './city-pack-error.js';

/** `features[3].geometry.type` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/** Reads a JSON document and checks it. @throws CityPackError naming the line of a syntax error, or the field. */
export function parsePackJson<T>(file: string, text: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CityPackError({ file, line: lineOf(message, text) }, `is not JSON: ${message}`, { cause: error });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.length === 0 ? undefined : pathText(issue.path);
  throw new CityPackError({ file, field }, issue.message, { cause: parsed.error });
}

/** V8 names the position for most syntax errors; the rest are unexpected ends. */
function lineOf(message: string, text: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  const before = position === undefined ? text : text.slice(0, Number(position));
  return before.split('\n').length;
}
