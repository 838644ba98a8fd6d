export type PostgresErrorCode =
  | 'UNSUPPORTED_PLATFORM'
  | 'NO_UNPRIVILEGED_USER'
  | 'NOT_WRITABLE'
  | 'INIT_FAILED'
  | 'START_FAILED'
  | 'IN_USE'
  | 'WRONG_VERSION';

/** The embedded PostgreSQL cannot run. The message says what a person can do about it. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  constructor(
    readonly code: PostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
