import type { Session } from '../../state/session.ts';

/** Time between two attempts to load the page again. */
const retryMs = 30_000;

/** The version of the gateway that served this page; null before its first message. */
let servedBy: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Loads the page again when nobody is there to do so: after the gateway has closed the connection for good, and when another version
 * of it answers, whose page may differ. The page stays while the gateway does not answer: the browser's error page would stay for ever.
 */
export function reloadWhenOutdated({
  connection,
  gatewayVersion,
}: Pick<Session, 'connection' | 'gatewayVersion'>): void {
  servedBy ??= gatewayVersion;
  const isOutdated = connection.name === 'closed' || gatewayVersion !== servedBy;
  if (!isOutdated || timer !== undefined) return;
  timer = setTimeout(async () => {
    timer = undefined;
    const response = await fetch(location.href, { cache: 'no-store' }).catch(() => undefined);
    if (response?.ok) location.reload();
  }, retryMs);
}
