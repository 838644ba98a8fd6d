import {
  ConfigResourceTypes,
  ConfigSources,
  describeConfigsV4,
  incrementalAlterConfigsV1,
  IncrementalAlterConfigOperationTypes as OPERATION,
  type Admin,
} from '@platformatic/kafka';
import { withAdmin, withConnection, type BootstrapOptions, type ShowOptions } from './admin-session.js';
import { CommandError } from './command-error.js';
import { printRows } from './output.js';

export const CONFIG_TYPES = ['topic', 'broker', 'group'] as const;
export type ConfigType = (typeof CONFIG_TYPES)[number];

/** `default` as a broker's name is the default of all brokers, which the protocol calls by the empty name. */
export interface ConfigTarget {
  readonly type: ConfigType;
  readonly name: string;
}

const RESOURCE = {
  topic: ConfigResourceTypes.TOPIC,
  broker: ConfigResourceTypes.BROKER,
  group: ConfigResourceTypes.GROUP,
} as const;

const SOURCE_NAMES = new Map<number, string>(
  Object.entries(ConfigSources).map(([name, code]) => [code, name.toLowerCase().replaceAll('_', ' ')]),
);

type DescribedConfig = Awaited<ReturnType<Admin['describeConfigs']>>[number]['configs'][number];

/** What was set for the resource itself, not inherited or built in. */
export function ownConfigs(type: ConfigType, configs: readonly DescribedConfig[]): DescribedConfig[] {
  const own: readonly number[] = {
    topic: [ConfigSources.DYNAMIC_TOPIC_CONFIG],
    broker: [
      ConfigSources.DYNAMIC_BROKER_CONFIG,
      ConfigSources.DYNAMIC_DEFAULT_BROKER_CONFIG,
      ConfigSources.STATIC_BROKER_CONFIG,
    ],
    group: [ConfigSources.GROUP_CONFIG],
  }[type];
  return configs.filter(({ configSource }) => own.includes(configSource));
}

export async function describeConfigs(
  target: ConfigTarget,
  options: ShowOptions & { readonly all: boolean },
): Promise<void> {
  const resources = [resourceOf(target)];
  const includeDocumentation = options.json;
  const [described] = isDefault(target)
    ? await withConnection(options, async (connection) => {
        const asked = resources.map((resource) => ({ ...resource, configurationKeys: null }));
        return (await describeConfigsV4.api.async(connection, asked, false, includeDocumentation)).results;
      })
    : await withAdmin(options, (admin) => admin.describeConfigs({ resources, includeDocumentation }));
  const configs = described?.configs ?? [];
  const shown = options.all ? configs : ownConfigs(target.type, configs);
  const rows = shown.map(({ name, value, configSource, readOnly, documentation }) => ({
    config: name,
    value,
    source: SOURCE_NAMES.get(configSource) ?? String(configSource),
    readOnly,
    ...(options.json ? { documentation } : {}),
  }));
  printRows(rows, { json: options.json, heading: ['config', 'value', 'source', 'readOnly'] });
}

export async function setConfigs(
  target: ConfigTarget,
  values: Readonly<Record<string, string>>,
  options: BootstrapOptions,
): Promise<void> {
  await change(target, values, [], options);
  console.log(`set ${Object.keys(values).join(', ')} of ${target.type} ${target.name}`);
}

export async function unsetConfigs(
  target: ConfigTarget,
  names: readonly string[],
  options: BootstrapOptions,
): Promise<void> {
  await change(target, {}, names, options);
  console.log(`unset ${names.join(', ')} of ${target.type} ${target.name}`);
}

async function change(
  target: ConfigTarget,
  values: Readonly<Record<string, string>>,
  removed: readonly string[],
  options: BootstrapOptions,
): Promise<void> {
  if (!isDefault(target)) await withAdmin(options, (admin) => changeConfigs(admin, target, values, removed));
  else {
    const resources = [alterationOf(target, values, removed)];
    await withConnection(options, (connection) => incrementalAlterConfigsV1.api.async(connection, resources, false));
  }
}

export async function changeConfigs(
  admin: Admin,
  target: ConfigTarget,
  values: Readonly<Record<string, string>>,
  removed: readonly string[],
): Promise<void> {
  await admin.incrementalAlterConfigs({ resources: [alterationOf(target, values, removed)] });
}

function alterationOf(target: ConfigTarget, values: Readonly<Record<string, string>>, removed: readonly string[]) {
  const both = removed.find((name) => Object.hasOwn(values, name));
  if (both !== undefined) throw new CommandError(`${both} is to be set and unset`);
  const configs = [
    ...Object.entries(values).map(([name, value]) => ({ name, value, configOperation: OPERATION.SET })),
    ...removed.map((name) => ({ name, value: null, configOperation: OPERATION.DELETE })),
  ];
  return { ...resourceOf(target), configs };
}

/** The admin client sends what concerns a broker to that broker, and finds none for the default of all: any will do. */
function isDefault({ type, name }: ConfigTarget): boolean {
  return type === 'broker' && name === 'default';
}

function resourceOf({ type, name }: ConfigTarget) {
  return { resourceType: RESOURCE[type], resourceName: isDefault({ type, name }) ? '' : name };
}
