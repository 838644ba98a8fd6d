import { createHash, createHmac, pbkdf2, pbkdf2Sync } from 'node:crypto';

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** Kafka's bounds: fewer are too easy to guess through, more would let one request keep a client busy for long. */
export const ITERATIONS_MIN = 4_096;
export const ITERATIONS_MAX = 16_384;

export const SCRAM_HASH = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const;
export const SCRAM_KEY_BYTES = { 'SCRAM-SHA-256': 32, 'SCRAM-SHA-512': 64 } as const;

/** What a server keeps of a password (RFC 5802, section 3): neither the password nor what logs in with it can be had from this. */
export interface ScramCredential {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export const hmac = (mechanism: ScramMechanism, key: Buffer, data: Buffer | string): Buffer =>
  createHmac(SCRAM_HASH[mechanism], key).update(data).digest();

export const hash = (mechanism: ScramMechanism, data: Buffer): Buffer =>
  createHash(SCRAM_HASH[mechanism]).update(data).digest();

/** From `SaltedPassword := Hi(password, salt, iterations)`, which is as good as the password and must not be kept. */
export function credentialOf(
  mechanism: ScramMechanism,
  salt: Buffer,
  iterations: number,
  saltedPassword: Buffer,
): ScramCredential {
  return {
    salt: Buffer.from(salt),
    iterations,
    storedKey: hash(mechanism, hmac(mechanism, saltedPassword, 'Client Key')),
    serverKey: hmac(mechanism, saltedPassword, 'Server Key'),
  };
}

/** Takes some milliseconds of the processor. Passwords are their UTF-8 bytes, as in Kafka. */
export function saltPassword(mechanism: ScramMechanism, password: string, salt: Buffer, iterations: number): Buffer {
  return pbkdf2Sync(password, salt, iterations, SCRAM_KEY_BYTES[mechanism], SCRAM_HASH[mechanism]);
}

/** As {@link saltPassword}, beside the event loop. */
export function saltPasswordAsync(
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, SCRAM_KEY_BYTES[mechanism], SCRAM_HASH[mechanism], (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
