/** What a broker setting is, and short ways to say the usual ones. */

export type SettingType = 'boolean' | 'int' | 'long' | 'double' | 'string';

export interface Setting {
  readonly type: SettingType;
  readonly default: string;
  readonly doc: string;
  readonly min?: number;
  readonly max?: number;
  readonly oneOf?: readonly string[];
  /** A secret, which nobody is shown. */
  readonly sensitive?: true;
}

export const INT_MAX = 2_147_483_647;

export const int = (value: number, doc: string, min = 0, max = INT_MAX): Setting => ({
  type: 'int',
  default: String(value),
  doc,
  min,
  max,
});
/** A time to wait: a timer that is set for longer than this would go off at once. */
export const waitMs = (value: number, doc: string): Setting => ({
  type: 'long',
  default: String(value),
  doc,
  min: 1,
  max: INT_MAX,
});
export const bool = (value: boolean, doc: string): Setting => ({ type: 'boolean', default: String(value), doc });

export const text = (defaultValue: string, doc: string): Setting => ({ type: 'string', default: defaultValue, doc });
export const choice = (defaultValue: string, oneOf: readonly string[], doc: string): Setting => ({
  type: 'string',
  default: defaultValue,
  doc,
  oneOf,
});
export const secret = (doc: string): Setting => ({ type: 'string', default: '', doc, sensitive: true });
