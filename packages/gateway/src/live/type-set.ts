import { type EventType, eventTypes, version1EventTypes } from '@mnist-monitor/shared';

/** A set of event types, one bit for each. */
export type TypeSet = number;

const bits = new Map<EventType, TypeSet>(eventTypes.map((type, index) => [type, 1 << index]));

/** Returns the set of one event type. */
export const bitOf = (type: EventType): TypeSet => bits.get(type)!;

/** Returns the set of several event types. */
export const setOf = (types: readonly EventType[]): TypeSet =>
  types.reduce((set, type) => set | bitOf(type), 0);

export const typesIn = (set: TypeSet): EventType[] => eventTypes.filter((type) => set & bitOf(type));

export const everyType = setOf(eventTypes);
/** The types that version 1 of the protocol has. */
export const version1Types = setOf(version1EventTypes);
export const batchType = bitOf('batch');
