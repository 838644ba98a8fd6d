import { listOf } from '../../log/topic-configs.js';
import type { KafkaErrorName } from '../../wire/error-codes.js';

/** Why configs cannot be changed or shown: the protocol's error with a sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(
    readonly code: KafkaErrorName,
    message: string,
  ) {
    super(message);
  }
}

/** KIP-339's operations, by their code in the protocol. */
export const CONFIG_OPERATIONS = ['SET', 'DELETE', 'APPEND', 'SUBTRACT'] as const;
export type ConfigOperation = (typeof CONFIG_OPERATIONS)[number];

export interface ConfigChange {
  readonly name: string;
  readonly operation: ConfigOperation;
  readonly value: string | null;
}

export type ConfigValues = Readonly<Record<string, string>>;

/** A value that everything together may have: one name must not fill the metadata file. */
const VALUE_CHARACTERS_MAX = 32_767;

/**
 * The values of a resource after changes, each name at most once. Pure: whether values fit is for the resource to check.
 * `isList` and `current` (with defaults) are asked for names that are appended to or subtracted from.
 * @throws {ConfigError} INVALID_REQUEST, INVALID_CONFIG
 */
export function applyChanges(
  own: ConfigValues,
  changes: readonly ConfigChange[],
  resource: { isList(name: string): boolean; current(name: string): string },
): ConfigValues {
  const values = new Map(Object.entries(own));
  const seen = new Set<string>();
  for (const { name, operation, value } of changes) {
    if (seen.has(name)) throw new ConfigError('INVALID_REQUEST', `Error due to duplicate config keys: ${name}`);
    seen.add(name);
    if (operation === 'DELETE') {
      values.delete(name);
      continue;
    }
    if (value === null) throw new ConfigError('INVALID_REQUEST', `Null value not supported for : ${name}`);
    const next = operation === 'SET' ? value : changedList(name, operation, value, resource);
    if (next.length > VALUE_CHARACTERS_MAX) {
      const message = `The value of ${name} has ${next.length} characters, at most ${VALUE_CHARACTERS_MAX} are kept`;
      throw new ConfigError('INVALID_CONFIG', message);
    }
    values.set(name, next);
  }
  return Object.fromEntries(values);
}

function changedList(
  name: string,
  operation: 'APPEND' | 'SUBTRACT',
  value: string,
  resource: { isList(name: string): boolean; current(name: string): string },
): string {
  if (!resource.isList(name)) {
    throw new ConfigError('INVALID_CONFIG', `Can't ${operation} to key ${name} because its type is not LIST.`);
  }
  const present = listOf(resource.current(name));
  const given = listOf(value);
  if (operation === 'SUBTRACT') return present.filter((element) => !given.includes(element)).join(',');
  return [...present, ...given.filter((element) => !present.includes(element))].join(',');
}
