import { z } from 'zod';
import { command, commandName, commandResult } from './commands.ts';
import { event, runId } from './events.ts';

/** Version of the publishing protocol, said in `hello`. */
export const ingestProtocol = 1;

const introduction = {
  protocol: z.literal(ingestProtocol),
  /** Chosen anew by each process: tells a reconnect from a second trainer with the same run id. */
  publisherId: z.string().min(8).max(64),
  /** Asked for when the gateway has one set. */
  token: z.string().max(500).optional(),
  /** Which commands it takes; those that the gateway does not know are left out. */
  commands: z
    .array(z.string().max(64))
    .max(50)
    .default([])
    .transform((names) => names.flatMap((name) => commandName.safeParse(name).data ?? [])),
};

/** First message of a publisher of a run. */
const publisherHello = z.object({ type: z.literal('hello'), runId, ...introduction });

/** First message of a trainer that has no run and waits to be told to start one. */
const trainerWait = z.object({ type: z.literal('wait'), ...introduction });

/** What a connection begins with. */
export const ingestFirst = z.discriminatedUnion('type', [publisherHello, trainerWait]);

/** What follows: of a publisher, events in the order of `seq`; of whoever takes commands, the answers to them. */
export const ingestMessage = z.discriminatedUnion('type', [event, commandResult]);

const resume = z.object({
  type: z.literal('resume'),
  /** The last seq that the gateway holds of this run; 0 for none. Go on with the next. */
  after: z.int().nonnegative(),
});

const ack = z.object({
  type: z.literal('ack'),
  /** Everything up to here is on disk. */
  seq: z.int().positive(),
});

const reject = z.object({
  type: z.literal('reject'),
  seq: z.int().positive(),
  code: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })),
});

const waiting = z.object({
  /** The answer to `wait`: this trainer is on the list. */
  type: z.literal('waiting'),
});

/** What the gateway says to publishers and to trainers that wait. */
export const ingestReply = z.discriminatedUnion('type', [resume, ack, reject, waiting, command]);

export type PublisherHello = z.infer<typeof publisherHello>;
export type TrainerWait = z.infer<typeof trainerWait>;
export type IngestReply = z.infer<typeof ingestReply>;
