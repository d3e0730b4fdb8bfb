import { writeFileSync } from 'node:fs';

const intervalMs = 2_000;

/**
 * Touches a file at an interval for as long as the event loop of this process runs, so that the age of the file
 * distinguishes a trainer that works from one that hangs.
 * @returns A function that stops it.
 */
export function startHeartbeat(file: string, everyMs = intervalMs): () => void {
  const touch = (): void => {
    try {
      writeFileSync(file, '');
    } catch {
      // A file that cannot be touched grows old, which is the signal that its reader waits for.
    }
  };
  touch();
  const timer = setInterval(touch, everyMs).unref();
  return () => clearInterval(timer);
}
