import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { GatewayMessage } from '../../src/cluster/messages.ts';
import { RedisBus } from '../../src/redis/bus.ts';
import type { RedisClient, RedisConnection } from '../../src/redis/connection.ts';
import { afterTest } from '../support/cleanup.ts';

/** A client that subscribes, and receives what a test sends. */
class FakeClient extends EventEmitter {
  isPubSubActive = false;
  isDown = false;
  subscriptions: string[] = [];
  receive = (_text: string): void => {};

  async subscribe(channel: string, listener: (text: string) => void): Promise<void> {
    if (this.isDown) throw new Error('the connection is down');
    this.subscriptions.push(channel);
    this.isPubSubActive = true;
    this.receive = listener;
  }
}

describe('the bus over Redis', () => {
  const gatewayId = 'gateway-1';
  const left: GatewayMessage = { type: 'left' };
  let client: FakeClient;
  let onClient: (client: RedisClient) => void;
  let published: [channel: string, text: string][];
  let publish: () => Promise<void>;
  let reconnects: number;
  let isClosed: boolean;
  let warnings: unknown[][];
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    afterTest(() => jest.useRealTimers());
    client = new FakeClient();
    [published, publish, reconnects, isClosed, warnings] = [[], async () => {}, 0, false, []];
  });

  async function open(): Promise<RedisBus> {
    const subscriber = {
      run: (command: (client: FakeClient) => Promise<unknown>) => command(client),
      onClient(listener: typeof onClient) {
        onClient = listener;
        listener(client as unknown as RedisClient);
      },
      reconnect: () => reconnects++,
      async close() {
        isClosed = true;
      },
    };
    const publisher = {
      async publish(channel: string, text: string) {
        published.push([channel, text]);
        await publish();
      },
    };
    const connection = {
      busChannel: 'channel-1',
      duplicate: async () => subscriber,
      run: (command: (client: typeof publisher) => Promise<unknown>) => command(publisher),
      unusableError: ({ message }: Error) => new Error(`unusable: ${message}`),
    };
    return RedisBus.open({
      connection: connection as unknown as RedisConnection,
      gatewayId,
      log: { warn: (...line: unknown[]) => void warnings.push(line) } as never,
    });
  }
  /** Opens a bus, and collects what its listener is called with. */
  async function listen() {
    const bus = await open();
    const received: unknown[] = [];
    bus.listen({
      onMessage: (message, from) => received.push([message, from]),
      onReconnect: () => received.push('reconnected'),
    });
    return { bus, received };
  }

  test('publishes messages with its id, and receives those of others', async () => {
    const { bus, received } = await listen();
    bus.send(left);
    const text = JSON.stringify({ type: 'left', from: gatewayId });
    expect([client.subscriptions, published]).toEqual([['channel-1'], [['channel-1', text]]]);
    client.receive(text);
    expect(received).toEqual([]);
    client.receive(text.replace(gatewayId, 'gateway-2'));
    expect(received).toEqual([[{ type: 'left', from: 'gateway-2' }, 'gateway-2']]);
    await bus.close();
    expect(isClosed).toBe(true);
  });

  test('ignores what it receives before anyone listens', async () => {
    await open();
    client.receive('{"type":"left","from":"gateway-2"}');
    client.emit('ready');
    await nextTurn();
    expect(warnings).toEqual([]);
  });

  test('cannot be opened without a subscription, and closes its connection then', async () => {
    client.isDown = true;
    await expect(open()).rejects.toThrow('unusable: the connection is down');
    expect(isClosed).toBe(true);
  });

  test('warns once a minute of messages that are not from a gateway, with the reason', async () => {
    const { received } = await listen();
    const warningsAfter = (ms: number): number => {
      jest.advanceTimersByTime(ms);
      client.receive('{"type":"left"}');
      return warnings.length;
    };
    expect([0, 1, 59_998, 1, 59_999, 1].map(warningsAfter)).toEqual([1, 1, 1, 2, 2, 3]);
    expect(warnings[0]).toEqual([
      { why: expect.stringMatching(/^from: /) },
      'ignored a message over Redis that is not from a gateway; logged once a minute',
    ]);
    expect(received).toEqual([]);
  });

  test('reports when the connection is back: a client subscribes again by itself, a new client for the first time', async () => {
    const { received } = await listen();
    client.emit('ready');
    await nextTurn();
    expect([received, client.subscriptions]).toEqual([['reconnected'], ['channel-1']]);
    const next = new FakeClient();
    onClient(next as unknown as RedisClient);
    expect(next.subscriptions).toEqual([]);
    next.emit('ready');
    await nextTurn();
    expect([received, next.subscriptions]).toEqual([['reconnected', 'reconnected'], ['channel-1']]);
    next.receive('{"type":"left","from":"gateway-2"}');
    expect(received).toHaveLength(3);
  });

  test('reports nothing when a new client cannot subscribe: the next one does', async () => {
    const { received } = await listen();
    const next = new FakeClient();
    next.isDown = true;
    onClient(next as unknown as RedisClient);
    next.emit('ready');
    await nextTurn();
    expect(received).toEqual([]);
  });

  test('opens another subscription when its own messages do not return for 5 s', async () => {
    const { bus } = await listen();
    const reconnectsAfter = async (ms: number): Promise<number> => {
      jest.advanceTimersByTime(ms);
      bus.send(left);
      await nextTurn();
      return reconnects;
    };
    expect(await reconnectsAfter(4_999)).toBe(0);
    expect(await reconnectsAfter(1)).toBe(1);
    // The next subscription has 5 s, too.
    expect(await reconnectsAfter(4_999)).toBe(1);
    client.receive(published[0]![1]);
    expect(await reconnectsAfter(4_999)).toBe(1);
    expect(await reconnectsAfter(1)).toBe(2);
    jest.advanceTimersByTime(4_999);
    client.emit('ready');
    expect(await reconnectsAfter(4_999)).toBe(2);
  });

  test('does not blame the subscription when a message cannot be sent', async () => {
    const { bus } = await listen();
    publish = () => Promise.reject(new Error('the server does not answer'));
    jest.advanceTimersByTime(60_000);
    bus.send(left);
    await nextTurn();
    expect(reconnects).toBe(0);
  });
});
