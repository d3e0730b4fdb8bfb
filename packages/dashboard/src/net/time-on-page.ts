/** How long the computer has slept since the page was opened, in milliseconds: `performance.now()` stands still meanwhile. */
let sleptMs = 0;

/** Returns the milliseconds since the page was opened, with the time for which the computer slept. Never descends. */
export function timeOnPage(): number {
  const now = performance.now();
  sleptMs = Math.max(sleptMs, Date.now() - performance.timeOrigin - now);
  return now + sleptMs;
}
