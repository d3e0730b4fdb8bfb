import { randomBytes } from 'node:crypto';

/*
 * A stream id has two random parts, such as `9f1c02b47d3e-5a0c81f2`: the origin, which a run keeps for as long as it
 * exists, and the part that changes when the run has lost events. Clients compare whole ids.
 */

const originBytes = 6;

/** Creates the stream id of a new run, or the next one of the run that has the stream `previous`. */
export const newStreamId = (previous?: string): string =>
  `${previous === undefined ? hex(originBytes) : originOf(previous)}-${hex(4)}`;

/** Returns whether two stream ids belong to the same run, which may have lost events in between. */
export const isSameRun = (one: string, other: string): boolean => originOf(one) === originOf(other);

/** Returns the origin. It is cut to its usual length, since a publisher may send any text as an id. */
const originOf = (stream: string): string => stream.split('-')[0]!.slice(0, 2 * originBytes);

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
