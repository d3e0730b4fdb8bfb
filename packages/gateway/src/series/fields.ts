import type { EventType, MonitorEvent, SeriesAxis, SeriesField } from '@mnist-monitor/shared';

/** The type of event that a field is read from. */
export const eventTypeOf = (field: SeriesField): EventType => field.slice(0, field.indexOf('.')) as EventType;

/** Reads a field from the data of an event as it is kept; undefined where there is none, as on a machine without a GPU. */
export function fieldReader(field: SeriesField): (data: object) => number | undefined {
  const path = field.split('.').slice(1);
  return (data) => {
    let value: unknown = data;
    for (const key of path) value = (value as Record<string, unknown> | null | undefined)?.[key];
    return value === undefined || value === null ? undefined : Number(value);
  };
}

/** Where events stand on an axis. Give it the events in the order of seq. */
export function axisReader(axis: SeriesAxis, startedAt: string): (event: MonitorEvent) => number {
  let last = 0;
  const start = Date.parse(startedAt);
  switch (axis) {
    case 'seq':
      return ({ seq }) => seq;
    case 'step':
      // What has no step of its own stands where the run was.
      return ({ data }) => {
        if ('step' in data) last = data.step ?? last;
        return last;
      };
    case 'seconds':
      // A clock that is set back does not turn a curve round.
      return ({ time }) => {
        last = Math.max(last, (Date.parse(time) - start) / 1_000);
        return last;
      };
  }
}
