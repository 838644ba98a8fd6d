/** The operating system's processes as the engine sees them: enough to tell a living lock holder from a dead one. */
export interface HostProcess {
  readonly pid: number;
  /**
   * A name for the process behind a pid that no later process with the same pid shares, as far as the system can tell;
   * null if no such process runs.
   */
  identityOf(pid: number): string | null;
}
