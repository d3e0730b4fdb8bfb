/** Bound to anything but loopback, the gateway cannot know its names: any Host will do. */
export function isHostAllowed(host: string | undefined, boundHost: string): boolean {
  if (!isLoopback(boundHost)) return true;
  const asked = hostOf(`http://${host}`)?.hostname;
  return asked !== undefined && (isLoopback(asked) || asked === boundHost);
}

/** No Origin comes from programs; browsers always send that of the page: our own, or one that was named to us. */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  named: readonly string[] = [],
): boolean {
  if (origin === undefined || named.includes(origin)) return true;
  const page = hostOf(origin);
  return page !== undefined && page.host === hostOf(`${page.protocol}//${host}`)?.host;
}

/** Whether an address, as bound to or as in a URL, is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

function hostOf(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}
