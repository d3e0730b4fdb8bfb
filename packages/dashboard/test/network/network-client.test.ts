import { describe, expect, it } from '@jest/globals';
import { NetworkClient, type WeightsSource } from '../../src/network/network-client.ts';
import type { NetworkWorker } from '../../src/network/network-requests.ts';

/** A worker whose answers the test sends. */
function fakeWorker() {
  const requests: { type: string; id: number; key: string }[] = [];
  const worker: NetworkWorker = {
    postMessage: (request: (typeof requests)[number]) => requests.push(request),
    onmessage: null,
    onerror: null,
    onmessageerror: null,
  };
  const answer = (data: object): void => {
    worker.onmessage?.call(worker as Worker, { data } as MessageEvent);
  };
  const fail = (message: string): void => {
    worker.onerror?.call(worker as Worker, { message } as ErrorEvent);
  };
  return { worker, requests, answer, fail };
}

const weights = (key: string, reads: string[] = []): WeightsSource => ({
  ...{ key, layers: [] },
  read: async () => {
    reads.push(key);
    return new ArrayBuffer(8);
  },
});
const image = new Float32Array(784);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the client of the network worker', () => {
  it('settles each of two loads with its own answer', async () => {
    const { worker, requests, answer } = fakeWorker();
    const client = new NetworkClient(worker);
    const loads = [client.load(weights('a')), client.load(weights('b'))];
    await turn();
    const [first, second] = requests;
    answer({ type: 'error', id: second!.id, message: 'the file is damaged' });
    answer({ type: 'done', id: first!.id });
    await expect(loads[0]).resolves.toBeUndefined();
    await expect(loads[1]).rejects.toThrow('the file is damaged');
  });

  it('loads weights once, and again after a failure', async () => {
    const { worker, requests, answer } = fakeWorker();
    const client = new NetworkClient(worker);
    const reads: string[] = [];
    const first = client.load(weights('a', reads));
    await turn();
    answer({ type: 'error', id: requests[0]!.id, message: 'no' });
    await expect(first).rejects.toThrow('no');
    const prediction = client.predict(weights('a', reads), image);
    await turn();
    answer({ type: 'done', id: requests[1]!.id });
    await turn();
    expect(requests[2]).toMatchObject({ type: 'predict', key: 'a' });
    answer({ type: 'prediction', id: requests[2]!.id, probabilities: image, milliseconds: 1 });
    await expect(prediction).resolves.toMatchObject({ milliseconds: 1 });
    client.load(weights('a', reads));
    expect(reads).toEqual(['a', 'a']);
  });

  it('keeps at most 80 sets of weights in the worker', async () => {
    const { worker, requests, answer } = fakeWorker();
    const client = new NetworkClient(worker);
    for (let index = 0; index < 82; index++) {
      const load = client.load(weights(`w${index}`));
      await turn();
      answer({ type: 'done', id: requests.findLast(({ type }) => type === 'weights')!.id });
      await load;
    }
    const released = requests.filter(({ type }) => type === 'release').map(({ key }) => key);
    expect(released).toEqual(['w0', 'w1']);
  });

  it('rejects all requests, also later ones, when the worker fails', async () => {
    const { worker, fail } = fakeWorker();
    const client = new NetworkClient(worker);
    const open = [client.load(weights('a')), client.predict(weights('b'), image)];
    await turn();
    fail('');
    for (const request of [...open, client.occlusion(weights('c'), image)])
      await expect(request).rejects.toThrow('the worker cannot be loaded');
  });
});
