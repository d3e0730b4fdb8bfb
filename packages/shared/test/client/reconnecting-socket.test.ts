import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ReconnectingSocketOptions } from '../../src/client/reconnecting-socket.ts';
import { closeCodes, ReconnectingSocket, type WebSocketLike } from '../../src/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** A socket whose events a test triggers itself. */
class FakeSocket implements WebSocketLike {
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly sent: string[] = [];
  closedWith: number | 'terminated' | undefined;

  send(text: string): void {
    this.sent.push(text);
  }

  close(code?: number): void {
    this.closedWith = code ?? 1005;
  }

  terminate(): void {
    this.closedWith = 'terminated';
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  receive(data: string): void {
    this.onmessage?.({ data } as never);
  }

  lose(code: number, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
  }
}

describe('ReconnectingSocket', () => {
  let clock: FakeClock;
  let sockets: FakeSocket[];
  let states: string[];
  let messages: string[];
  beforeEach(() => {
    clock = new FakeClock();
    [sockets, states, messages] = [[], [], []];
  });

  function start(
    onState: (name: string) => void = () => {},
    options: Partial<ReconnectingSocketOptions<FakeSocket>> = {},
  ) {
    const connection = new ReconnectingSocket<FakeSocket>({
      clock,
      connectTimeoutMs: 1_000,
      backoff: { firstMs: 100, maxMs: 400 },
      random: () => 1,
      createSocket() {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      onState(state) {
        const { reason, retryInMs } = { reason: '', retryInMs: 0, ...state };
        states.push([state.name, retryInMs || '', reason].filter((part) => part !== '').join(' '));
        onState(state.name);
      },
      onMessage: (text) => messages.push(text),
      ...options,
    });
    connection.connect();
    return connection;
  }

  test('reports its states and messages and sends through the open socket', () => {
    const connection = start();
    expect([connection.isOpen, states]).toEqual([false, ['connecting']]);
    sockets[0]!.open();
    sockets[0]!.receive('one');
    connection.send('two');
    expect(states).toEqual(['connecting', 'open']);
    expect([connection.isOpen, messages, sockets[0]!.sent]).toEqual([true, ['one'], ['two']]);
  });

  test('doubles its delays up to the maximum until they are reset (P-91)', () => {
    const connection = start();
    for (const delay of [100, 200, 400, 400]) {
      sockets.at(-1)!.lose(1006);
      expect(states.at(-1)).toBe(`waiting ${delay} connection lost`);
      clock.advance(delay - 1);
      expect(states.at(-1)).toMatch(/^waiting/);
      clock.advance(1);
      expect(states.at(-1)).toBe('connecting');
    }
    connection.resetBackoff();
    sockets.at(-1)!.lose(closeCodes.goingAway.code);
    expect(states.at(-1)).toBe('waiting 100 goingAway');
  });

  test('drops a connection that does not open in time', () => {
    start();
    clock.advance(1_000);
    expect(states.at(-1)).toBe('waiting 100 no sign of life from the gateway');
    expect(sockets[0]!.closedWith).toBe('terminated');
  });

  test('keeps the connection while messages or other signs of life arrive, and drops it when they stop', () => {
    const connection = start();
    sockets[0]!.open();
    connection.allowSilence(50);
    for (let tick = 0; tick < 10; tick++) {
      clock.advance(40);
      if (tick % 2 === 0) sockets[0]!.receive('message');
      else connection.markAlive();
    }
    expect(states).toEqual(['connecting', 'open']);
    clock.advance(50);
    expect(states.at(-1)).toMatch(/no sign of life/);
  });

  test('applies connectTimeoutMs again to the next connection, not the limit set by allowSilence', () => {
    const connection = start();
    sockets[0]!.open();
    connection.allowSilence(50);
    clock.advance(50 + 100);
    sockets[1]!.open();
    clock.advance(999);
    expect(states.at(-1)).toBe('open');
    clock.advance(1);
    expect(states.at(-1)).toMatch(/no sign of life/);
  });

  test('ignores events of a connection that it dropped', () => {
    const connection = start();
    sockets[0]!.open();
    connection.reconnect('no reply');
    connection.reconnect('no reply');
    sockets[0]!.receive('late');
    sockets[0]!.lose(1000);
    sockets[0]!.onerror?.({} as never);
    expect(states.slice(2)).toEqual(['waiting 100 no reply']);
    expect(messages).toEqual([]);
  });

  test('reconnects at once on retryNow only while it waits', () => {
    const connection = start();
    connection.retryNow();
    sockets[0]!.lose(1006);
    connection.retryNow();
    connection.retryNow();
    expect(states).toEqual(['connecting', 'waiting 100 connection lost', 'connecting']);
    expect(sockets).toHaveLength(2);
    connection.close('done');
    connection.retryNow();
    expect(sockets).toHaveLength(2);
  });

  test.each(Object.entries(closeCodes).filter(([, { retry }]) => !retry))(
    'does not reconnect when the server closes it with the code %s',
    (name, { code }) => {
      start();
      sockets[0]!.open();
      sockets[0]!.lose(code);
      expect(states.at(-1)).toBe(`closed ${name}`);
      expect(clock.pending).toBe(0);
    },
  );

  test.each<[string, number | 'terminated', (connection: { retryNow(): void }) => void]>([
    ['open', 4400, () => sockets[0]!.open()],
    ['connecting', 'terminated', () => {}],
  ])('closes for good while it is %s', (_, closedWith, prepare) => {
    const connection = start();
    prepare(connection);
    connection.close('not the protocol', 'invalid');
    connection.close('again');
    expect(states.at(-1)).toBe('closed not the protocol');
    expect([sockets[0]!.closedWith, connection.socket, clock.pending]).toEqual([closedWith, undefined, 0]);
  });

  test('closes for good while it waits', () => {
    const connection = start();
    sockets[0]!.lose(1006);
    connection.close('done');
    clock.advance(60_000);
    expect(states.at(-1)).toBe('closed done');
    expect([sockets.length, clock.pending]).toEqual([1, 0]);
  });

  test('creates no socket when onState closes the connection', () => {
    const connection = start((name) => {
      if (name === 'connecting' && sockets.length === 1) connection.close('enough');
    });
    sockets[0]!.lose(1006);
    clock.advance(100);
    expect(sockets).toHaveLength(1);
    expect(states.at(-1)).toBe('closed enough');
  });

  test('connects again after the codes of its options, and after no other final one', () => {
    start(undefined, { retryCodes: ['invalid', 'runTaken'] });
    sockets[0]!.lose(closeCodes.runTaken.code);
    expect(states.at(-1)).toBe('waiting 100 runTaken');
    clock.advance(100);
    sockets[1]!.lose(closeCodes.unauthorized.code);
    expect(states.at(-1)).toBe('closed unauthorized');
  });

  test('reports the reason of the server, else the name of its code', () => {
    start();
    sockets[0]!.lose(1006, 'proxy restarts');
    expect(states.at(-1)).toBe('waiting 100 proxy restarts');
    clock.advance(100);
    sockets[1]!.lose(closeCodes.goingAway.code, 'restart');
    expect(states.at(-1)).toBe('waiting 200 restart');
  });

  test('closes a socket of a browser, which cannot be terminated, without a code', () => {
    const connection = start();
    Object.assign(sockets[0]!, { terminate: undefined });
    connection.reconnect('no reply');
    expect(sockets[0]!.closedWith).toBe(1005);
  });

  test('sends nothing while there is no socket, and has an open one only between open and close', () => {
    const connection = start();
    expect([connection.socket, connection.isOpen]).toEqual([sockets[0], false]);
    sockets[0]!.open();
    expect(connection.isOpen).toBe(true);
    sockets[0]!.lose(1006);
    connection.send('unheard');
    expect([connection.socket, connection.isOpen, sockets[0]!.sent]).toEqual([undefined, false, []]);
  });

  test('watches one timer at a time, from the last sign of life on', () => {
    const connection = start();
    sockets[0]!.open();
    connection.allowSilence(500);
    connection.allowSilence(200);
    expect(clock.pending).toBe(1);
    clock.advance(150);
    sockets[0]!.receive('message');
    clock.advance(199);
    expect([states.at(-1), clock.pending]).toEqual(['open', 1]);
    clock.advance(1);
    expect(states.at(-1)).toBe('waiting 100 no sign of life from the gateway');
  });
});
