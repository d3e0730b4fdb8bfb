import { answerRequest, type NetworkWorker } from '../network/network-requests.ts';

// Replaces `network/start-worker.ts` on the page of a saved file: a page from the disk may not start workers.

/** Returns a stand-in for the worker that computes on the page, after the events that wait. */
export function startNetworkWorker(): NetworkWorker {
  const worker = {
    onmessage: null,
    onerror: null,
    onmessageerror: null,
    postMessage(request: Parameters<typeof answerRequest>[0]) {
      setTimeout(() => {
        const data = answerRequest(request);
        worker.onmessage?.call(worker as unknown as Worker, new MessageEvent('message', { data }));
      });
    },
  } as NetworkWorker;
  return worker;
}
