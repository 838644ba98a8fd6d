import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AclAuthorizer } from './acl-authorizer.js';
import {
  CLUSTER,
  covers,
  matchesFilter,
  topicResource,
  type AclBinding,
  type AclFilter,
  type Operation,
  type Requester,
} from './acl.js';
import { parseSuperUsers } from './principal.js';

const alice: Requester = { principal: 'User:alice', host: '10.0.0.1' };
const bob: Requester = { principal: 'User:bob', host: '10.0.0.2' };

const rule = (change: Partial<AclBinding>): AclBinding => ({
  resourceType: 'TOPIC',
  resourceName: 'rides',
  patternType: 'LITERAL',
  principal: 'User:alice',
  host: '*',
  operation: 'READ',
  permission: 'ALLOW',
  ...change,
});

function authorizer(rules: readonly Partial<AclBinding>[], options: { superUsers?: string; open?: boolean } = {}) {
  const made = new AclAuthorizer({
    superUsers: parseSuperUsers(options.superUsers ?? ''),
    allowEveryoneIfNoAclFound: options.open ?? false,
  });
  for (const each of rules) made.add(rule(each));
  return made;
}

const may = (rules: readonly Partial<AclBinding>[], who: Requester, operation: Operation, topic = 'rides'): boolean =>
  authorizer(rules).authorize(who, operation, topicResource(topic));

describe('AclAuthorizer', () => {
  it('refuses what no rule allows', () => {
    expect(may([], alice, 'READ')).toBe(false);
    expect(may([{}], alice, 'READ')).toBe(true);
    expect(may([{}], alice, 'WRITE')).toBe(false);
    expect(may([{}], alice, 'READ', 'rides2')).toBe(false);
    expect(may([{}], bob, 'READ')).toBe(false);
    expect(may([{ resourceType: 'GROUP' }], alice, 'READ')).toBe(false);
  });

  it('finds rules by prefix and by wildcard', () => {
    expect(may([{ patternType: 'PREFIXED', resourceName: 'ri' }], alice, 'READ')).toBe(true);
    expect(may([{ patternType: 'PREFIXED', resourceName: 'rides' }], alice, 'READ')).toBe(true);
    expect(may([{ patternType: 'PREFIXED', resourceName: 'rides2' }], alice, 'READ')).toBe(false);
    expect(may([{ resourceName: '*' }], alice, 'READ')).toBe(true);
    expect(may([{ principal: 'User:*' }], bob, 'READ')).toBe(true);
    expect(may([{ host: '10.0.0.1' }], alice, 'READ')).toBe(true);
    expect(may([{ host: '10.0.0.9' }], alice, 'READ')).toBe(false);
    // A prefix of "*" is a name that begins with a star.
    expect(may([{ patternType: 'PREFIXED', resourceName: '*' }], alice, 'READ')).toBe(false);
  });

  it('lets one DENY win over every ALLOW', () => {
    const allowed = [
      {},
      { resourceName: '*', operation: 'ALL' },
      { patternType: 'PREFIXED', resourceName: 'r' },
    ] as const;
    expect(may([...allowed, { permission: 'DENY' }], alice, 'READ')).toBe(false);
    expect(may([...allowed, { permission: 'DENY', operation: 'ALL', principal: 'User:*' }], alice, 'READ')).toBe(false);
    expect(may([...allowed, { permission: 'DENY', patternType: 'PREFIXED', resourceName: 'rid' }], alice, 'READ')).toBe(
      false,
    );
    expect(may([...allowed, { permission: 'DENY', principal: 'User:bob' }], alice, 'READ')).toBe(true);
    expect(may([...allowed, { permission: 'DENY', operation: 'WRITE' }], alice, 'READ')).toBe(true);
  });

  it('takes READ, WRITE, DELETE and ALTER for DESCRIBE, in an ALLOW alone', () => {
    for (const operation of ['READ', 'WRITE', 'DELETE', 'ALTER'] as const) {
      expect(may([{ operation }], alice, 'DESCRIBE')).toBe(true);
      expect(may([{ operation: 'DESCRIBE' }], alice, operation)).toBe(false);
      expect(may([{ operation: 'DESCRIBE' }, { operation, permission: 'DENY' }], alice, 'DESCRIBE')).toBe(true);
    }
    expect(may([{ operation: 'ALTER_CONFIGS' }], alice, 'DESCRIBE_CONFIGS')).toBe(true);
    expect(may([{ operation: 'CREATE' }], alice, 'DESCRIBE')).toBe(false);
  });

  it('lets super users do everything, whatever is denied', () => {
    const rules = authorizer([{ permission: 'DENY', principal: 'User:*', operation: 'ALL' }], {
      superUsers: 'User:root; User:alice',
    });
    expect(rules.authorize(alice, 'READ', topicResource('rides'))).toBe(true);
    expect(rules.authorize(bob, 'READ', topicResource('rides'))).toBe(false);
  });

  it('opens what no rule covers if told so', () => {
    const open = authorizer([{}], { open: true });
    expect(open.authorize(bob, 'READ', topicResource('other'))).toBe(true);
    expect(open.authorize(bob, 'READ', topicResource('rides'))).toBe(false);
    expect(open.authorize(alice, 'WRITE', topicResource('rides'))).toBe(false);
  });

  it('knows whether anything of a type is allowed', () => {
    const any = (rules: readonly Partial<AclBinding>[]): boolean =>
      authorizer(rules).authorizeAny(alice, 'READ', 'TOPIC');
    const deny = { permission: 'DENY' } as const;
    expect(any([])).toBe(false);
    expect(any([{}])).toBe(true);
    expect(any([{}, deny])).toBe(false);
    expect(any([{}, { ...deny, resourceName: '*' }])).toBe(false);
    expect(any([{}, { ...deny, resourceName: 'other' }])).toBe(true);
    expect(any([{}, { ...deny, patternType: 'PREFIXED', resourceName: 'r' }])).toBe(false);
    expect(any([{ resourceName: '*' }, { ...deny, patternType: 'PREFIXED', resourceName: 'r' }])).toBe(true);
    expect(
      any([
        { patternType: 'PREFIXED', resourceName: 'ri' },
        { ...deny, resourceName: 'ri' },
      ]),
    ).toBe(true);
    expect(any([{ patternType: 'PREFIXED' }, { ...deny, patternType: 'PREFIXED', resourceName: 'ri' }])).toBe(false);
  });

  it('tells what may be done as bits', () => {
    const rules = authorizer([
      { operation: 'READ' },
      { resourceType: 'CLUSTER', resourceName: 'kafka-cluster', operation: 'ALL' },
    ]);
    expect(rules.authorizedOperations(alice, topicResource('rides'))).toBe((1 << 3) | (1 << 8));
    expect(rules.authorizedOperations(alice, CLUSTER)).toBe((0b1_1111_1010_0000 & ~(1 << 6)) | (1 << 12));
    expect(rules.authorizedOperations(bob, CLUSTER)).toBe(0);
  });

  const name = fc.constantFrom('*', 'a', 'ab', 'abc', 'b');
  const anyRule: fc.Arbitrary<AclBinding> = fc.record({
    resourceType: fc.constantFrom('TOPIC', 'GROUP'),
    resourceName: name,
    patternType: fc.constantFrom('LITERAL', 'PREFIXED'),
    principal: fc.constantFrom('User:alice', 'User:bob', 'User:*'),
    host: fc.constantFrom('*', '10.0.0.1', '10.0.0.2'),
    operation: fc.constantFrom('ALL', 'READ', 'WRITE', 'DESCRIBE'),
    permission: fc.constantFrom('ALLOW', 'DENY'),
  });

  it('decides as the plain reading of all rules does, also after removals', () => {
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 12 }),
        fc.array(fc.nat(11), { maxLength: 4 }),
        name,
        fc.constantFrom<Operation>('READ', 'WRITE', 'DESCRIBE'),
        fc.constantFrom(alice, bob),
        (rules, removals, topic, operation, who) => {
          const made = authorizer(rules);
          for (const index of removals) if (rules[index]) made.remove(rules[index]);
          const kept = made.all();
          const relevant = kept.filter(
            (each) =>
              each.resourceType === 'TOPIC' &&
              covers(each, topic) &&
              [who.principal, 'User:*'].includes(each.principal) &&
              [who.host, '*'].includes(each.host),
          );
          const isDenied = relevant.some(
            (each) => each.permission === 'DENY' && [operation, 'ALL'].includes(each.operation),
          );
          const granting: readonly string[] =
            operation === 'DESCRIBE' ? ['DESCRIBE', 'READ', 'WRITE', 'ALL'] : [operation, 'ALL'];
          const isAllowed = relevant.some((each) => each.permission === 'ALLOW' && granting.includes(each.operation));
          expect(made.authorize(who, operation, topicResource(topic))).toBe(isAllowed && !isDenied);
        },
      ),
    );
  });
});

