import { isDynamic } from 'streaming-core/broker/configs/dynamic-settings';
import type { MetricDefinition } from 'streaming-core/broker/observability/prometheus-text';
import { BROKER_SETTINGS, isBrokerSetting, topicDefaultSetting, type Setting } from 'streaming-core/broker/settings';
import { TOPIC_CONFIGS } from 'streaming-core/log/topic-configs';

const START = (part: string) => `<!-- ${part}: written by \`npm run docs:operations\` from the code -->`;
const END = (part: string) => `<!-- end of ${part} -->`;

/** The document with its generated parts written anew. Throws if a part's marks are missing. */
export function operationsDocument(present: string, metrics: readonly MetricDefinition[]): string {
  return [
    ['settings', settingsTable()] as const,
    ['topic defaults', topicDefaultsTable()] as const,
    ['metrics', metricsTable(metrics)] as const,
  ].reduce((text, [part, table]) => replacePart(text, part, table), present);
}

function replacePart(text: string, part: string, contents: string): string {
  const from = text.indexOf(START(part));
  const to = text.indexOf(END(part));
  if (from < 0 || to < from) throw new Error(`no marks for "${part}"`);
  return `${text.slice(0, from)}${START(part)}\n\n${contents}\n\n${text.slice(to)}`;
}

function settingsTable(): string {
  const rows = Object.entries(BROKER_SETTINGS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, setting]: [string, Setting]) => [
      `\`${name}\``,
      setting.sensitive ? 'secret' : code(setting.default),
      isDynamic(name) ? 'yes' : '',
      setting.doc,
    ]);
  return table(['setting', 'default', 'at run time', 'what it does'], rows);
}

function topicDefaultsTable(): string {
  const rows = TOPIC_CONFIGS.filter(({ name }) => !isBrokerSetting(topicDefaultSetting(name))).map(
    ({ name, defaultValue, doc }) => [`\`${topicDefaultSetting(name)}\``, `\`${name}\``, code(defaultValue), doc],
  );
  return table(['setting', 'topic config', 'default', 'what it does'], rows);
}

function metricsTable(metrics: readonly MetricDefinition[]): string {
  return table(
    ['metric', 'type', 'what it says'],
    metrics.map(({ name, type, help }) => [`\`${name}\``, type, help]),
  );
}

function code(value: string): string {
  return value === '' ? 'empty' : `\`${value}\``;
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}
