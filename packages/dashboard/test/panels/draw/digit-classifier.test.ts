import { describe, expect, it } from '@jest/globals';
import { type ClassifierWorker, DigitClassifier } from '../../../src/panels/draw/digit-classifier.ts';

/** A worker whose answers the test sends. */
function fakeWorker() {
  const requests: { type: string; id: number }[] = [];
  const worker: ClassifierWorker = {
    postMessage: (request: { type: string; id: number }) => requests.push(request),
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

const file = () => new ArrayBuffer(8);
const image = new Float32Array(784);

describe('the classifier', () => {
  it('settles each of two loads with its own answer', async () => {
    const { worker, requests, answer } = fakeWorker();
    const classifier = new DigitClassifier(worker);
    const loads = [classifier.load([], file()), classifier.load([], file())];
    const [first, second] = requests;
    answer({ type: 'error', id: second!.id, message: 'the file is damaged' });
    answer({ type: 'loaded', id: first!.id });
    await expect(loads[0]).resolves.toBeUndefined();
    await expect(loads[1]).rejects.toThrow('the file is damaged');
  });

  it('rejects a classification that the worker cannot do', async () => {
    const { worker, requests, answer } = fakeWorker();
    const prediction = new DigitClassifier(worker).classify(image);
    answer({ type: 'error', id: requests[0]!.id, message: 'expected weights before an image' });
    await expect(prediction).rejects.toThrow('expected weights before an image');
  });

  it('rejects all requests, also later ones, when the worker fails', async () => {
    const { worker, fail } = fakeWorker();
    const classifier = new DigitClassifier(worker);
    const open = [classifier.load([], file()), classifier.classify(image)];
    fail('');
    for (const request of [...open, classifier.classify(image)])
      await expect(request).rejects.toThrow('the worker cannot be loaded');
  });
});
