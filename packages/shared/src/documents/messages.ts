import { z } from 'zod';
import { commandSchema } from '../schemas/commands.ts';
import { eventSchema } from '../schemas/events.ts';
import {
  ingestFirstMessageSchema,
  ingestMessageSchema,
  ingestServerMessageSchema,
} from '../schemas/ingest-messages.ts';
import { liveControlSchema, liveMessageSchema } from '../schemas/live-messages.ts';

/** One type of message on a socket. */
export interface MessageDefinition {
  /** Name in the generated documents, such as `RunStarted` or `LiveHello`. */
  name: string;
  /** Value of its field `type`. */
  type: string;
  summary: string;
  isEvent: boolean;
  schema: z.ZodType;
}

/** A WebSocket endpoint of the gateway: `/live` or `/ingest`. */
export type SocketName = 'live' | 'ingest';
export type Sender = 'gateway' | 'client';

/** Schemas of the messages on each socket, by their sender. */
const sockets: Record<SocketName, Record<Sender, z.ZodType[]>> = {
  live: { gateway: [liveMessageSchema], client: [commandSchema] },
  ingest: { gateway: [ingestServerMessageSchema], client: [ingestFirstMessageSchema, ingestMessageSchema] },
};

/** The types of control messages: a type with different fields on the two sockets is listed twice. */
const controlTypes = [liveControlSchema, ingestFirstMessageSchema, ingestServerMessageSchema]
  .flatMap(kindsOf)
  .map(typeOf);

/** Returns the unions that a receiver needs, by name: `Event`, and the messages of each sender on each WebSocket. */
export function messageUnions(): Record<string, z.ZodType> {
  const directions = Object.entries(sockets).flatMap(([socket, senders]) =>
    Object.entries(senders).map(([sender, [first, ...others]]) => {
      const union = others.length === 0 ? first! : z.union([first!, ...others]);
      return [toPascalCase(`${socket}.${sender}.message`), union] as const;
    }),
  );
  return { Event: eventSchema, ...Object.fromEntries(directions) };
}

/** Returns every type of message that the gateway, or its client, sends on a WebSocket. */
export function messagesOf(socket: SocketName, sender: Sender): MessageDefinition[] {
  return sockets[socket][sender].flatMap(kindsOf).map((schema) => describe(schema, socket));
}

/** Returns the types of messages on both WebSockets, each once. */
export function allMessages(): MessageDefinition[] {
  const directions: [SocketName, Sender][] = [
    ['live', 'gateway'],
    ['live', 'client'],
    ['ingest', 'client'],
    ['ingest', 'gateway'],
  ];
  const messages = directions.flatMap(([socket, sender]) => messagesOf(socket, sender));
  return [...new Map(messages.map((message) => [message.name, message])).values()];
}

function describe(schema: z.ZodType, socket: SocketName): MessageDefinition {
  const type = typeOf(schema);
  const isEvent = (eventSchema.options as readonly z.ZodType[]).includes(schema);
  // Both sockets have a `hello`, with different fields: the names of both begin with the name of the socket.
  const isShared = controlTypes.filter((controlType) => controlType === type).length > 1;
  const name = isShared ? toPascalCase(`${socket}.${type}`) : toPascalCase(type);
  const data = isEvent ? (schema as (typeof eventSchema.options)[number]).shape.data : undefined;
  const summary = schema.description ?? data?.description;
  if (summary === undefined) throw new TypeError(`expected a description of the message ${name}, got none`);
  return { name, type, summary, isEvent, schema };
}

/** Returns the schemas of a union, one for each `type`; a schema of one `type` alone is returned as it is. */
function kindsOf(schema: z.ZodType): z.ZodType[] {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return [schema];
  const parts = (schema.options as z.ZodType[]).flatMap(kindsOf);
  return new Set(parts.map(typeOf)).size > 1 ? parts : [schema];
}

function typeOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodDiscriminatedUnion) return typeOf(schema.options[0] as z.ZodType);
  return ((schema as z.ZodObject).shape.type as z.ZodLiteral<string>).value;
}

/** Converts `run.started` to `RunStarted`. */
export const toPascalCase = (type: string): string =>
  type.replaceAll(/(?:^|\.)(\w)/g, (_match, letter: string) => letter.toUpperCase());
