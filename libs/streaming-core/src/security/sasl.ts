/** SASL (RFC 4422) as Kafka carries it (KIP-12, KIP-43, KIP-152, KIP-368). */

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

export function isSaslMechanism(name: string): name is SaslMechanism {
  return (SASL_MECHANISMS as readonly string[]).includes(name);
}

/** What one message of a client leads to. `bytes` is what the client is sent. */
export type SaslStep =
  | { readonly kind: 'challenge'; readonly bytes: Buffer }
  | {
      readonly kind: 'authenticated';
      readonly bytes: Buffer;
      readonly user: string;
      /** When the credentials end, in ms since 1970; null if they do not. */
      readonly expiresAtMs: number | null;
    }
  | {
      readonly kind: 'failed';
      /** For the client: says nothing that helps to guess. */
      readonly message: string;
      /** For the log: never a secret. */
      readonly detail: string;
    };

/** The server's side of one exchange. It is asked once a message, and no more after `authenticated` or `failed`. */
export interface SaslExchange {
  step(message: Buffer): SaslStep | Promise<SaslStep>;
}

export const NO_BYTES = Buffer.alloc(0);

export function failed(mechanism: string, detail: string): SaslStep & { kind: 'failed' } {
  const message = `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`;
  return { kind: 'failed', message, detail };
}
