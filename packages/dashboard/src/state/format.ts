/** The text for an unknown value. */
const unknown = '–';
/** The space between a number and its unit, where lines do not break. */
const space = '\u00a0';
// Created once: creating a formatter takes a hundred times as long as using it.
const countFormat = new Intl.NumberFormat('en-US');
const compactFormat = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 });
/** The formatters that limit the significant digits, by notation and number of digits. */
const digitFormats = new Map<string, Intl.NumberFormat>();

function digitFormat(digits: number, notation: 'standard' | 'compact' = 'standard'): Intl.NumberFormat {
  const key = `${notation} ${digits}`;
  const format =
    digitFormats.get(key) ?? new Intl.NumberFormat('en-US', { notation, maximumSignificantDigits: digits });
  digitFormats.set(key, format);
  return format;
}

const hoursAndMinutes = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const date = { day: 'numeric', month: 'short' } as const;
const dayAndMonth = { ...hoursAndMinutes, ...date } as const;
const timeFormats = {
  minutes: new Intl.DateTimeFormat('en-GB', hoursAndMinutes),
  seconds: new Intl.DateTimeFormat('en-GB', { ...hoursAndMinutes, second: '2-digit' }),
  days: new Intl.DateTimeFormat('en-GB', dayAndMonth),
  years: new Intl.DateTimeFormat('en-GB', { ...dayAndMonth, year: 'numeric' }),
  dates: new Intl.DateTimeFormat('en-GB', date),
  datesOfYears: new Intl.DateTimeFormat('en-GB', { ...date, year: 'numeric' }),
};

/** Formats a count: 46900 → "46,900". */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? unknown : countFormat.format(value);
}

/**
 * Formats a count for a tick of an axis: "46,900", "400k", "1.23M", "2e18".
 * @param digits Number of significant digits; by default, all of a count below 100,000 and two decimals of others.
 */
export function formatTickCount(value: number, digits?: number): string {
  const size = Math.abs(value);
  if (size >= 1e15)
    return Number(value.toPrecision(digits ?? 3))
      .toExponential()
      .replace('+', '');
  if (size < 1e5) return (digits ? digitFormat(digits) : countFormat).format(value);
  const format = digits ? digitFormat(digits, 'compact') : compactFormat;
  return format.format(value).replace('K', 'k');
}

/** Formats a loss in three to five digits: 2.303, 0.0813, 4.20e-4, 12,346; "NaN" and "∞" when it is not finite. */
export function formatLoss(value: number | null | undefined): string {
  if (value === null || value === undefined) return unknown;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.001 || size >= 1e5) return value.toExponential(2).replace('+', '');
  if (size >= 1e3) return countFormat.format(Math.round(value));
  return value.toFixed(size >= 100 ? 1 : size >= 1 ? 3 : size >= 0.01 ? 4 : 5);
}

/**
 * Formats any number: whole ones, and those from 1,000, without decimals ("1,234,567"); others, and those from 10^12, like a loss
 * ("0.0813").
 */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return unknown;
  const size = Math.abs(value);
  if (size < 1e12 && Number.isInteger(value)) return countFormat.format(value);
  return size >= 1e3 && size < 1e12 ? countFormat.format(Math.round(value)) : formatLoss(value);
}

/** Formats a learning rate in at most four digits: "0.01", "0.003912", "1e-8". */
export function formatLearningRate(value: number): string {
  return shortest(value, 4);
}

/**
 * Formats a fraction as a percentage: 0.9934 → "99.34 %". A fraction that would look like 0 or 100 % without being it gets
 * more digits: "0.00012 %", "99.9983 %".
 */
export function formatPercent(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined) return unknown;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  return `${percentDigits(value, digits)}${space}%`;
}

/**
 * Formats a difference with its sign: "+0.0123"; differences of percentages in percentage points: "−18.00 pp".
 * @param format The format of the values themselves.
 */
export function formatDifference(difference: number, format: (value: number | undefined) => string): string {
  const sign = difference < 0 ? '−' : difference > 0 ? '+' : '±';
  return `${sign}${format(Math.abs(difference)).replace(/%$/, 'pp')}`;
}

