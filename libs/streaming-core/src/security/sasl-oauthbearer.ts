/** What a client with a token says first (RFC 7628, KIP-255). */
export interface OauthBearerMessage {
  readonly authorizationId: string;
  readonly token: string;
}

const HEADER = /^n,(?:a=(?<authzid>[^,]+))?,$/;
const PAIR = /^[A-Za-z]+=[\x20-\x7e\t\r\n]*$/;
const TOKEN = /^bearer +(?<token>[A-Za-z0-9\-._~+/]+=*)$/i;

/** `n,[a=authzid],^Aauth=Bearer token^A[key=value^A]^A`; null for anything else. */
export function parseOauthBearerMessage(message: Buffer): OauthBearerMessage | null {
  const [first, ...rest] = message.toString('latin1').split('\x01');
  const header = HEADER.exec(first!);
  const pairs = rest.slice(0, -2);
  const isWhole =
    rest.length >= 3 && rest.at(-1) === '' && rest.at(-2) === '' && pairs.every((pair) => PAIR.test(pair));
  if (!header || !isWhole) return null;
  const auth = pairs.filter((pair) => pair.startsWith('auth='));
  const token = auth.length === 1 ? TOKEN.exec(auth[0]!.slice('auth='.length))?.groups?.['token'] : undefined;
  if (token === undefined) return null;
  return { authorizationId: header.groups?.['authzid'] ?? '', token };
}

/** A refused client is told why as a challenge, answers ^A, and only then fails (RFC 7628, section 3.2.3). */
export const OAUTHBEARER_REFUSED = Buffer.from('{"status":"invalid_token"}');
