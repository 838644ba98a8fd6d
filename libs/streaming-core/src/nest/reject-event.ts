/** Thrown by a handler that will never be able to handle the event: it becomes a dead letter at once, without more tries. */
export class RejectEvent extends Error {
  override readonly name = 'RejectEvent';
}
