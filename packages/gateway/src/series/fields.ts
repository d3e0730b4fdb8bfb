import type { EventType, MonitorEvent, SeriesAxis, SeriesField } from '@mnist-monitor/shared';

/** Returns the type of event that has the field. */
export const eventTypeOf = (field: SeriesField): EventType => field.slice(0, field.indexOf('.')) as EventType;

/** Returns a function that returns the field of an event's data, or undefined where it is missing, as without a GPU. */
export function fieldReader(field: SeriesField): (data: object) => number | undefined {
  const path = field.split('.').slice(1);
  return (data) => {
    let value: unknown = data;
    for (const key of path) value = (value as Record<string, unknown> | null | undefined)?.[key];
    return value === undefined || value === null ? undefined : Number(value);
  };
}

/** Returns a function that maps an event to its position on the axis. Call it with the events in the order of seq. */
export function axisReader(axis: SeriesAxis, startedAt: string): (event: MonitorEvent) => number {
  let last = 0;
  const start = Date.parse(startedAt);
  switch (axis) {
    case 'seq':
      return ({ seq }) => seq;
    case 'step':
      // An event without a step gets the step that the run had reached.
      return ({ data }) => {
        if ('step' in data) last = data.step ?? last;
        return last;
      };
    case 'seconds':
      // Time never decreases, even when the publisher's clock is set back.
      return ({ time }) => {
        last = Math.max(last, (Date.parse(time) - start) / 1_000);
        return last;
      };
  }
}
