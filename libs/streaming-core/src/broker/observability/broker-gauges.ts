import { phase } from '../../groups/group-rules.js';
import type { BrokerServices } from '../services.js';
import type { PrometheusText, Sample } from './prometheus-text.js';

type Facts = Pick<BrokerServices, 'topics' | 'groups'>;

/** Sizes and offsets of partitions, states and lags of groups, as they are now. At most `seriesMax` of each kind one by one. */
export function writeGauges(text: PrometheusText, { topics, groups }: Facts, seriesMax: number): void {
  const all = topics.all();
  text.gauge('topics', 'Topics, internal ones too', [[{}, all.length]]);
  text.gauge('partitions', 'Partitions of all topics', [[{}, topics.partitionCount]]);
  text.gauge('partitions_offline', 'Partitions whose log could not be opened', [[{}, topics.offline().length]]);
  writePartitions(text, { topics }, seriesMax);
  const states = new Map<string, number>();
  for (const group of groups.coordinator.groups()) states.set(phase(group), (states.get(phase(group)) ?? 0) + 1);
  text.gauge(
    'groups',
    'Groups by state',
    [...states].map(([state, count]) => [{ state }, count]),
  );
  writeLags(text, { topics, groups }, seriesMax);
}

function writePartitions(text: PrometheusText, { topics }: Pick<Facts, 'topics'>, seriesMax: number): void {
  const sizes: Sample[] = [];
  const starts: Sample[] = [];
  const ends: Sample[] = [];
  let omitted = 0;
  let totalBytes = 0;
  let unwritable = 0;
  for (const { name: topic, partitions } of topics.all()) {
    for (const partition of partitions) {
      if (partition === null) continue;
      totalBytes += partition.sizeBytes;
      if (!partition.isWritable) unwritable += 1;
      if (sizes.length >= seriesMax) {
        omitted += 1;
        continue;
      }
      const labels = { topic, partition: partition.index };
      sizes.push([labels, partition.sizeBytes]);
      starts.push([labels, Number(partition.startOffset)]);
      ends.push([labels, Number(partition.endOffset)]);
    }
  }
  text.gauge('logs_bytes', 'Bytes of all logs', [[{}, totalBytes]]);
  text.gauge('partitions_unwritable', 'Partitions that refuse writes: their disk is full or failing', [
    [{}, unwritable],
  ]);
  text.gauge('partitions_omitted', 'Partitions that are not shown one by one (metrics.series.max)', [[{}, omitted]]);
  text.gauge('log_bytes', 'Bytes of the log of a partition', sizes);
  text.gauge('log_start_offset', 'First offset that can be read', starts);
  text.gauge('log_end_offset', 'Offset of the next record', ends);
}

function writeLags(text: PrometheusText, { topics, groups }: Facts, seriesMax: number): void {
  const lags: Sample[] = [];
  let omitted = 0;
  for (const { groupId: group } of groups.coordinator.groups()) {
    for (const { topic, partition, committed } of groups.coordinator.committed(group)?.entries() ?? []) {
      const log = topics.get(topic)?.partitions[partition];
      if (!log) continue;
      if (lags.length >= seriesMax) omitted += 1;
      else lags.push([{ group, topic, partition }, Math.max(0, Number(log.highWatermark - committed.offset))]);
    }
  }
  text.gauge('group_lags_omitted', 'Lags that are not shown one by one (metrics.series.max)', [[{}, omitted]]);
  text.gauge('group_lag', 'Records between what a group committed and the end of the partition', lags);
}
