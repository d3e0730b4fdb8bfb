import { z } from 'zod';
import { event, runId } from './events.ts';

/** Version of the publishing protocol, said in `hello`. */
export const ingestProtocol = 1;

/** First message of a publisher. */
export const publisherHello = z.object({
  type: z.literal('hello'),
  protocol: z.literal(ingestProtocol),
  runId,
  /** Chosen anew by each process: tells a reconnect from a second trainer with the same run id. */
  publisherId: z.string().min(8).max(64),
  /** Asked for when the gateway has one set. */
  token: z.string().max(500).optional(),
});

/** What a publisher may send: `hello` once, then events in the order of `seq`. */
export const publisherMessage = z.union([publisherHello, event]);

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

/** What the gateway says to a publisher. */
export const ingestReply = z.discriminatedUnion('type', [resume, ack, reject]);

export type PublisherHello = z.infer<typeof publisherHello>;
export type IngestReply = z.infer<typeof ingestReply>;
