import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { encode } from '@mnist-monitor/shared';
import { PublisherAdmission } from '../../src/ingest/publisher-admission.ts';
import { RunBoundsCache } from '../../src/ingest/run-bounds.ts';
import { IngestSession } from '../../src/ingest/session.ts';
import type { SessionContext } from '../../src/ingest/session-context.ts';
import { limits } from '../../src/limits.ts';
import { Hub } from '../../src/live/hub.ts';
import type { CommandTarget } from '../../src/presence/command-target.ts';
import { IdleTrainers } from '../../src/presence/idle-trainers.ts';
import { Publishers } from '../../src/presence/publishers.ts';
import type { TokenVerdict } from '../../src/trust/authorization.ts';
import { afterTest } from '../support/cleanup.ts';
import { FakePeer } from '../support/fake-peer.ts';
import { MemoryStore } from '../support/memory-store.ts';

const hello = { type: 'hello', protocol: 1, runId: 'a', publisherId: 'publisher-1' };
const wait = { type: 'wait', protocol: 1, publisherId: 'publisher-1', commands: ['start'] };

describe('a connection to the ingest port', () => {
  let verdict: TokenVerdict;
  let tokens: (string | undefined)[];
  let targets: CommandTarget[];
  let results: unknown[];
  let context: SessionContext;
  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    afterTest(() => jest.useRealTimers());
    [verdict, tokens, targets, results] = ['accepted', [], [], []];
    const store = new MemoryStore();
    context = {
      ...{ store, limits, publishers: new Publishers(), idleTrainers: new IdleTrainers() },
      ...{ hub: await Hub.open(store, limits), health: { failure: undefined } },
      admission: new PublisherAdmission({ publishers: 2, pendingHellos: 2 }),
      bounds: new RunBoundsCache(limits, store),
      checkToken(token: string | undefined) {
        tokens.push(token);
        return verdict;
      },
      router: {
        attach(target: CommandTarget) {
          targets.push(target);
          return () => targets.splice(targets.indexOf(target), 1);
        },
        receiveResult: (...result: unknown[]) => results.push(result),
      },
    } as unknown as SessionContext;
  });
  function connect() {
    const peer = new FakePeer();
    return { peer, session: new IngestSession(context, peer) };
  }
  async function connectWith(message: object | string) {
    const { peer, session } = connect();
    await session.receive(typeof message === 'string' ? message : encode(message));
    return { peer, session };
  }

  test('becomes that of a publisher by a hello', async () => {
    const { peer } = await connectWith({ ...hello, token: 'sesame' });
    expect(peer.messages).toMatchObject([{ type: 'resume', after: 0 }]);
    expect([tokens, context.idleTrainers.count]).toEqual([['sesame'], 0]);
  });

  test('becomes that of an idle trainer by a wait, until it is closed', async () => {
    const { peer, session } = await connectWith(wait);
    expect(peer.messages).toEqual([{ type: 'waiting' }]);
    expect([context.idleTrainers.count, targets.length]).toEqual([1, 1]);
    targets[0]!.send({ type: 'command', id: 'command-1', command: 'start', data: {} });
    expect(peer.messages.at(-1)).toMatchObject({ type: 'command', id: 'command-1' });
    await session.receive('{"type":"commandResult","id":"command-1","ok":true}');
    expect(results).toEqual([[{ type: 'commandResult', id: 'command-1', ok: true }, 'publisher-1']]);
    await session.receive(encode(wait));
    expect(peer.closedWith).toBe('invalid');
    expect(peer.closeDetail).toMatch(/^expected the answer to a command: /);
    expect([context.idleTrainers.count, targets.length]).toEqual([0, 0]);
  });

  test.each([
    ['missing', 'unauthorized', undefined],
    ['wrong', 'unauthorized', undefined],
    ['tooMany', 'tooMany', 'This address sent too many wrong tokens; try again in a minute.'],
  ] as const)('is cut when its token is %s, as %s', async (found, name, detail) => {
    verdict = found;
    const { peer } = await connectWith(hello);
    expect([peer.closedWith, peer.closeDetail, peer.messages]).toEqual([name, detail, []]);
  });

  test('is cut when its first message is neither', async () => {
    const { peer } = await connectWith({ ...hello, protocol: 9 });
    expect(peer.closedWith).toBe('invalid');
    expect(peer.closeDetail).toMatch(/^expected hello or wait: protocol: /);
    expect(tokens).toEqual([]);
  });

  test('is cut when others use all connections for publishers', async () => {
    await connectWith(wait);
    await connectWith(hello);
    const { peer } = await connectWith({ ...hello, runId: 'b' });
    expect([peer.closedWith, peer.closeDetail, peer.messages]).toEqual([
      'tooMany',
      'Other publishers use all connections of this gateway; try again later.',
      [],
    ]);
  });

  test('is cut when its first message does not arrive in time, or when too many newer ones wait', async () => {
    const [first, second, third] = [connect(), connect(), connect()];
    expect([first.peer.closedWith, second.peer.closedWith]).toEqual(['helloTimeout', undefined]);
    await second.session.receive(encode(wait));
    jest.advanceTimersByTime(limits.helloTimeoutMs - 1);
    expect(third.peer.closedWith).toBeUndefined();
    jest.advanceTimersByTime(1);
    expect([second.peer.closedWith, third.peer.closedWith]).toEqual([undefined, 'helloTimeout']);
  });

  test('accepts no message after it was stopped, and may be stopped before its first', async () => {
    const { peer, session } = connect();
    await session.stop();
    await session.receive(encode(hello));
    expect([peer.messages, tokens]).toEqual([[], []]);
    const idle = await connectWith(wait);
    await idle.session.stop();
    await idle.session.receive('{"type":"commandResult","id":"command-1","ok":true}');
    expect(results).toEqual([]);
  });
});
