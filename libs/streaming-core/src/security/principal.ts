/** Who asks, as Kafka writes it: `User:alice`. */
export type Principal = `${string}:${string}`;

/** Whoever comes in over a listener without authentication, or over TLS without a certificate. */
export const ANONYMOUS: Principal = 'User:ANONYMOUS';

export const userPrincipal = (name: string): Principal => `User:${name}`;

/** `super.users`: principals with semicolons between, since names of certificates have commas. */
export function parseSuperUsers(text: string): ReadonlySet<string> {
  const names = text.split(';').flatMap((part) => part.trim() || []);
  for (const name of names) {
    if (!/^[^:]+:.+$/.test(name)) throw new TypeError(`"${name}" is not of the form Type:name, such as User:admin`);
  }
  return new Set(names);
}
