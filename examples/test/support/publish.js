import { openScriptedPublisher, sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { afterTest } from '../../../packages/gateway/dist/test/support/cleanup.js';

export const sampleOptions = { runId: 'example', epochs: 2, batchesPerEpoch: 10 };
export const sample = sampleRun(sampleOptions);

/** Opens a scripted publisher of a run, which is closed after the test. */
export async function openPublisher(url, runId = sampleOptions.runId) {
  const publisher = await openScriptedPublisher({ url, WebSocket, runId });
  afterTest(() => publisher.close());
  return {
    /** Resolves when the events are on the gateway's disk. */
    async publish(events) {
      publisher.send(...events);
      await publisher.waitForAck(events.at(-1).seq);
    },
    close: () => publisher.close(),
  };
}
