import {
  commandNameSchema,
  commandResultSchema,
  commandSchema,
  eventTypes,
  runIdSchema,
} from '@mnist-monitor/shared';
import { z } from 'zod';

/** Name of a gateway: new with each start. */
const gatewayId = z.string().min(8).max(64);
const publisherId = z.string().min(8).max(64);
const seq = z.int().positive();
const ms = z.number().nonnegative();

/** A run has grown up to `last`. Whoever shows it reads what is new from the store. */
const appended = z.object({
  type: z.literal('appended'),
  runId: runIdSchema,
  first: seq,
  last: seq,
  /** Those that are among the events. */
  types: z.array(z.enum(eventTypes)).min(1),
});

/** What is said about a run has changed. */
const annotated = z.object({ type: z.literal('annotated'), runId: runIdSchema });

const removed = z.object({ type: z.literal('removed'), runId: runIdSchema });

/** Who is connected to a gateway: said every second, and at once when somebody comes or goes. */
const presence = z.object({
  type: z.literal('roster'),
  publishers: z
    .array(
      z.object({
        runId: runIdSchema,
        publisherId,
        commands: z.array(commandNameSchema),
        /** For how long it has been connected. */
        heldMs: ms,
        /** How long it has been silent. */
        heardMs: ms,
      }),
    )
    .max(10_000),
  /** Trainers that wait, the one that waits longest first. */
  waiting: z.array(z.object({ publisherId, commands: z.array(commandNameSchema), heldMs: ms })).max(10_000),
  viewers: z.int().nonnegative(),
});

/** A command was given at one gateway: the one named passes it to the trainer, the others remember it. */
const ordered = z.object({ type: z.literal('ordered'), to: gatewayId, publisherId, command: commandSchema });

/** A trainer has answered. */
const answered = z.object({ type: z.literal('answered'), publisherId, result: commandResultSchema });

/** The gateway ends; nobody is connected to it any more. */
const left = z.object({ type: z.literal('left') });

/** What gateways that share a store tell each other. Hints and presence only: what is to last is in the store. */
export const gatewayMessage = z.discriminatedUnion('type', [
  appended,
  annotated,
  removed,
  presence,
  ordered,
  answered,
  left,
]);

/** What goes over the bus: a message, and the name of the gateway that says it. */
export const busMessage = gatewayMessage.and(z.object({ from: gatewayId }));

export type GatewayMessage = z.infer<typeof gatewayMessage>;
export type PresenceMessage = z.infer<typeof presence>;
