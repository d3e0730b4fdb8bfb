import type { EventType, MonitorEvent, SeriesAxis, SeriesField } from '@mnist-monitor/shared';

/** The beginning of the field of a custom metric; the name of the metric follows. */
const metricPrefix = 'metrics.';
/** The events that carry custom metrics. */
export const metricTypes: readonly EventType[] = ['batch', 'epoch', 'metrics', 'run.finished'];

/** Returns the types of events that have the field: one type, or for a custom metric all types that have such metrics. */
export const eventTypesOf = (field: SeriesField): readonly EventType[] =>
  field.startsWith(metricPrefix) ? metricTypes : [field.slice(0, field.indexOf('.')) as EventType];

/** Returns a function that returns the field of an event's data, or undefined where it is missing, as without a GPU. */
export function fieldReader(field: SeriesField): (data: object) => number | undefined {
  const path = field.startsWith(metricPrefix)
    ? ['metrics', field.slice(metricPrefix.length)]
    : field.split('.').slice(1);
  const read = pathReader(path);
  return (data) => {
    const value = read(data);
    // A number that is not finite is stored as text. In a run of version 1 any other type may have this name.
    return typeof value === 'number' || typeof value === 'string' ? Number(value) : undefined;
  };
}

/** Returns a function that returns the value at a path in an event's data, or undefined where the data has no such path. */
export function pathReader(path: readonly string[]): (data: object) => unknown {
  return (data) => {
    let value: unknown = data;
    for (const key of path)
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined;
    return value;
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
      return stepReader();
    case 'seconds':
      // Time never decreases, even when the publisher's clock is set back.
      return ({ time }) => {
        last = Math.max(last, (Date.parse(time) - start) / 1_000);
        return last;
      };
  }
}

/** Returns a function that maps an event to the last step of the run up to it; to the last epoch until an event has a step. */
function stepReader(): (event: MonitorEvent) => number {
  let last = 0;
  let hasSteps = false;
  return ({ type, data }) => {
    if ('step' in data && typeof data.step === 'number') {
      last = data.step;
      hasSteps = true;
    } else if (type === 'epoch' && !hasSteps) last = data.epoch;
    return last;
  };
}
