import type { WebSocketLike } from '../client/reconnecting-socket.ts';
import { decode, encode } from '../protocol/codec.ts';
import { type CommandName, ingestProtocolVersion } from '../protocol/constants.ts';
import type { Command, CommandResult } from '../schemas/commands.ts';
import type { MonitorEvent } from '../schemas/events.ts';
import { ingestServerMessageSchema } from '../schemas/ingest-messages.ts';

export interface ScriptedPublisherOptions {
  /** Of the gateway's socket for publishers. */
  url: string;
  WebSocket: new (url: string) => WebSocketLike;
  /** The run that it publishes; without one it waits to be told to start. */
  runId?: string;
  /** Which commands it says it takes. */
  commands?: readonly CommandName[];
  /** Answers a command; every one is taken unless said otherwise. */
  onCommand?: (command: Command) => Omit<CommandResult, 'type' | 'id'>;
}

/** A trainer whose events a test or a benchmark writes itself. */
export interface ScriptedPublisher {
  send(...events: readonly MonitorEvent[]): void;
  /** Resolves when everything up to `seq` is on the gateway's disk. */
  waitForAck(seq: number): Promise<void>;
  /** Commands so far, in their order. */
  readonly commands: readonly Command[];
  close(): void;
}

/** Connects, introduces itself and resolves when the gateway has answered. Rejects when it is refused. */
export function openScriptedPublisher(options: ScriptedPublisherOptions): Promise<ScriptedPublisher> {
  const { url, WebSocket, runId, commands: takes = [] } = options;
  const taken = (): Omit<CommandResult, 'type' | 'id'> => ({ ok: true });
  const commands: Command[] = [];
  const waiters = new Set<() => void>();
  let ackedSeq = 0;
  return new Promise((resolve, reject) => {
    const socket: WebSocketLike = new WebSocket(url);
    const publisher: ScriptedPublisher = {
      commands,
      send(...events) {
        for (const event of events) socket.send(encode(event));
      },
      waitForAck: (seq) =>
        new Promise((done) => {
          const look = (): void => {
            if (ackedSeq < seq) return;
            waiters.delete(look);
            done();
          };
          waiters.add(look);
          look();
        }),
      close: () => socket.close(),
    };
    socket.onopen = () => {
      const introduction = {
        protocol: ingestProtocolVersion,
        publisherId: `scripted-${Date.now()}-${Math.random()}`,
        commands: takes,
      };
      socket.send(
        encode(runId ? { type: 'hello', runId, ...introduction } : { type: 'wait', ...introduction }),
      );
    };
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      reject(new Error(`expected the gateway to take the publisher, it closed with ${code} ${reason}`));
    socket.onmessage = ({ data }: { data: unknown }) => {
      const reply = decode(ingestServerMessageSchema, String(data));
      if (!reply.ok) throw new Error(`expected a reply of the gateway, got ${String(data).slice(0, 200)}`);
      const message = reply.value;
      if (message.type === 'resume' || message.type === 'waiting') resolve(publisher);
      if (message.type === 'ack') {
        ackedSeq = message.seq;
        for (const look of waiters) look();
      }
      if (message.type === 'command') {
        commands.push(message);
        socket.send(
          encode({ type: 'commandResult', id: message.id, ...(options.onCommand ?? taken)(message) }),
        );
      }
    };
  });
}
