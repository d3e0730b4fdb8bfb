/** The lock that keeps the screen on; undefined before it is requested and after the browser has released it. */
let lock: Promise<WakeLockSentinel | undefined> | undefined;

/**
 * Keeps the screen on while the page is visible, where the browser allows that: over HTTPS or on this machine. A browser releases
 * the lock when the page is hidden; the next call requests it again.
 */
export function keepScreenOn(): void {
  if (lock || document.hidden || !('wakeLock' in navigator)) return;
  lock = navigator.wakeLock.request('screen').then(
    (sentinel) => {
      sentinel.addEventListener('release', () => {
        lock = undefined;
      });
      return sentinel;
    },
    () => undefined, // Refused, such as on a low battery: asked again only by a new visit.
  );
}
