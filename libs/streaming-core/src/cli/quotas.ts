import { ClientQuotaMatchTypes, type Admin } from '@platformatic/kafka';
import { withAdmin, type BootstrapOptions, type ShowOptions } from './admin-session.js';
import { UsageError } from './command-error.js';
import { printRows } from './output.js';

/** Whom quotas are for; `true` stands for all that have none of their own. */
export interface QuotaTarget {
  readonly user?: string | true;
  readonly clientId?: string | true;
  readonly ip?: string | true;
}

type Alteration = Parameters<Admin['alterClientQuotas']>[0]['entries'][number];
type Operation = Alteration['ops'][number];

export async function listQuotas(options: ShowOptions): Promise<void> {
  const entries = await withAdmin(options, async (admin) => {
    const listed = [];
    // A filter for each type: without any, brokers answer all, but this client refuses to ask.
    for (const entityType of ['user', 'client-id', 'ip'] as const) {
      const components = [{ entityType, matchType: ClientQuotaMatchTypes.ANY, match: null }];
      listed.push(...(await admin.describeClientQuotas({ components, strict: false })));
    }
    return listed;
  });
  const rows = entries.flatMap(({ entity, values }) => {
    const nameOf = (type: string): string | null => {
      const part = entity.find(({ entityType }) => entityType === type);
      return part === undefined ? null : (part.entityName ?? '<default>');
    };
    const who = { user: nameOf('user'), clientId: nameOf('client-id'), ip: nameOf('ip') };
    return values.map(({ key, value }) => ({ ...who, quota: key, value }));
  });
  // Those of a user with a client id are found by both.
  const unique = [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
  printRows(unique, { json: options.json, heading: ['user', 'clientId', 'ip', 'quota', 'value'] });
}

export async function setQuotas(
  values: Readonly<Record<string, string>>,
  options: BootstrapOptions & QuotaTarget,
): Promise<void> {
  checkNamed(Object.keys(values), options);
  const ops = Object.entries(values).map(([key, text]) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${key}: ${text} is not a number`);
    return { key, value, remove: false } as Operation;
  });
  await alter(ops, options);
  console.log(`set ${Object.keys(values).join(', ')}`);
}

export async function unsetQuotas(names: readonly string[], options: BootstrapOptions & QuotaTarget): Promise<void> {
  checkNamed(names, options);
  await alter(
    names.map((key) => ({ key, value: 0, remove: true }) as Operation),
    options,
  );
  console.log(`unset ${names.join(', ')}`);
}

/** An option whose name may be left out takes the quota that follows it for one. */
function checkNamed(quotas: readonly string[], { user, clientId, ip }: QuotaTarget): void {
  if (quotas.length > 0) return;
  const taken = [user, clientId, ip].find((name) => typeof name === 'string' && /^\w+_\w+/.test(name));
  const hint = taken === undefined ? '' : ` Options without a name go behind it: ${String(taken)} --client-id`;
  throw new UsageError(`say which quotas, such as producer_byte_rate.${hint}`);
}

async function alter(ops: Operation[], options: BootstrapOptions & QuotaTarget): Promise<void> {
  const parts = [
    ['user', options.user],
    ['client-id', options.clientId],
    ['ip', options.ip],
  ] as const;
  const entities = parts.flatMap(([entityType, name]) =>
    name === undefined ? [] : [{ entityType, entityName: name === true ? null : name }],
  );
  if (entities.length === 0) throw new UsageError('say whose quotas: --user, --client-id, both, or --ip');
  await withAdmin(options, (admin) => admin.alterClientQuotas({ entries: [{ entities, ops }], validateOnly: false }));
}
