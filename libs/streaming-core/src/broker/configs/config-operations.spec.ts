import { describe, expect, it } from '@jest/globals';
import { applyChanges, type ConfigChange } from './config-operations.js';

const resource = {
  isList: (name: string) => name === 'cleanup.policy',
  current: (name: string) => (name === 'cleanup.policy' ? 'delete' : ''),
};

const change = (operation: ConfigChange['operation'], name: string, value: string | null = null) => ({
  operation,
  name,
  value,
});
const apply = (own: Record<string, string>, ...changes: ConfigChange[]) => applyChanges(own, changes, resource);

describe('changes of configs', () => {
  it('set and delete by name, and leave the rest', () => {
    expect(apply({ a: '1', b: '2' }, change('SET', 'a', '3'), change('DELETE', 'b'), change('DELETE', 'c'))).toEqual({
      a: '3',
    });
  });

  it('append to a list once, beginning with the default, and subtract', () => {
    const appended = apply({}, change('APPEND', 'cleanup.policy', 'compact, delete'));
    expect(appended).toEqual({ 'cleanup.policy': 'delete,compact' });
    expect(apply({}, change('SUBTRACT', 'cleanup.policy', 'delete'))).toEqual({ 'cleanup.policy': '' });
  });

  it('refuse what makes no sense, as Kafka does', () => {
    expect(() => apply({}, change('APPEND', 'retention.ms', '1'))).toThrow("Can't APPEND to key retention.ms");
    expect(() => apply({}, change('SET', 'a'))).toThrow('Null value not supported for : a');
    expect(() => apply({}, change('SET', 'a', '1'), change('DELETE', 'a'))).toThrow('duplicate config keys: a');
    expect(() => apply({}, change('SET', 'a', 'x'.repeat(40_000)))).toThrow('at most 32767');
  });

  it('take names that every object has for what they are', () => {
    expect(Object.keys(apply({}, change('SET', '__proto__', '1')))).toEqual(['__proto__']);
    expect(Object.keys(apply({}, change('DELETE', 'constructor')))).toEqual([]);
  });
});
