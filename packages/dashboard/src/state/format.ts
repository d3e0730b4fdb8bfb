const dash = '–';
/** Between a number and its unit: never broken. */
const space = '\u00a0';
// Made once: a formatter takes a hundred times as long to make as to use.
const grouped = new Intl.NumberFormat('en-US');
const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const timeOf = {
  minutes: new Intl.DateTimeFormat('en-GB', clock),
  seconds: new Intl.DateTimeFormat('en-GB', { ...clock, second: '2-digit' }),
};
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** 46900 → "46,900". */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? dash : grouped.format(value);
}

/** A loss in about four digits: 2.303, 0.0813, 0.00042; "NaN" and "∞" as they are. */
export function formatLoss(value: number | null | undefined): string {
  if (value === null || value === undefined) return dash;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const size = Math.abs(value);
  if (size >= 1e5) return value.toExponential(2);
  if (size >= 100) return value.toFixed(1);
  if (size >= 1) return value.toFixed(3);
  if (size >= 0.001 || size === 0) return value.toFixed(4);
  return value.toExponential(1);
}

/** A learning rate in four digits at most: "0.01", "0.003912", "1e-8". */
export function formatLearningRate(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A fraction as per cent: 0.9934 → "99.34 %". */
export function formatPercent(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined) return dash;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  return `${(value * 100).toFixed(digits)}${space}%`;
}

/** Progress as a whole per cent; 100 only when everything is done. */
export function formatProgress(fraction: number): string {
  return `${fraction >= 1 ? 100 : Math.floor(fraction * 100)}${space}%`;
}

/** "4.2 s", "3 m 05 s", "1 h 02 m", "3 d 4 h": two units at most. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return dash;
  if (seconds < 10) return `${seconds.toFixed(1)}${space}s`;
  const whole = Math.floor(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}${space}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}${space}m ${pad(whole % 60)}${space}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}${space}h ${pad(minutes % 60)}${space}m`;
  return `${Math.floor(minutes / 1_440)}${space}d ${Math.floor((minutes % 1_440) / 60)}${space}h`;
}

/** Whole seconds, for what changes once a second: "0 s", "12 s", "3 m 05 s". */
export function formatWholeDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return dash;
  return seconds < 60 ? `${Math.floor(seconds)}${space}s` : formatDuration(Math.floor(seconds));
}

/** Milliseconds since 1970 as a time of the day here: "10:03:12" or "10:03". */
export function formatTime(time: number, exact: keyof typeof timeOf = 'seconds'): string {
  return timeOf[exact].format(time);
}

/** Milliseconds since 1970 as a day and a time here: "24 Nov 2026, 10:03". */
export function formatDay(time: number): string {
  return day.format(time);
}

/** A duration as a clock shows it: "0:05", "12:30", "1:02:30"; below a second with its fraction. */
export function formatClock(seconds: number): string {
  if (!Number.isInteger(seconds) && seconds < 60) return `${Number(seconds.toFixed(2))}${space}s`;
  const whole = Math.floor(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** Images or events per second: three digits below 100, whole above. */
export function formatRate(value: number | null | undefined): string {
  if (value === null || value === undefined) return dash;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  return value >= 100 || Number.isInteger(value) ? grouped.format(Math.round(value)) : value.toFixed(1);
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

/** 6.1e9 → "6.1 GB", decimal units as on a data sheet. */
export function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return dash;
  const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  const scaled = value / 1_000 ** power;
  return `${scaled >= 100 || power === 0 ? scaled.toFixed(0) : scaled.toFixed(1)}${space}${byteUnits[power]}`;
}

/** A phrase as the beginning of a sentence: "all epochs done" → "All epochs done". */
export function capitalize(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

/** "1 batch", "1,180 batches". */
export function formatPlural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function formatNonFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '∞' : '−∞';
}
