import { z } from 'zod';
import { valueText } from '../protocol/issue-text.ts';
import { isRunId, latestRun, runIdPattern } from '../protocol/run-id.ts';
import { positiveSchema } from './values.ts';

/**
 * Id of a run, which is also the name of its folder. The trainer's ids (`yyyymmdd-hhmmss-xxxx`) sort by start time; other
 * publishers choose their own.
 */
export const runIdSchema = z
  .string()
  // Not `.regex`, which would report two issues for one text; the pattern is part of the JSON Schema below.
  .refine(
    isRunId,
    'expected 1 to 64 of A-Z, a-z, 0-9, ".", "_", "-", starting with a letter or digit, and not "latest"',
  )
  .meta({
    pattern: runIdPattern.source,
    not: { const: latestRun },
    description:
      'Id of a run: 1 to 64 of `A-Z a-z 0-9 . _ -`, starting with a letter or digit, and not `latest`.',
  });

/** Random id of the stored events of a run. Another one means that the run was replaced, or has lost events. */
export const streamIdSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9._-]{1,64}$/,
    'expected the stream id of a hello or resume: 1 to 64 of A-Z, a-z, 0-9, ".", "_", "-"',
  );

const timeError = ({ input }: { input?: unknown }): string =>
  `expected a time in UTC such as "2026-11-24T10:00:00.123Z", got ${valueText(input)}`;

/** A time in UTC, which ends with `Z` or, as Python writes it, with `+00:00`. */
const utcTime = z.iso
  .datetime({ offset: true, abort: true, error: timeError })
  .regex(/(?:Z|\+00:00)$/, { error: timeError })
  .meta({ format: 'date-time', description: 'In UTC: ends with `Z` or `+00:00`.' });

/** Fields of every event besides `type` and `data`. */
export const eventEnvelopeSchema = z.object({
  v: z.literal(1).describe('Version of the envelope, which is the same in both versions of the protocol.'),
  runId: runIdSchema,
  seq: positiveSchema.describe('Number assigned by the publisher: starts at 1, without gaps within a run.'),
  time: utcTime,
});

/** The status of a run that has ended. */
export const finishedStatusSchema = z.enum(['completed', 'stopped', 'failed', 'interrupted']);
