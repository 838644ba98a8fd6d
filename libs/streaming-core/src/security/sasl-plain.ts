/** A name and a password in the clear (RFC 4616): for TLS, or for the loopback. */
export interface PlainMessage {
  readonly authorizationId: string;
  readonly user: string;
  readonly password: string;
}

const MESSAGE_BYTES_MAX = 8_192;

/** `[authzid] NUL authcid NUL passwd`; null for anything else. */
export function parsePlainMessage(message: Buffer): PlainMessage | null {
  if (message.length > MESSAGE_BYTES_MAX) return null;
  const parts = message.toString('utf8').split('\0');
  const [authorizationId, user, password] = parts;
  if (parts.length !== 3 || !user || !password) return null;
  return { authorizationId: authorizationId!, user, password };
}

/** Users of a JAAS configuration: `org.apache...PlainLoginModule required user_alice="secret" user_bob="...";` */
export function parseJaasUsers(jaas: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const [, user, quoted, bare] of jaas.matchAll(/\buser_([^\s=]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))/g)) {
    users.set(user!, quoted?.replaceAll(/\\(.)/g, '$1') ?? bare!);
  }
  return users;
}
