import { z } from 'zod';
import { ingestProtocolVersions } from '../protocol/constants.ts';
import { commandNameSchema, commandResultSchema, commandSchema } from './commands.ts';
import { runIdSchema, streamIdSchema } from './envelope.ts';
import { eventSchema } from './events.ts';
import { textSchema } from './values.ts';
import { version1EventSchema } from './version-1.ts';

const helloFields = {
  protocol: z
    .literal(ingestProtocolVersions)
    .describe('Version of the protocol that the events of this publisher are in: 1 or 2.'),
  publisherId: textSchema(8, 64).describe(
    'Chosen once per process: distinguishes a reconnection from a second publisher of the run.',
  ),
  token: textSchema(0, 500).optional().describe('Token for publishing, required if the gateway has one.'),
  commands: z
    .array(textSchema(0, 64))
    .max(50)
    .default([])
    .transform((names) => names.flatMap((name) => commandNameSchema.safeParse(name).data ?? []))
    .describe('Names of the accepted commands; names that the gateway does not know are ignored.'),
};

const publisherHello = z
  .object({
    type: z.literal('hello'),
    runId: runIdSchema,
    ...helloFields,
    stream: streamIdSchema
      .optional()
      .describe('`stream` of the last `resume` for this run; absent on the first connection.'),
    acknowledged: z
      .int()
      .nonnegative()
      .optional()
      .describe(
        'Last seq that was acknowledged in `stream`. If the gateway has fewer events, it has lost some.',
      ),
  })
  .describe('First message of the publisher of a run.');

const trainerWait = z
  .object({ type: z.literal('wait'), ...helloFields })
  .describe('First message of a trainer that has no run and waits for the command `start`.');

/** First message of a connection to `/ingest`. */
export const ingestFirstMessageSchema = z.discriminatedUnion('type', [publisherHello, trainerWait]);

/** Later messages to the gateway: events in the order of `seq`, and answers to commands. */
export const ingestMessageSchema = z.discriminatedUnion('type', [eventSchema, commandResultSchema]);

/** Later messages of a publisher whose first message names version 1. */
export const version1IngestMessageSchema = z.discriminatedUnion('type', [
  version1EventSchema,
  commandResultSchema,
]);

const resume = z
  .object({
    type: z.literal('resume'),
    after: z
      .int()
      .nonnegative()
      .describe('Last seq of this run that the gateway has stored; 0 for none. Continue with the next.'),
    stream: streamIdSchema
      .optional()
      .describe(
        'Random id of the stored events of this run; send it in the next `hello`. Absent from older gateways.',
      ),
  })
  .describe('The answer to `hello`.');

const ack = z
  .object({
    type: z.literal('ack'),
    seq: z.int().positive().describe('Every event up to this seq is on disk.'),
  })
  .describe('Acknowledges events, which the publisher need not keep any longer. One ack may cover many.');

const reject = z
  .object({
    type: z.literal('reject'),
    seq: z.int().positive(),
    code: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })),
  })
  .describe('The event did not match its schema, and a notice is stored instead. Do not send it again.');

const waiting = z.object({ type: z.literal('waiting') }).describe('The answer to `wait`.');

/** Messages of the gateway to publishers and to idle trainers. */
export const ingestServerMessageSchema = z.discriminatedUnion('type', [
  resume,
  ack,
  reject,
  waiting,
  commandSchema,
]);

export type PublisherHello = z.infer<typeof publisherHello>;
export type TrainerWait = z.infer<typeof trainerWait>;
export type IngestServerMessage = z.infer<typeof ingestServerMessageSchema>;