function percentDigits(value: number, digits: number): string {
  if (value === 0) return '0';
  const percent = value * 100;
  const distance = Math.min(Math.abs(value), Math.abs(1 - value)) * 100;
  if (distance === 0 || distance >= 0.5 / 10 ** digits) return percent.toFixed(digits);
  if (Math.abs(value) < 0.5) return shortest(percent, 2);
  return String(Number(percent.toFixed(1 - Math.floor(Math.log10(distance)))));
}

/** Returns the number in at most `digits` digits: "0.00012", "1e-8". */
const shortest = (value: number, digits: number): string => String(Number(value.toPrecision(digits)));

/** Formats progress as a whole percentage; 100 % only when everything is done. */
export function formatProgress(fraction: number): string {
  return `${fraction >= 1 ? 100 : Math.floor(fraction * 100)}${space}%`;
}

/** Formats a duration in at most two units: "0.21 ms", "4.2 s", "3 m 05 s", "1 h 02 m", "3 d 4 h". */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return unknown;
  if (seconds > 0 && seconds < 0.1) return `${shortest(seconds * 1_000, 2)}${space}ms`;
  if (seconds < 10) return `${seconds.toFixed(1)}${space}s`;
  const whole = Math.floor(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}${space}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}${space}m ${pad(whole % 60)}${space}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}${space}h ${pad(minutes % 60)}${space}m`;
  return `${Math.floor(minutes / 1_440)}${space}d ${Math.floor((minutes % 1_440) / 60)}${space}h`;
}

/** Formats a duration in whole seconds, for texts that change once a second: "0 s", "12 s", "3 m 05 s". */
export function formatWholeDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return unknown;
  return seconds < 60 ? `${Math.floor(seconds)}${space}s` : formatDuration(Math.floor(seconds));
}

/**
 * Formats milliseconds since 1970 as a local time: "10:03:12", "10:03", "24 Nov, 10:03", "24 Nov 2026, 10:03", "24 Nov" or "24 Nov 2026". All times of the page
 * are written like this, whatever the language of the browser, as the page is in English.
 */
export function formatTime(time: number, precision: keyof typeof timeFormats = 'seconds'): string {
  return timeFormats[precision].format(time);
}

/** Formats milliseconds since 1970 as a local date and time: "24 Nov 2026, 10:03". */
export function formatDateTime(time: number): string {
  return formatTime(time, 'years');
}

/** Formats a duration like a clock: "0:05", "12:30", "1:02:30"; fractions below a minute as "0.25 s". */
export function formatClock(seconds: number): string {
  if (!Number.isInteger(seconds) && seconds < 60) return `${Number(seconds.toFixed(2))}${space}s`;
  const whole = Math.floor(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** Formats a rate per second: "0.25", "12.5", whole from 100 on or if it is a whole number, and "12.4M" from 10 million on. */
export function formatRate(value: number | null | undefined): string {
  if (value === null || value === undefined) return unknown;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (value >= 1e7) return compactFormat.format(value);
  if (value >= 100 || Number.isInteger(value)) return countFormat.format(Math.round(value));
  return value < 1 ? shortest(value, 2) : value.toFixed(1);
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Formats a size in decimal units: 6.1e9 → "6.1 GB". */
export function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return unknown;
  const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  const scaled = value / 1_000 ** power;
  return `${scaled >= 100 || power === 0 ? scaled.toFixed(0) : scaled.toFixed(1)}${space}${byteUnits[power]}`;
}

/** Returns a text of at most `limit` characters: a longer one loses its end, and has an ellipsis instead. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // An emoji of two UTF-16 code units is not cut in its middle.
  return `${text
    .slice(0, limit - 1)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd()}…`;
}

/** Capitalizes the first letter of a phrase: "all epochs done" → "All epochs done". */
export function capitalize(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

/** Formats a count with its noun: "1 batch", "1,180 batches". */
export function formatPlural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Returns the name of a class or, for a class without a name, its number: "class 12". */
export const className = (classes: readonly string[], label: number): string =>
  classes[label] ?? `class ${label}`;

/** Returns the class names if all have at most two letters; otherwise the number of each class, from 0. */
export function shortClassNames(classes: readonly string[]): string[] {
  const short = classes.every((name) => name.length <= 2);
  return classes.map((name, index) => (short ? name : String(index)));
}

function formatNonFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '∞' : '−∞';
}
