import { validate } from '../protocol/codec.ts';
import type { ProtocolVersion } from '../protocol/constants.ts';
import { canonicalBatchVersion } from './canonical-batch.ts';
import { version1EventSchema } from './version-1.ts';

/**
 * Returns the lowest version of the protocol that has an event.
 * @param raw The parsed JSON of a valid event, before the schemas convert anything.
 */
export const versionOfEvent = (raw: unknown): ProtocolVersion =>
  canonicalBatchVersion(raw) ?? (validate(version1EventSchema, raw).ok ? 1 : 2);
