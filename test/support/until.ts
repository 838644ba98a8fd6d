export interface UntilOptions {
  /** Default 20 s. */
  readonly timeoutMs?: number;
  /** What was seen instead, for the failure message. */
  readonly seen?: () => string | Promise<string>;
}

const TIMEOUT_MS = 20_000;
const ASK_AGAIN_MS = 10;

/**
 * Asks again and again until `probe` gives something, and returns that; `undefined` and `false` mean not yet. Fails after a while, saying
 * what was awaited and what was seen instead.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs = TIMEOUT_MS, seen }: UntilOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) {
      const instead = seen === undefined ? '' : `\nSeen instead: ${await seen()}`;
      throw new Error(`Still waiting after ${timeoutMs} ms for ${what}.${instead}`);
    }
    await pause(ASK_AGAIN_MS);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
