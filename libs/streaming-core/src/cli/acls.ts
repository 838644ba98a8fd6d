import type { Acl } from '@platformatic/kafka';
import { CLUSTER, OPERATION, PATTERN_TYPE, PERMISSION, RESOURCE_TYPE, WILDCARD } from '../security/acl.js';
import { withAdmin, type BootstrapOptions, type ShowOptions } from './admin-session.js';
import { CommandError, UsageError } from './command-error.js';
import { printRows } from './output.js';

/** Which resource a rule is about, who, and what: as options of the command line. */
export interface AclOptions {
  readonly topic?: string;
  readonly group?: string;
  readonly transactionalId?: string;
  readonly cluster: boolean;
  readonly prefixed: boolean;
  readonly principal?: string;
  readonly host?: string;
  readonly operation?: string;
  readonly deny: boolean;
}

/** The library's types name the numbers; what is sent are the numbers. */
type Wire = { -readonly [K in keyof Acl]: Acl[K] };

const nameOf = (numbers: Readonly<Record<string, number>>, number: number): string =>
  Object.keys(numbers).find((name) => numbers[name] === number) ?? String(number);

export async function listAcls(options: ShowOptions): Promise<void> {
  const any = { resourceType: RESOURCE_TYPE.ANY, resourcePatternType: PATTERN_TYPE.ANY, operation: OPERATION.ANY };
  const filter = { ...any, permissionType: PERMISSION.ANY, resourceName: null, principal: null, host: null };
  const resources = await withAdmin(options, (admin) => admin.describeAcls({ filter }));
  const rows = resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
    acls.map(({ principal, host, operation, permissionType }) => ({
      resource: nameOf(RESOURCE_TYPE, resourceType),
      name: resourceName,
      pattern: nameOf(PATTERN_TYPE, resourcePatternType),
      principal,
      host,
      operation: nameOf(OPERATION, operation),
      permission: nameOf(PERMISSION, permissionType),
    })),
  );
  const heading = ['resource', 'name', 'pattern', 'principal', 'host', 'operation', 'permission'];
  printRows(rows, { json: options.json, heading });
}

export async function addAcl(options: BootstrapOptions & AclOptions): Promise<void> {
  await withAdmin(options, (admin) => admin.createAcls({ creations: [aclOf(options)] }));
  console.log('the rule is there');
}

export async function deleteAcl(options: BootstrapOptions & AclOptions): Promise<void> {
  const deleted = await withAdmin(options, (admin) => admin.deleteAcls({ filters: [aclOf(options)] }));
  if (deleted.length === 0) throw new CommandError('there is no such rule');
  console.log('the rule is gone');
}

function aclOf(options: AclOptions): Wire {
  const { principal, host = WILDCARD, operation, prefixed, deny } = options;
  const [[type, name], ...more] = namedResources(options);
  if (type === undefined || name === undefined || more.length > 0) {
    throw new UsageError('name one of --topic, --group, --transactional-id and --cluster');
  }
  if (principal === undefined) throw new UsageError('--principal is missing, such as User:alice');
  const operationName = operation?.toUpperCase().replaceAll('-', '_');
  if (!isOperation(operationName)) throw new UsageError(`--operation: one of ${OPERATIONS.join(', ')}`);
  return {
    resourceType: RESOURCE_TYPE[type],
    resourceName: name,
    resourcePatternType: prefixed ? PATTERN_TYPE.PREFIXED : PATTERN_TYPE.LITERAL,
    principal,
    host,
    operation: OPERATION[operationName],
    permissionType: deny ? PERMISSION.DENY : PERMISSION.ALLOW,
  };
}

type NamedResource = readonly ['TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID' | 'CLUSTER', string] | readonly [];

function namedResources({ topic, group, transactionalId, cluster }: AclOptions): [NamedResource, ...NamedResource[]] {
  const [first = [], ...more]: NamedResource[] = [
    ...(topic === undefined ? [] : [['TOPIC', topic] as const]),
    ...(group === undefined ? [] : [['GROUP', group] as const]),
    ...(transactionalId === undefined ? [] : [['TRANSACTIONAL_ID', transactionalId] as const]),
    ...(cluster ? [['CLUSTER', CLUSTER.name] as const] : []),
  ];
  return [first, ...more];
}

/** What a rule may name: ANY is for questions. */
const OPERATIONS = Object.keys(OPERATION).filter((name) => name !== 'ANY');

function isOperation(name: string | undefined): name is keyof typeof OPERATION {
  return name !== undefined && OPERATIONS.includes(name);
}
