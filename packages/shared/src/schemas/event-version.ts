import { validate } from '../protocol/codec.ts';
import { type EventType, type ProtocolVersion, version1EventTypes } from '../protocol/constants.ts';
import { canonicalBatchVersion } from './canonical-batch.ts';
import { version1EventSchema } from './version-1.ts';

/**
 * Returns the version of the protocol that a run with an event needs: 2 if version 1 has the type of the event, but not this
 * form of it. Otherwise 1, also for a type that only version 2 has: viewers of version 1 are not sent events of that type.
 * @param raw The parsed JSON of a valid event, before the schemas convert anything.
 */
export function versionOfEvent(raw: unknown): ProtocolVersion {
  const batchVersion = canonicalBatchVersion(raw);
  if (batchVersion !== undefined) return batchVersion;
  if (!version1EventTypes.includes((raw as { type: EventType }).type)) return 1;
  return validate(version1EventSchema, raw).ok ? 1 : 2;
}
