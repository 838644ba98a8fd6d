import { ERROR } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';

/** Chooses the SASL mechanism of a connection. What is not on offer is answered with what is, and ends the connection. */
export const saslHandshake: Handler<17> = ({ mechanism }, { apiVersion, session }) => ({
  errorCode: ERROR[session.handshake(mechanism, apiVersion)],
  mechanisms: session.mechanisms,
});
