export interface CityPackErrorPlace {
  /** File name inside the pack, such as `edges.csv`. */
  readonly file: string;
  /** Line in the file, from 1, where the format has lines that mean something. */
  readonly line?: number | undefined;
  /** Column of a CSV file or path inside a JSON document, such as `features[3].geometry`. */
  readonly field?: string | undefined;
}

/** A city pack that cannot be used. The message names the place: `edges.csv:17 (from): no node 99 in nodes.csv`. */
export class CityPackError extends Error {
  override readonly name = 'CityPackError';
  readonly file: string;
  readonly line: number | undefined;
  readonly field: string | undefined;

  constructor(place: CityPackErrorPlace, problem: string, options?: ErrorOptions) {
    const line = place.line === undefined ? '' : `:${place.line}`;
    const field = place.field === undefined ? '' : ` (${place.field})`;
    super(`${place.file}${line}${field}: ${problem}`, options);
    this.file = place.file;
    this.line = place.line;
    this.field = place.field;
  }
}
