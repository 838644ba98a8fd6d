import { BrokerConfigError } from '../broker/config.js';
import { StorageError } from '../ports/storage.js';
import { DirectoryInUseError } from '../replica/directory-lock.js';
import { MetaPropertiesError } from '../replica/meta-properties.js';
import { UsageError } from './command-error.js';

/** What a command ends with; in `streaming-core --help` too. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const;

const UNREACHABLE = new Set(['PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT', 'BROKER_UNREACHABLE']);

const REFUSED = new Set(['PLT_KFK_AUTHENTICATION', 'AUTHENTICATION_FAILED']);

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  return refusalOf(error) === undefined && leavesOf(error).some((leaf) => UNREACHABLE.has(leaf.code ?? ''))
    ? EXIT.unreachable
    : EXIT.failed;
}

/** An error as a sentence that says what to do. */
export function explain(error: unknown): string {
  if (error instanceof BrokerConfigError) return `these settings do not fit:\n${error.message.replace(/^/gm, '  ')}`;
  if (error instanceof DirectoryInUseError || error instanceof MetaPropertiesError) return error.message;
  if (error instanceof StorageError) return explainStorage(error);
  const refusal = refusalOf(error);
  if (refusal !== undefined) return `authentication failed: ${refusal.message}`;
  return explainNetwork(error) ?? explainLeaves(error);
}

function explainStorage({ code, message }: StorageError): string {
  switch (code) {
    case 'PERMISSION':
      return `${message}\nChoose a directory that this user may write to with --data-dir.`;
    case 'DISK_FULL':
      return `${message}\nThe disk is full: make room, or choose another directory with --data-dir.`;
    case 'IO':
      return `${message}\nCheck the disk, or choose another directory with --data-dir.`;
  }
}

function explainNetwork(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const { address, port } = error as Error & { address?: string; port?: number };
  const where = `${address ?? 'the address'}:${port ?? ''}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port ?? ''} on ${address ?? 'this host'} is taken by another program. Stop that one, or choose another port with --port.`;
    case 'EACCES':
      return `this user may not listen on ${where}. Choose a port above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
      return `${address ?? 'the address'} is not an address of this machine. Choose another with --host.`;
    case 'ENOTFOUND':
      return `the host name given with --host cannot be resolved.`;
    default:
      return null;
  }
}

interface Leaf {
  readonly code?: string;
  readonly message: string;
  /** What a broker said, and the name of its error. */
  readonly serverErrorMessage?: string | null;
  readonly apiId?: string;
}

/** Client libraries wrap what happened in errors that say less. */
function leavesOf(error: unknown): Leaf[] {
  if (!(error instanceof Error)) return [{ message: String(error) }];
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const found = inner.length > 0 ? inner.flatMap(leavesOf) : error.cause instanceof Error ? leavesOf(error.cause) : [];
  return [error, ...found];
}

/** A broker that answers and does not let this client in; libraries wrap that in network errors. */
function refusalOf(error: unknown): Leaf | undefined {
  return leavesOf(error).findLast(({ code }) => REFUSED.has(code ?? ''));
}

function explainLeaves(error: unknown): string {
  const leaves = leavesOf(error);
  const said = leaves.filter(({ apiId }) => apiId !== undefined);
  if (said.length > 0) {
    return [
      ...new Set(said.map(({ apiId, serverErrorMessage, message }) => `${apiId}: ${serverErrorMessage ?? message}`)),
    ].join('\n');
  }
  const unreachable = leaves.findLast(({ code }) => UNREACHABLE.has(code ?? ''));
  if (unreachable === undefined) return saidBy(error);
  // Why: a refused connection, a certificate that is not trusted.
  const reason = leaves.at(-1)!.message;
  return `no broker answers: ${unreachable.message}${reason === unreachable.message ? '' : ` ${reason}`}`;
}

/** Of several errors in one what each of them says: what holds them says no more than that there are some. */
function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof AggregateError) || error.errors.length === 0) return error.message;
  return [...new Set(error.errors.map(saidBy))].join('\n');
}
