/** The city cannot start. The message says why and what to do, for a person to read. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
}
