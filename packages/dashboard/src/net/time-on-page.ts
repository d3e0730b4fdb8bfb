/** The time that the computer has slept since the page was opened, in milliseconds, which `performance.now()` leaves out. */
let sleptMs = 0;

/** Returns the milliseconds since the page was opened, with the time for which the computer slept. Never descends. */
export function timeOnPage(): number {
  const now = performance.now();
  sleptMs = Math.max(sleptMs, Date.now() - performance.timeOrigin - now);
  return now + sleptMs;
}
