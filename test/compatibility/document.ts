import { isDynamic } from 'streaming-core/broker/configs/dynamic-settings';
import { BROKER_SETTINGS } from 'streaming-core/broker/settings';
import { TOPIC_CONFIGS, type TopicConfigDefinition } from 'streaming-core/log/topic-configs';
import { REASONS } from '../answers/differences.ts';
import { readGolden } from '../answers/golden.ts';
import { NOT_SERVED, NOTES } from './api-notes.ts';
import { CLIENTS, type ClientFacts } from './clients.ts';

/** What Apache Kafka 4.2 has: read out of its jars. */
export interface KafkaFacts {
  readonly apis: readonly KafkaApi[];
  readonly brokerSettings: Readonly<Record<string, string>>;
  readonly topicConfigs: Readonly<Record<string, string>>;
}

/** A request that Kafka's brokers serve to clients, with its stable versions. */
export interface KafkaApi {
  readonly key: number;
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** What a running broker answers to ApiVersions. */
export interface Served {
  readonly apiKeys: readonly { readonly apiKey: number; readonly minVersion: number; readonly maxVersion: number }[];
  readonly finalizedFeatures: readonly { readonly name: string; readonly maxVersionLevel: number }[];
}

type Row = readonly string[];

/** docs/COMPATIBILITY.md */
export function compatibilityDocument(kafka: KafkaFacts, served: Served): string {
  const sections = [
    HEAD,
    `## Requests\n\n${table(['key', 'request', 'served', 'Apache Kafka 4.2', 'what differs, and why'], servedRows(kafka, served))}`,
    `## Requests that are refused as unknown\n\n${table(['key', 'request', 'Apache Kafka 4.2', 'why'], unservedRows(kafka, served))}`,
    `## Answers\n\n${answersHead()}\n\n${table(['requests', 'field', 'what differs, and why'], answerRows())}`,
    `## Features\n\n${features(served)}`,
    `## Which version a client gets\n\n${CLIENTS_HEAD}\n\n${table(['request', ...CLIENTS.map(({ name }) => name)], clientRows(kafka, served))}`,
    `## Broker settings\n\n${settingsHead(kafka)}\n\n${table(['setting', 'default here', "Kafka's default", 'what it does'], settingRows(kafka))}`,
    `### Settings that Apache Kafka does not have\n\n${table(['setting', 'default', 'what it does'], ownSettingRows(kafka))}`,
    `## Topic configs\n\n${TOPICS_HEAD}\n\n${table(['config', 'default here', "Kafka's default", 'what differs'], topicRows(kafka))}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

const HEAD = `# Compatibility with Apache Kafka 4.2

<!-- Written by \`npm run docs:compatibility\` from the code and what a running broker advertises. Do not edit. -->

The same tests run against this broker and against Apache Kafka (test/conformance), with kafkajs, @platformatic/kafka, librdkafka
and Java clients. What differs is listed here. The request and response formats are held against the bytes of Kafka's own encoder, in
every version.`;

const CLIENTS_HEAD =
  'Derived from what each client speaks and how it picks. A dash: the client does not use the request. kafkajs never looks at the lowest version of a broker.';

const TOPICS_HEAD =
  'Every topic config of Apache Kafka 4.2 is known, with its type and checks. These differ; all others do what they do in Kafka.';

function servedRows({ apis }: KafkaFacts, { apiKeys }: Served): Row[] {
  return apiKeys.map(({ apiKey, minVersion, maxVersion }) => {
    const api = apis.find(({ key }) => key === apiKey);
    if (api === undefined) throw new Error(`API ${apiKey} is not one that Kafka serves to clients`);
    return [String(apiKey), api.name, span(minVersion, maxVersion), span(api.min, api.max), NOTES[apiKey] ?? ''];
  });
}

function unservedRows({ apis }: KafkaFacts, { apiKeys }: Served): Row[] {
  const keys = new Set(apiKeys.map(({ apiKey }) => apiKey));
  return apis
    .filter(({ key }) => !keys.has(key))
    .map(({ key, name, min, max }) => [String(key), name, span(min, max), NOT_SERVED[key] ?? 'Not served yet.']);
}

function answersHead(): string {
  const { version, answers } = readGolden();
  const count = Object.values(answers).reduce((sum, byVersion) => sum + Object.keys(byVersion).length, 0);
  return `${count} requests, most of them wrong in some way, were asked of Apache Kafka ${version}. The answers of this broker to the same
requests are the same, field by field, but for texts of errors, and for these (test/answers):`;
}

function answerRows(): Row[] {
  return REASONS.map(({ cases, paths, why }) => [readable(cases), readable(paths), why]);
}

function readable({ source }: RegExp): string {
  return source === '.'
    ? 'all'
    : source.replaceAll(/[\^$]/g, '').replace(/: $/, '').replaceAll('|', ', ').replaceAll(/[()]/g, '');
}

function features({ finalizedFeatures }: Served): string {
  const levels = finalizedFeatures.map(({ name, maxVersionLevel }) => `\`${name}\` ${maxVersionLevel}`);
  return `Finalized at their highest levels: ${levels.join(', ') || 'none'}.`;
}

function clientRows({ apis }: KafkaFacts, { apiKeys }: Served): Row[] {
  return apiKeys.map(({ apiKey, minVersion, maxVersion }) => {
    const name = apis.find(({ key }) => key === apiKey)?.name ?? String(apiKey);
    return [name, ...CLIENTS.map((client) => String(pickedVersion(client, apiKey, minVersion, maxVersion) ?? '-'))];
  });
}

/** The version that a client asks in; null if it does not use the request, NaN if it would use one that is not served. */
export function pickedVersion(client: ClientFacts, apiKey: number, min: number, max: number): number | null {
  const speaks = client.speaks[apiKey];
  if (speaks === undefined) return null;
  const picked = Math.min(speaks[1], max);
  const isFine = picked >= min && picked >= speaks[0];
  return isFine ? picked : NaN;
}

function settingsHead({ brokerSettings }: KafkaFacts): string {
  const ours = Object.keys(BROKER_SETTINGS);
  const known = ours.filter((name) => name in brokerSettings).length;
  const dynamic = ours.filter((name) => isDynamic(name)).map((name) => `\`${name}\``);
  return `${known} settings have Kafka's names and meanings, and so have the broker's defaults for topic configs (\`log.retention.ms\` and
the like). Settings that are not known are refused when the broker starts. Of these can be changed while it runs: ${dynamic.join(', ')},
and the defaults for topic configs. These have other defaults:`;
}

function settingRows({ brokerSettings }: KafkaFacts): Row[] {
  return Object.entries(BROKER_SETTINGS)
    .filter(([name, setting]) => name in brokerSettings && !sameList(setting.default, brokerSettings[name]!))
    .map(([name, setting]) => [code(name), code(setting.default), code(brokerSettings[name]!), setting.doc]);
}

function ownSettingRows({ brokerSettings }: KafkaFacts): Row[] {
  return Object.entries(BROKER_SETTINGS)
    .filter(([name]) => !(name in brokerSettings))
    .map(([name, setting]) => [code(name), code(setting.default), setting.doc]);
}

function topicRows({ topicConfigs }: KafkaFacts): Row[] {
  return TOPIC_CONFIGS.flatMap((config) => {
    const theirs = topicConfigs[config.name] ?? '';
    const differs = config.defaultValue !== theirs;
    const limit = limitOf(config);
    if (!differs && limit === null && !config.doc.startsWith('Has no effect')) return [];
    return [[code(config.name), code(config.defaultValue), differs ? code(theirs) : 'same', limit ?? config.doc]];
  });
}

/** Values that are good for some config: one that is known and not served says so. */
const PROBES = ['true', '1', '60000', 'gzip', '-1', '0'];

function limitOf({ problemWith }: TopicConfigDefinition): string | null {
  for (const probe of PROBES) {
    const problem = problemWith(probe);
    if (problem?.startsWith('Only ') === true) return `${problem}.`;
  }
  return null;
}

/** Lists count as the same in any order. */
function sameList(left: string, right: string): boolean {
  const sorted = (text: string): string => text.split(',').toSorted().join(',');
  return sorted(left) === sorted(right);
}

function span(min: number, max: number): string {
  return min === max ? String(min) : `${min}-${max}`;
}

function code(text: string): string {
  return text === '' ? 'empty' : `\`${text}\``;
}

function table(head: Row, rows: readonly Row[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  return lines.join('\n');
}
