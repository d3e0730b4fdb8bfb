import { type MonitorEvent, seriesFields } from '@mnist-monitor/shared';
import { eventTypeOf, fieldReader } from './fields.ts';

interface Column {
  name: string;
  read(event: MonitorEvent): unknown;
}

/** Makes a column of the value with this name in an event's data, which only some types have. */
const dataColumn = (name: string): Column => ({
  name,
  read: ({ data }) => (data as Record<string, unknown>)[name],
});

/**
 * Makes a column of a text that another program chose. A spreadsheet would run one that begins like a formula, so such a
 * text gets an apostrophe in front, as OWASP recommends (CSV injection).
 */
const textColumn = (name: string): Column => {
  const { read } = dataColumn(name);
  return {
    name,
    read: (event) => String(read(event) ?? '').replace(/^\s*[=+\-@\t\r]/, "'$&"),
  };
};

const columns: readonly Column[] = [
  { name: 'seq', read: ({ seq }) => seq },
  { name: 'time', read: ({ time }) => time },
  { name: 'type', read: ({ type }) => type },
  ...['epoch', 'step'].map(dataColumn),
  ...seriesFields.map((field) => {
    const [type, value] = [eventTypeOf(field), fieldReader(field)];
    return {
      name: field,
      read: (event: MonitorEvent) => (event.type === type ? value(event.data) : undefined),
    };
  }),
  ...['level', 'code', 'message', 'status', 'reason'].map(textColumn),
];

/** The header line of a run as CSV (RFC 4180). */
export const csvHeader = `${columns.map(({ name }) => name).join(',')}\r\n`;

/** Returns an event as a line of CSV. Values that it does not have are empty. */
export function csvRow(event: MonitorEvent): string {
  return `${columns.map(({ read }) => cell(read(event))).join(',')}\r\n`;
}

function cell(value: unknown): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
