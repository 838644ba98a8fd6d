import { describe, expect, it } from '@jest/globals';
import { Histogram } from './histogram.js';
import { PrometheusText } from './prometheus-text.js';

describe('the Prometheus text format', () => {
  it('has a heading for each metric, and leaves out those without samples', () => {
    const text = new PrometheusText()
      .gauge('topics', 'Topics', [[{}, 3]])
      .counter('errors_total', 'Errors', [])
      .toString();
    expect(text).toBe('# HELP streaming_topics Topics\n# TYPE streaming_topics gauge\nstreaming_topics 3\n');
  });

  it('writes names of any characters as labels', () => {
    const text = new PrometheusText().gauge('group_lag', 'Lag', [[{ group: 'a"b\\c\nd' }, 1]]).toString();
    expect(text).toContain(String.raw`streaming_group_lag{group="a\"b\\c\nd"} 1`);
  });

  it('counts in a histogram how many values were at most each bound', () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value);
    const text = new PrometheusText().histogram('wait_seconds', 'Waits', [[{ api: 'Fetch' }, histogram]]).toString();
    expect(text.split('\n').slice(2)).toEqual([
      'streaming_wait_seconds_bucket{api="Fetch",le="1"} 2',
      'streaming_wait_seconds_bucket{api="Fetch",le="2"} 3',
      'streaming_wait_seconds_bucket{api="Fetch",le="+Inf"} 4',
      'streaming_wait_seconds_sum{api="Fetch"} 12',
      'streaming_wait_seconds_count{api="Fetch"} 4',
      '',
    ]);
  });
});
