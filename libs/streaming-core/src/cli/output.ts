/**
 * Shows rows: one JSON object a line for programs, a table for people. The fields of the first row are the columns, or those
 * of `heading` where there may be no row.
 */
export function printRows(
  rows: readonly object[],
  options: { readonly json: boolean; readonly heading: readonly string[] },
): void {
  if (options.json) for (const row of rows) console.log(toJson(row));
  else {
    const cells = rows.map((row) =>
      options.heading.map((field) => cell((row as Readonly<Record<string, unknown>>)[field])),
    );
    console.log(table(options.heading.map(titleOf), cells));
  }
}

export function printJson(value: unknown): void {
  console.log(toJson(value));
}

/** `1 record`, `2 records` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Offsets are int64: those that a double cannot hold stay text. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => {
    if (typeof field !== 'bigint') return field;
    return Number.isSafeInteger(Number(field)) ? Number(field) : String(field);
  });
}

/** Rows under a heading, columns aligned. */
export function table(heading: readonly string[], rows: readonly (readonly (string | number | bigint)[])[]): string {
  const lines = [heading, ...rows.map((row) => row.map(String))];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function titleOf(field: string): string {
  return field.replace(/([A-Z])/g, '-$1').toUpperCase();
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.map(cell).join(', ');
  return typeof value === 'string' ? value : toJson(value);
}
