/** Messages as plain values: fault injection looks at requests and answers of every API alike. */
export type Struct = Readonly<Record<string, unknown>>;

/** A nested structure; not null, bytes or an array. */
export function isStruct(value: unknown): value is Struct {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

export function structsOf(value: unknown): readonly Struct[] {
  return Array.isArray(value) ? value.filter(isStruct) : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
