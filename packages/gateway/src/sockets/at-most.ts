/** Resolves when the work is done, or after the time given without waiting for it any longer. */
export async function withTimeout(timeMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, timeMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
