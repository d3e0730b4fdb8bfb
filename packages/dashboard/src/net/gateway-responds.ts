/**
 * Resolves with whether the gateway responds, asked for the page itself. Asked before code is loaded, because some browsers do not
 * download a module again whose first download has failed.
 */
export async function gatewayResponds(): Promise<boolean> {
  try {
    return (await fetch('./', { method: 'HEAD', cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}
