import { z } from 'zod';
import { ingestProtocolVersion } from '../protocol/constants.ts';
import { commandNameSchema, commandResultSchema, commandSchema } from './commands.ts';
import { eventSchema, runIdSchema } from './events.ts';

const introduction = {
  protocol: z.literal(ingestProtocolVersion),
  publisherId: z
    .string()
    .min(8)
    .max(64)
    .describe('Chosen anew by each process: tells a reconnect from a second trainer with the same run id.'),
  token: z.string().max(500).optional().describe('Asked for when the gateway has one set.'),
  commands: z
    .array(z.string().max(64))
    .max(50)
    .default([])
    .transform((names) => names.flatMap((name) => commandNameSchema.safeParse(name).data ?? []))
    .describe('Which commands it takes; those that the gateway does not know are left out.'),
};

const publisherHello = z
  .object({ type: z.literal('hello'), runId: runIdSchema, ...introduction })
  .describe('First message of a publisher of a run.');

const trainerWait = z
  .object({ type: z.literal('wait'), ...introduction })
  .describe('First message of a trainer that has no run and waits to be told to start one.');

/** What a connection begins with. */
export const ingestFirstMessageSchema = z.discriminatedUnion('type', [publisherHello, trainerWait]);

/** What follows: of a publisher, events in the order of `seq`; of whoever takes commands, the answers to them. */
export const ingestMessageSchema = z.discriminatedUnion('type', [eventSchema, commandResultSchema]);

const resume = z
  .object({
    type: z.literal('resume'),
    after: z
      .int()
      .nonnegative()
      .describe('The last seq that the gateway holds of this run; 0 for none. Go on with the next.'),
  })
  .describe('The answer to `hello`.');

const ack = z
  .object({
    type: z.literal('ack'),
    seq: z.int().positive().describe('Everything up to here is on disk.'),
  })
  .describe('What need not be kept for sending it again. One may stand for many events.');

const reject = z
  .object({
    type: z.literal('reject'),
    seq: z.int().positive(),
    code: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })),
  })
  .describe('The event did not fit its schema; a notice was kept in its place. Do not send it again.');

const waiting = z
  .object({ type: z.literal('waiting') })
  .describe('The answer to `wait`: this trainer is on the list.');

/** What the gateway says to publishers and to trainers that wait. */
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