describe('filters', () => {
  const all: AclFilter = {
    resourceType: null,
    resourceName: null,
    patternType: null,
    principal: null,
    host: null,
    operation: null,
    permission: null,
  };

  it.each<[string, Partial<AclFilter>, boolean]>([
    ['everything', {}, true],
    ['its type', { resourceType: 'TOPIC' }, true],
    ['another type', { resourceType: 'GROUP' }, false],
    ['its name', { resourceName: 'rides', patternType: 'LITERAL' }, true],
    ['its name by another pattern', { resourceName: 'rides', patternType: 'PREFIXED' }, false],
    ['what decides about it', { resourceName: 'rides', patternType: 'MATCH' }, true],
    ['another principal', { principal: 'User:bob' }, false],
    ['another operation', { operation: 'ALL' }, false],
    ['another permission', { permission: 'DENY' }, false],
  ])('%s', (_, filter, isMatch) => {
    expect(matchesFilter(rule({}), { ...all, ...filter })).toBe(isMatch);
  });

  it('MATCH finds prefixes and wildcards too', () => {
    const match: AclFilter = { ...all, resourceName: 'rides', patternType: 'MATCH' };
    expect(matchesFilter(rule({ patternType: 'PREFIXED', resourceName: 'ri' }), match)).toBe(true);
    expect(matchesFilter(rule({ resourceName: '*' }), match)).toBe(true);
    expect(matchesFilter(rule({ patternType: 'PREFIXED', resourceName: 'drivers' }), match)).toBe(false);
  });
});

it('super users are principals', () => {
  expect([...parseSuperUsers('User:a;User:CN=b,O=c ;')]).toEqual(['User:a', 'User:CN=b,O=c']);
  expect(() => parseSuperUsers('admin')).toThrow('Type:name');
});
