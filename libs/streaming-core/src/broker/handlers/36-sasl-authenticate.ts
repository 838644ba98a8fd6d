import { ERROR } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';

/** One step of an authentication. */
export const saslAuthenticate: Handler<36> = async ({ authBytes }, { session }) => {
  const { error, message, bytes, lifetimeMs } = await session.authenticate(authBytes);
  return {
    errorCode: ERROR[error],
    errorMessage: message,
    authBytes: bytes,
    sessionLifetimeMs: BigInt(Math.floor(lifetimeMs)),
  };
};
