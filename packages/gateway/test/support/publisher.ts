import { encode, type MonitorEvent, type ProtocolVersion } from '@mnist-monitor/shared';
import { type Connection, type ConnectOptions, connect, type Message } from './connection.ts';

/** Returns the hello of a publisher, with the given fields. */
export const helloOf = (runId: string, more: object = {}): object => ({
  type: 'hello',
  protocol: 1,
  runId,
  publisherId: 'publisher-1',
  ...more,
});

export interface OpenPublisher {
  connection: Connection;
  /** The seq after which the gateway resumes the run. */
  after: number;
  /** The stream of the run. */
  stream: string;
  send(events: readonly MonitorEvent[]): void;
  /** Resolves with the gateway's messages when it has acknowledged events up to `seq`. */
  acked(seq: number): Promise<Message[]>;
}

/** Connects, sends hello and waits for resume. */
export async function openPublisher(
  url: string,
  hello: object,
  options?: ConnectOptions,
): Promise<OpenPublisher> {
  const connection = await connect(url, options);
  connection.send(hello);
  const { type, after, stream } = await connection.next();
  if (type !== 'resume') throw new Error(`expected resume, got ${type}`);
  return {
    connection,
    after,
    stream,
    send: (events) => {
      for (const event of events) connection.socket.send(encode(event));
    },
    acked: (seq) => connection.until((message) => message.type === 'ack' && message.seq >= seq),
  };
}

/** Publishes events in a version of the protocol and waits until the gateway has acknowledged them. */
export async function publish(
  url: string,
  events: readonly MonitorEvent[],
  protocol: ProtocolVersion = 1,
): Promise<OpenPublisher> {
  const { runId, seq } = events.at(-1) as MonitorEvent;
  const publisher = await openPublisher(url, helloOf(runId, { protocol }));
  publisher.send(events);
  await publisher.acked(seq);
  return publisher;
}
