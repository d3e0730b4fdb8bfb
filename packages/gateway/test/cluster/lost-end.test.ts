import { expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { type BusListener, standaloneBus } from '../../src/cluster/bus.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { connect } from '../support/connection.ts';
import { startGateway } from '../support/gateway.ts';
import { MemoryStore } from '../support/memory-store.ts';

test('a run that nobody follows is reported as going on when another gateway has found that its end is lost (P-82)', async () => {
  const store = new MemoryStore();
  for (const runId of ['a', 'b']) await store.append(runId, sampleRun({ runId }).map(toNewEvent));
  let listener: BusListener | undefined;
  const bus = {
    ...standaloneBus,
    gatewayId: 'this',
    listen(given: BusListener) {
      listener = given;
    },
  };
  const gateway = await startGateway({ store, bus, limits: { statusIntervalMs: 20 } });
  const viewer = await connect(gateway.liveUrl);
  await viewer.until(({ type }) => type === 'live');
  store.loseEnd('a', 5);
  await store.renewStream('a', store.streamOf('a'));
  listener?.onMessage({ type: 'renewed', runId: 'a' }, 'other');
  const messages = await viewer.until(({ type, runId }) => type === 'status' && runId === 'a');
  expect(messages.at(-1)).toMatchObject({ status: expect.stringMatching(/^(running|stalled)$/) });
});
