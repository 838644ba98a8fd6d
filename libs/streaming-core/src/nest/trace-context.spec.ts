import { describe, expect, it } from '@jest/globals';
import type { OutgoingRecord } from '../client/types.js';
import { continueTrace, currentTrace, parseTraceparent, runInTrace, traceHeaders } from './trace-context.js';
import { openTelemetryTracing, tracedProducer, w3cTracing } from './tracing.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

describe('trace context', () => {
  it.each([
    [PARENT, true],
    [`01-${TRACE}-00f067aa0ba902b7-00-future`, true],
    [`00-${TRACE}-00f067aa0ba902b7-01-more`, false],
    [`ff-${TRACE}-00f067aa0ba902b7-01`, false],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, false],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, false],
    [PARENT.toUpperCase(), false],
    ['', false],
    ['garbage', false],
  ])('takes %s for valid: %s', (header, valid) => {
    expect(parseTraceparent(header) !== undefined).toBe(valid);
  });

  it('goes on with the same trace as a new step', () => {
    const trace = continueTrace(
      new Map([
        ['traceparent', PARENT],
        ['tracestate', 'vendor=1'],
      ]),
    );
    expect(trace).toMatchObject({ traceId: TRACE, sampled: true, tracestate: 'vendor=1' });
    expect(trace.spanId).not.toBe('00f067aa0ba902b7');
    expect(traceHeaders(trace)).toEqual({ traceparent: `00-${TRACE}-${trace.spanId}-01`, tracestate: 'vendor=1' });
  });

  it('begins a trace where there is none, and leaves out a state that is too long', () => {
    expect(continueTrace(new Map()).traceId).toMatch(/^[0-9a-f]{32}$/);
    const headers = new Map([
      ['traceparent', PARENT],
      ['tracestate', 'x'.repeat(513)],
    ]);
    expect(continueTrace(headers).tracestate).toBeUndefined();
  });

  it('reaches what is awaited, and not what runs beside it', async () => {
    const seen = await Promise.all(
      ['a', 'b'].map((traceId) =>
        runInTrace({ traceId, spanId: '1', sampled: true }, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return currentTrace()?.traceId;
        }),
      ),
    );
    expect([...seen, currentTrace()]).toEqual(['a', 'b', undefined]);
  });
});

describe('a traced producer', () => {
  const sent: OutgoingRecord[] = [];
  const producer = tracedProducer(
    { send: (records) => Promise.resolve(void sent.push(...records)), close: () => Promise.resolve() },
    w3cTracing,
  );
  const record: OutgoingRecord = { topic: 't', key: null, value: 'v', headers: { a: 'b' } };

  it('adds the trace of the handler that sends', async () => {
    await w3cTracing.run(new Map([['traceparent', PARENT]]), () => producer.send([record]));
    await producer.send([record]);
    const own = { ...record, headers: { traceparent: 'own' } };
    await w3cTracing.run(new Map(), () => producer.send([own]));
    expect(sent[0]?.headers).toEqual({ a: 'b', traceparent: expect.stringMatching(`^00-${TRACE}-[0-9a-f]{16}-01$`) });
    expect(sent.slice(1)).toEqual([record, own]);
  });

  it('leaves it to OpenTelemetry where an application has it', () => {
    let active = 'none';
    const tracing = openTelemetryTracing<string>({
      context: {
        active: () => active,
        with: (context, work) => {
          const before = active;
          active = context;
          try {
            return work();
          } finally {
            active = before;
          }
        },
      },
      propagation: {
        extract: (_context, carrier) => (carrier as Record<string, string>).traceparent ?? 'none',
        inject: (context, carrier) => void Object.assign(carrier as object, { traceparent: context }),
      },
    });
    expect(tracing.run(new Map([['traceparent', PARENT]]), () => tracing.headers())).toEqual({ traceparent: PARENT });
  });
});
