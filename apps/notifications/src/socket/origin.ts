const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a browser's page may connect: one from this host (any port) or from this machine. Programs send no origin. Keeps
 * other web sites that a person has open from reading along.
 */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  const page = URL.parse(origin)?.hostname;
  if (page === undefined || page === '') return false;
  return LOOPBACK.has(page) || page === URL.parse(`http://${host ?? ''}`)?.hostname;
}
