import { writeFileSync } from 'node:fs';

const intervalMs = 2_000;

/**
 * Touches a file at an interval for as long as the event loop of this process runs, so that the age of the file
 * distinguishes a trainer that works from one that hangs.
 * @returns A function that stops the heartbeat.
 */
export function startHeartbeat(file: string, everyMs = intervalMs): () => void {
  const touch = (): void => {
    try {
      writeFileSync(file, '');
    } catch {
      // The age of a file that cannot be touched grows, so its reader notices the failure.
    }
  };
  touch();
  const timer = setInterval(touch, everyMs).unref();
  return () => clearInterval(timer);
}
