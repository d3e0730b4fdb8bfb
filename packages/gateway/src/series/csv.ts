import { type EventType, type MonitorEvent, type SeriesField, seriesFields } from '@mnist-monitor/shared';
import { eventTypesOf, fieldReader, pathReader } from './fields.ts';

interface Column {
  name: string;
  read(event: MonitorEvent): unknown;
}

/**
 * Matches the characters before a formula at which a spreadsheet may divide the text: where the decimal sign is a comma, Excel divides
 * lines at semicolons, and knows no quotes within a cell.
 */
const dividedFormula = /[;\t\r\n](?=\s*[=+\-@＝＋－＠])/g;

/**
 * Returns a text of another program as a cell. A spreadsheet would run a text that begins like a formula, so such a text gets an
 * apostrophe in front, as OWASP recommends (CSV injection). In Excel for Japanese and Chinese, the full-width forms of the four
 * signs begin a formula as well.
 */
export const withoutFormula = (text: string): string =>
  text.replace(dividedFormula, "$&'").replace(/^(?=\s*[=+\-@＝＋－＠]|[\t\r\n])/, "'");

/** Makes a column of the value with this name in an event's data, which only some types have. */
const dataColumn = (name: string): Column => ({
  name,
  read: ({ data }) => (data as Record<string, unknown>)[name],
});

/** Makes a column of a text that another program chose. */
const textColumn = (name: string): Column => {
  const { read } = dataColumn(name);
  return {
    name,
    read: (event) => withoutFormula(String(read(event) ?? '')),
  };
};

/** Makes the column of a field of the series. */
const fieldColumn = (field: SeriesField): Column => {
  const [types, value] = [eventTypesOf(field), fieldReader(field)];
  return {
    name: field,
    read: (event) => (types.includes(event.type) ? value(event.data) : undefined),
  };
};

/** Makes the column of the value at a path in the data of one type of events. */
const pathColumn = (type: EventType, path: string): Column => {
  const read = pathReader(path.split('.'));
  return {
    name: `${type}.${path}`,
    read: (event) => (event.type === type ? read(event.data) : undefined),
  };
};

const gpuValues = ['load', 'memoryUsedBytes', 'memoryTotalBytes', 'temperatureCelsius', 'powerWatts'];

/** The columns of every run. New ones are added at the end, so that a program may read them by their position. */
const columns: readonly Column[] = [
  { name: 'seq', read: ({ seq }) => seq },
  { name: 'time', read: ({ time }) => time },
  { name: 'type', read: ({ type }) => type },
  ...['epoch', 'step'].map(dataColumn),
  ...seriesFields.filter((field) => field !== 'batch.throughput').map(fieldColumn),
  ...['level', 'code', 'message', 'status', 'reason'].map(textColumn),
  ...['batch', 'elapsedSeconds', 'etaSeconds', 'value'].map(dataColumn),
  ...['by', 'title'].map(textColumn),
  fieldColumn('batch.throughput'),
  ...['test.loss', 'test.accuracy', 'bestEpoch', 'seconds'].map((path) => pathColumn('run.finished', path)),
  textColumn('description'),
  ...['host.memoryTotalBytes', 'gpu.memoryTotalBytes'].map((path) => pathColumn('system', path)),
  ...['digest', 'bytes', 'accuracy'].map((path) => pathColumn('snapshot', path)),
];

/** The largest number of custom metrics with a column: as many columns as a person can use. Others are in the JSON lines. */
export const maxMetricColumns = 500;

/** Properties of a run for which its table has additional columns. */
export interface CsvOptions {
  /** The names of custom metrics. */
  metricNames?: readonly string[];
  /** The largest number of GPUs in the list of a `system` event. */
  gpus?: number;
}

/** A run as CSV (RFC 4180). */
export interface CsvTable {
  /** The header line. */
  header: string;
  /** Returns an event as a line. Values that it does not have are empty. */
  row(event: MonitorEvent): string;
}

/** Creates the table of a run. */
export function csvTable({ metricNames = [], gpus = 0 }: CsvOptions = {}): CsvTable {
  const all = [
    ...columns,
    ...Array.from({ length: gpus }, (_, index) =>
      gpuValues.map((value) => pathColumn('system', `gpus.${index}.${value}`)),
    ).flat(),
    ...metricNames.map((name) => fieldColumn(`metrics.${name}`)),
  ];
  return {
    header: csvLine(all.map(({ name }) => name)),
    row: (event) => csvLine(all.map(({ read }) => read(event))),
  };
}

/**
 * Returns a line with these cells; one that is null, undefined, a list or an object is empty. An event may have a field of
 * another type than the schema states: unknown fields are kept, so a column may find any value.
 */
export const csvLine = (cells: readonly unknown[]): string => `${cells.map(cell).join(',')}\r\n`;

/** Returns whether a text is a measure that JSON cannot express as a number. */
const isNonFiniteText = (text: string): boolean => /^(?:NaN|-?Infinity)$/.test(text);

function cell(value: unknown): string {
  const text =
    typeof value === 'string' && !isNonFiniteText(value)
      ? withoutFormula(value)
      : typeof value === 'object'
        ? ''
        : String(value ?? '');
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
