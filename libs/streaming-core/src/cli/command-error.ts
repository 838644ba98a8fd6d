/** Something that was asked for is not there, or not as it must be: exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** A command that cannot be meant: exit code 2. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
}
