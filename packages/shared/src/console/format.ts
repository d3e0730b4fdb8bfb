/** Formats a count with separators: 60000 → "60,000". */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Formats a fraction in percent: 0.99284 → "99.28 %"; NaN → "NaN". */
export const formatPercent = (fraction: number): string =>
  Number.isFinite(fraction) ? `${(fraction * 100).toFixed(2)} %` : String(fraction);

/**
 * Formats a loss with four decimals, or a very small or large one with three significant digits: 0.00003124 → "0.0000312".
 * NaN and Infinity are returned as such, so that users see that the loss has diverged.
 */
export function formatLoss(value: number): string {
  const size = Math.abs(value);
  const isUsual = size === 0 || (size >= 0.001 && size < 1e6);
  return isUsual ? value.toFixed(4) : value.toPrecision(3);
}

/** Formats seconds as a duration: 75 → "1:15", 3675 → "1:01:15". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, left] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const [first, ...rest] = hours > 0 ? [hours, minutes, left] : [minutes, left];
  return [String(first), ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}

/** Formats bytes in GiB: 17179869184 → "16.0 GiB". */
export const formatGibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Formats a count with its noun: 1 → "1 epoch", 2 → "2 epochs". */
export const formatPlural = (count: number, noun: string, plural = `${noun}s`): string =>
  `${formatCount(count)} ${count === 1 ? noun : plural}`;
