type Rule = (name: string) => string | null;

const DEFAULT: Rule = (name) => name;

/**
 * How the subject of a client's certificate, such as `CN=alice,O=Ridestream`, becomes the name of a principal
 * (`ssl.principal.mapping.rules`, KIP-371): the first rule whose pattern fits the whole of it decides.
 */
export class SslPrincipalMapper {
  readonly #rules: readonly Rule[];

  /** @param rules `RULE:pattern/replacement/[L|U]` and `DEFAULT`, commas between. @throws {TypeError} */
  constructor(rules: string) {
    this.#rules = [...parse(rules.trim() === '' ? 'DEFAULT' : rules.trim())];
  }

  /** Null if no rule fits. */
  name(subject: string): string | null {
    for (const rule of this.#rules) {
      const name = rule(subject);
      if (name !== null) return name;
    }
    return null;
  }
}

function* parse(rules: string): IterableIterator<Rule> {
  const next = /\s*(?:(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))\s*(?:,|$)/y;
  while (next.lastIndex < rules.length) {
    const at = next.lastIndex;
    const match = next.exec(rules);
    if (!match) throw new TypeError(`"${rules.slice(at)}" is neither DEFAULT nor RULE:pattern/replacement/[L|U]`);
    yield match[1] === 'DEFAULT' ? DEFAULT : toRule(match[2]!, match[3]!, match[4]!);
  }
}

function toRule(pattern: string, replacement: string, letterCase: string): Rule {
  const whole = new RegExp(`^(?:${pattern})$`);
  return (subject) => {
    if (!whole.test(subject)) return null;
    const name = subject.replace(whole, replacement);
    if (letterCase === 'L') return name.toLowerCase();
    return letterCase === 'U' ? name.toUpperCase() : name;
  };
}
