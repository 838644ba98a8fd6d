import { CsvError, parse } from 'csv-parse/sync';
import { CityPackError } from './city-pack-error.js';

/** Shortens what a user wrote for an error message. */
const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

export interface NumberBounds {
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
}

/** One record of a CSV file. Reading a field that is not what it should be throws {@link CityPackError}. */
export class CsvRow {
  constructor(
    readonly file: string,
    readonly line: number,
    private readonly columns: ReadonlyMap<string, number>,
    private readonly cells: readonly string[],
  ) {}

  /** The field's text without surrounding space; empty when the file has no such column. */
  text(column: string): string {
    const index = this.columns.get(column);
    return index === undefined ? '' : (this.cells[index] ?? '').trim();
  }

  required(column: string): string {
    const text = this.text(column);
    if (text === '') this.fail(column, 'is empty');
    return text;
  }

  number(column: string, bounds: NumberBounds): number {
    const text = this.required(column);
    const value = Number(text);
    if (!Number.isFinite(value)) this.fail(column, `${quote(text)} is not a number`);
    if (bounds.integer === true && !Number.isInteger(value)) this.fail(column, `${quote(text)} is not a whole number`);
    if (value < bounds.min || value > bounds.max) {
      this.fail(column, `${quote(text)} is not between ${bounds.min} and ${bounds.max}`);
    }
    return value;
  }

  fail(column: string, problem: string): never {
    throw new CityPackError({ file: this.file, line: this.line, field: column }, problem);
  }
}

/**
 * Reads CSV (RFC 4180: quotes, CRLF or LF, an optional byte order mark) whose first record names the columns. Every record has
 * as many fields as the header. Column names are compared in lower case; columns that nobody asks for are allowed.
 *
 * @throws CityPackError naming file and line.
 */
export function readCsvTable(file: string, text: string, requiredColumns: readonly string[]): CsvRow[] {
  const records = parseRecords(file, text);
  const header = records[0];
  if (header === undefined) throw new CityPackError({ file, line: 1 }, 'is empty');
  const columns = readHeader(file, header, requiredColumns);
  const width = header.cells.length;
  return records.slice(1).map(({ cells, line }) => {
    if (cells.length !== width) {
      throw new CityPackError({ file, line }, `has ${cells.length} fields, the header has ${width}`);
    }
    return new CsvRow(file, line, columns, cells);
  });
}

interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

function parseRecords(file: string, text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  try {
    parse(text, {
      bom: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: 64 * 1024,
      on_record: (cells: string[], { lines }) => {
        records.push({ cells, line: lines });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? error.lines : undefined;
    throw new CityPackError({ file, line }, `is not CSV: ${error.message}`, { cause: error });
  }
  return records;
}

function readHeader(file: string, header: CsvRecord, required: readonly string[]): Map<string, number> {
  const columns = new Map<string, number>();
  for (const [index, cell] of header.cells.entries()) {
    const name = cell.trim().toLowerCase();
    if (columns.has(name)) {
      throw new CityPackError({ file, line: header.line, field: name }, 'the header names this column twice');
    }
    columns.set(name, index);
  }
  for (const name of required) {
    if (!columns.has(name)) {
      throw new CityPackError({ file, line: header.line, field: name }, 'the header lacks this column');
    }
  }
  return columns;
}
