import {
  bindingKey,
  covers,
  matchesFilter,
  OPERATIONS_ON,
  operationBits,
  WILDCARD,
  WILDCARD_PRINCIPAL,
  type AclBinding,
  type AclFilter,
  type Operation,
  type Requester,
  type Resource,
  type ResourceType,
} from './acl.js';

export interface AclAuthorizerOptions {
  /** Principals that may do everything (`super.users`). */
  readonly superUsers: ReadonlySet<string>;
  /** What holds for a resource that no rule covers. */
  readonly allowEveryoneIfNoAclFound: boolean;
}

/** Who may do so may also look (Kafka's AclOperation): an ALLOW of one is an ALLOW of the other, a DENY is not. */
const IMPLIED_BY: Partial<Record<Operation, readonly Operation[]>> = {
  DESCRIBE: ['READ', 'WRITE', 'DELETE', 'ALTER'],
  DESCRIBE_CONFIGS: ['ALTER_CONFIGS'],
};

/** The rules of one resource type, found by name without looking at all of them. */
class RulesOfType {
  readonly literal = new Map<string, AclBinding[]>();
  readonly prefixed = new Map<string, AclBinding[]>();
  /** How many prefixes there are of each length. */
  readonly prefixLengths = new Map<number, number>();

  add(binding: AclBinding): void {
    const { resourceName, patternType } = binding;
    const rules = patternType === 'LITERAL' ? this.literal : this.prefixed;
    const present = rules.get(resourceName);
    if (present) present.push(binding);
    else {
      rules.set(resourceName, [binding]);
      if (patternType === 'PREFIXED') this.#countPrefix(resourceName.length, 1);
    }
  }

  remove(binding: AclBinding): void {
    const { resourceName, patternType } = binding;
    const rules = patternType === 'LITERAL' ? this.literal : this.prefixed;
    const left = rules.get(resourceName)!.filter((other) => other !== binding);
    if (left.length > 0) rules.set(resourceName, left);
    else {
      rules.delete(resourceName);
      if (patternType === 'PREFIXED') this.#countPrefix(resourceName.length, -1);
    }
  }

  *covering(name: string): IterableIterator<AclBinding> {
    yield* this.literal.get(name) ?? [];
    if (name !== WILDCARD) yield* this.literal.get(WILDCARD) ?? [];
    for (const length of this.prefixLengths.keys()) {
      if (length <= name.length) yield* this.prefixed.get(name.slice(0, length)) ?? [];
    }
  }

  *all(): IterableIterator<AclBinding> {
    for (const rules of this.literal.values()) yield* rules;
    for (const rules of this.prefixed.values()) yield* rules;
  }

  #countPrefix(length: number, change: 1 | -1): void {
    const count = (this.prefixLengths.get(length) ?? 0) + change;
    if (count > 0) this.prefixLengths.set(length, count);
    else this.prefixLengths.delete(length);
  }
}

/**
 * Decides by rules, as Apache Kafka's StandardAuthorizer does: a super user may; else one DENY refuses; else one ALLOW is needed,
 * unless no rule covers the resource and `allow.everyone.if.no.acl.found` is set. It keeps the rules and touches nothing else.
 */
export class AclAuthorizer {
  readonly #bindings = new Map<string, AclBinding>();
  readonly #byType = new Map<ResourceType, RulesOfType>();
  #version = 0;

  constructor(private readonly options: AclAuthorizerOptions) {}

  get size(): number {
    return this.#bindings.size;
  }

  /** Counts the changes of rules. */
  get version(): number {
    return this.#version;
  }

  isSuperUser(principal: string): boolean {
    return this.options.superUsers.has(principal);
  }

  authorize(requester: Requester, operation: Operation, { type, name }: Resource): boolean {
    if (this.isSuperUser(requester.principal)) return true;
    let isCovered = false;
    let isAllowed = false;
    for (const binding of this.#byType.get(type)?.covering(name) ?? []) {
      isCovered = true;
      if (!concerns(binding, requester)) continue;
      if (binding.permission === 'DENY') {
        if (isFor(binding, operation)) return false;
      } else isAllowed ||= grants(binding, operation);
    }
    return isAllowed || (!isCovered && this.options.allowEveryoneIfNoAclFound);
  }

  /** Whether there is any resource of that type on which the requester may do it: what an idempotent producer needs to begin. */
  authorizeAny(requester: Requester, operation: Operation, type: ResourceType): boolean {
    if (this.isSuperUser(requester.principal)) return true;
    const rules = [...(this.#byType.get(type)?.all() ?? [])].filter((binding) => concerns(binding, requester));
    const denials = rules.filter((binding) => binding.permission === 'DENY' && isFor(binding, operation));
    if (denials.some(({ patternType, resourceName }) => patternType === 'LITERAL' && resourceName === WILDCARD)) {
      return false;
    }
    if (this.options.allowEveryoneIfNoAclFound) return true;
    return rules.some((rule) => rule.permission === 'ALLOW' && isFor(rule, operation) && !isDominated(rule, denials));
  }

  /** What the requester may do with a resource, as the protocol's bit field. */
  authorizedOperations(requester: Requester, resource: Resource): number {
    return operationBits(OPERATIONS_ON[resource.type].filter((each) => this.authorize(requester, each, resource)));
  }

  has(binding: AclBinding): boolean {
    return this.#bindings.has(bindingKey(binding));
  }

  /** False if the rule is there already. */
  add(binding: AclBinding): boolean {
    const key = bindingKey(binding);
    if (this.#bindings.has(key)) return false;
    this.#bindings.set(key, binding);
    this.#version += 1;
    let rules = this.#byType.get(binding.resourceType);
    if (!rules) this.#byType.set(binding.resourceType, (rules = new RulesOfType()));
    rules.add(binding);
    return true;
  }

  remove(binding: AclBinding): boolean {
    const key = bindingKey(binding);
    const present = this.#bindings.get(key);
    if (!present) return false;
    this.#bindings.delete(key);
    this.#version += 1;
    this.#byType.get(present.resourceType)!.remove(present);
    return true;
  }

  all(): AclBinding[] {
    return [...this.#bindings.values()];
  }

  matching(filter: AclFilter): AclBinding[] {
    return this.all().filter((binding) => matchesFilter(binding, filter));
  }
}

function concerns(binding: AclBinding, { principal, host }: Requester): boolean {
  return (
    (binding.principal === principal || binding.principal === WILDCARD_PRINCIPAL) &&
    (binding.host === WILDCARD || binding.host === host)
  );
}

const isFor = (binding: AclBinding, operation: Operation): boolean =>
  binding.operation === operation || binding.operation === 'ALL';

function grants(binding: AclBinding, operation: Operation): boolean {
  return isFor(binding, operation) || IMPLIED_BY[operation]?.some((each) => each === binding.operation) === true;
}

/** Whether everything that a rule allows is denied by another: a denied prefix that its own name or prefix begins with. */
function isDominated(allowed: AclBinding, denials: readonly AclBinding[]): boolean {
  return denials.some((denial) =>
    denial.patternType === 'PREFIXED'
      ? covers(denial, allowed.resourceName) && !isEverything(allowed)
      : allowed.patternType === 'LITERAL' && denial.resourceName === allowed.resourceName,
  );
}

const isEverything = ({ patternType, resourceName }: AclBinding): boolean =>
  patternType === 'LITERAL' && resourceName === WILDCARD;
