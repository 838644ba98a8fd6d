import { z } from 'zod';

/** The environment does not describe a service that could run: says every variable that is wrong, and why. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** Reads typed configuration from environment variables. An empty variable counts as not set. */
export function readEnv<S extends z.ZodObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<S> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = env[name];
      return value === undefined || value.trim() === '' ? [] : [[name, value.trim()]];
    }),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? '');
      const value = given[name];
      return `${name}${value === undefined ? '' : `=${hideSecrets(value)}`}: ${issue.message}`;
    }),
  );
}

/** Passwords in URLs do not belong in error messages. */
const hideSecrets = (value: string): string => value.replace(/(:\/\/[^:/@]*:)[^@]*@/, '$1***@');

/** A whole number within bounds, from text. */
export const integer = (min: number, max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^-?\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** A number within bounds, from text. */
export const decimal = (min: number, max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/, 'must be a number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
