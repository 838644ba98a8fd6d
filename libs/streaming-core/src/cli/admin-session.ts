import { Admin } from '@platformatic/kafka';

export interface BootstrapOptions {
  readonly bootstrapServer: string;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Runs an action with an admin client and closes it in any case. */
export async function withAdmin<T>(
  { bootstrapServer }: BootstrapOptions,
  action: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({
    clientId: 'streaming-core-cli',
    bootstrapBrokers: bootstrapServer.split(','),
    connectTimeout: CONNECT_TIMEOUT_MS,
    retries: 1,
  });
  try {
    return await action(admin);
  } finally {
    await admin.close();
  }
}

/** Rows under a heading, columns aligned. */
export function table(heading: readonly string[], rows: readonly (readonly (string | number | bigint)[])[]): string {
  const lines = [heading, ...rows.map((row) => row.map(String))];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
