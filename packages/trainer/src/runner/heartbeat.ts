import { writeFileSync } from 'node:fs';

const intervalMs = 2_000;

/**
 * Touches a file for as long as this process turns its event loop, and ends with it. Whoever looks at the file's age
 * can tell a trainer that works from one that hangs.
 * @returns Ends it.
 */
export function startHeartbeat(file: string, everyMs = intervalMs): () => void {
  const beat = (): void => {
    try {
      writeFileSync(file, '');
    } catch {
      // A file that cannot be touched grows old, and that is what it has to say.
    }
  };
  beat();
  const timer = setInterval(beat, everyMs).unref();
  return () => clearInterval(timer);
}
