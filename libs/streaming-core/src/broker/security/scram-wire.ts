import type { ScramMechanism } from '../../security/scram-credential.js';

const MECHANISMS: ReadonlyMap<number, ScramMechanism> = new Map([
  [1, 'SCRAM-SHA-256'],
  [2, 'SCRAM-SHA-512'],
]);

/** KIP-554's numbers of mechanisms. */
export const mechanismFromWire = (number: number): ScramMechanism | null => MECHANISMS.get(number) ?? null;
export const mechanismToWire = (mechanism: ScramMechanism): number => (mechanism === 'SCRAM-SHA-256' ? 1 : 2);
