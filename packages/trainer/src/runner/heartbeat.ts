import { writeFileSync } from 'node:fs';

const defaultIntervalMs = 2_000;

/**
 * Touches a file at an interval for as long as the event loop of this process runs, so that the age of the file
 * distinguishes a trainer that works from one that hangs.
 * @returns A function that stops the heartbeat.
 */
export function startHeartbeat(file: string, intervalMs = defaultIntervalMs): () => void {
  const touch = (): void => {
    try {
      writeFileSync(file, '');
    } catch {
      // If the file cannot be written, its age grows until the health check fails.
    }
  };
  touch();
  const timer = setInterval(touch, intervalMs).unref();
  return () => clearInterval(timer);
}
