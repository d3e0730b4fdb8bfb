/**
 * Returns the value of a name that a publisher has chosen: a setting or a metric. Undefined if the record does not have it, also for a
 * name such as "constructor", which every object inherits.
 */
export const ownValue = <T>(
  record: Readonly<Record<string, T>> | null | undefined,
  name: string,
): T | undefined => (record && Object.hasOwn(record, name) ? record[name] : undefined);
