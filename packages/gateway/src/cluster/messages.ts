import {
  commandNameSchema,
  commandResultSchema,
  commandSchema,
  eventTypes,
  runIdSchema,
} from '@mnist-monitor/shared';
import { z } from 'zod';

/** The id of a gateway, which changes with each start. */
const gatewayId = z.string().min(8).max(64);
const publisherId = z.string().min(8).max(64);
const seq = z.int().positive();
const ms = z.number().nonnegative();

/** A run has new events up to `last`. A gateway that has viewers of the run reads them from the store. */
const appended = z.object({
  type: z.literal('appended'),
  runId: runIdSchema,
  first: seq,
  last: seq,
  /** The types of the new events. */
  types: z.array(z.enum(eventTypes)).min(1),
});

/** The title, note, pin, name or tags of a run have changed. */
const annotated = z.object({ type: z.literal('annotated'), runId: runIdSchema });

const removed = z.object({ type: z.literal('removed'), runId: runIdSchema });

/** A run has lost events and has another stream id now. */
const renewed = z.object({ type: z.literal('renewed'), runId: runIdSchema });

/**
 * The clients that are connected to a gateway. Sent every second, and when a publisher or idle trainer connects or
 * disconnects.
 */
const presence = z.object({
  type: z.literal('presence'),
  publishers: z
    .array(
      z.object({
        runId: runIdSchema,
        publisherId,
        commands: z.array(commandNameSchema),
        /** The time since the publisher connected. */
        heldMs: ms,
        /** The time since the publisher's last message. */
        heardMs: ms,
      }),
    )
    .max(10_000),
  /** The idle trainers, the longest idle first. */
  waiting: z.array(z.object({ publisherId, commands: z.array(commandNameSchema), heldMs: ms })).max(10_000),
  viewers: z.int().nonnegative(),
});

/**
 * A gateway has accepted a command. The gateway `to` sends the command to its trainer unless it is the sender of this message,
 * which has done so already. All others remember the command.
 */
const commandAccepted = z.object({
  type: z.literal('commandAccepted'),
  to: gatewayId,
  publisherId,
  command: commandSchema,
});

/** A trainer has answered a command. */
const commandAnswered = z.object({
  type: z.literal('commandAnswered'),
  publisherId,
  result: commandResultSchema,
});

/** A gateway has checked the store. The check publishes this message to test publishing; it has no other effect. */
const checked = z.object({ type: z.literal('checked') });

/** A gateway is shutting down and has closed all its connections. */
const left = z.object({ type: z.literal('left') });

/** The messages between gateways that share a store. A lost message loses no data: all durable data is in the store. */
export const gatewayMessage = z.discriminatedUnion('type', [
  appended,
  annotated,
  removed,
  renewed,
  presence,
  commandAccepted,
  commandAnswered,
  checked,
  left,
]);

/** A message on the bus, with the id of the gateway that sent it. */
export const busMessage = gatewayMessage.and(z.object({ from: gatewayId }));

export type GatewayMessage = z.infer<typeof gatewayMessage>;
export type PresenceMessage = z.infer<typeof presence>;
