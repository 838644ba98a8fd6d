import pg from 'pg';
import type { Scenario } from './scenario.ts';
import { until } from './until.ts';
import type { WindowTable } from './window-counts.ts';

/** Looks into the tables of analytics and notifications, as an operator with psql would. */
export class DatabaseReader {
  private constructor(private readonly client: pg.Client) {}

  /** Connects; the scenario ends the connection. */
  static async connect(scenario: Scenario): Promise<DatabaseReader> {
    const client = new pg.Client({ connectionString: scenario.databaseUrl });
    await client.connect();
    scenario.onStop(() => client.end());
    return new DatabaseReader(client);
  }

  /** Waits until a recipient was told so many things, and gives the kinds of the messages in their order. */
  async messagesTo(recipient: string, count: number): Promise<readonly string[]> {
    const delivered = (): Promise<string[]> => this.kindsTo(recipient);
    await until(`${count} messages delivered to ${recipient}`, async () => (await delivered()).length >= count, {
      seen: async () => (await delivered()).join(', '),
    });
    return delivered();
  }

  /** Waits until analytics has stored exactly these counts, minutes in which nothing happened left out. */
  async windowsBecome(expected: WindowTable): Promise<void> {
    const wanted = JSON.stringify(sorted(expected));
    await until('the stored windows to be what the log says', async () => (await this.windows()) === wanted, {
      seen: async () => `${await this.windows()}\nThe log says:  ${wanted}`,
    });
  }

  /** The sum of a column of all windows, or of an expression over it. */
  async sumOf(column: 'requests' | 'matches' | 'cardinality(waits_s)'): Promise<number> {
    const { rows } = await this.client.query<{ readonly sum: number }>(
      `select coalesce(sum(${column}), 0)::int as sum from analytics.zone_window`,
    );
    return rows[0]?.sum ?? 0;
  }

  private async windows(): Promise<string> {
    const { rows } = await this.client.query<{ readonly start: Date; readonly zone: string; readonly counts: object }>(
      `select window_start as start, zone, json_build_object('requests', requests, 'matches', matches,
         'completions', completions, 'cancelledByRider', cancelled_by_rider, 'cancelledByDriver', cancelled_by_driver,
         'noDriverFound', no_driver_found) as counts
       from analytics.zone_window
       where requests + matches + completions + cancelled_by_rider + cancelled_by_driver + no_driver_found > 0`,
    );
    const entries = rows.map(({ start, zone, counts }) => [`${start.toISOString()} ${zone}`, counts] as const);
    return JSON.stringify(sorted(Object.fromEntries(entries)));
  }

  private async kindsTo(recipient: string): Promise<string[]> {
    const { rows } = await this.client.query<{ readonly kind: string }>(
      `select kind from notifications.notification where recipient = $1 and state = 'delivered' order by seq`,
      [recipient],
    );
    return rows.map(({ kind }) => kind);
  }
}

const sorted = (table: Readonly<Record<string, object>>): readonly (readonly [string, object])[] =>
  Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
