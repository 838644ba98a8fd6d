/**
 * Thrown by a handler that cannot work now, for a reason that is not the event's: a database is away, another service is
 * late. The event is tried again after the delay, for as long as it takes, and is never dead-lettered.
 */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  constructor(
    readonly delayMs: number,
    message = 'try again later',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
