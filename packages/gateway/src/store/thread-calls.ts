import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type Call, type Outcome, type Reply, toThreadError } from './thread-messages.ts';

/** Calls `answer` with the calls that the main thread has sent: all that have arrived so far, in one list. */
export function receiveCalls(port: MessagePort, answer: (calls: readonly Call[]) => void): void {
  port.on('message', (first: Call) => {
    const calls = [first];
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
      calls.push(next.message);
    answer(calls);
  });
}

/** Sends the outcome of a call to the main thread. */
export function reply(port: MessagePort, { id }: Call, outcome: Outcome): void {
  const message: Reply = { id, ...outcome };
  port.postMessage(message);
}

/** Runs a function, and returns its result or its error as an outcome. */
export function outcomeOf(work: () => unknown): Outcome {
  try {
    return { result: work() };
  } catch (error) {
    return { error: toThreadError(error) };
  }
}
