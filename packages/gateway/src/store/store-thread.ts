import { type TransferListItem, Worker } from 'node:worker_threads';
import { MonitorError } from '@mnist-monitor/shared/errors';
import { type Call, fromThreadError, type Reply } from './thread-messages.ts';

/** The methods of a thread. The caller gets the result of each as a promise. */
export type ThreadMethods<T> = { [K in keyof T]: (...args: never[]) => unknown };

export interface StoreThreadOptions {
  /** The module that the thread runs. */
  entry: URL;
  /** The task of the thread, for messages, such as `writes`. */
  task: string;
  /** Passed to the thread as `workerData`. */
  data: object;
  /** The parts of `data` that are moved to the thread. */
  transfer?: readonly TransferListItem[];
  /** Called for each message of the thread that answers no call. */
  onMessage?: (message: unknown) => void;
}

interface PendingCall {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  bytes: number;
}

/**
 * Maximum size of the events in calls that a thread has not answered, which is enough for several large commits. Further
 * calls wait in this thread, because sending copies the events.
 */
const maxSentBytes = 8 * 1024 * 1024;

/**
 * The largest space for new objects, in MiB: calls need little of it. By default it grows to 32 MiB at high load, and V8 keeps
 * this memory afterwards.
 */
const youngGenerationMb = 8;

/** Calls a thread that owns a connection to the database. The thread keeps the process alive only during calls. */
export class StoreThread<T extends ThreadMethods<T>> {
  readonly #worker: Worker;
  readonly #task: string;
  readonly #calls = new Map<number, PendingCall>();
  /** Calls that are not sent yet, in order. */
  readonly #unsent: Call[] = [];
  #lastId = 0;
  #sentBytes = 0;
  #failure: MonitorError | undefined;

  constructor({ entry, task, data, transfer = [], onMessage }: StoreThreadOptions) {
    this.#task = task;
    this.#worker = new Worker(entry, {
      workerData: data,
      transferList: [...transfer],
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    this.#worker.unref();
    this.#worker.on('message', (message: Reply | { id?: undefined }) => {
      if (message.id === undefined) onMessage?.(message);
      else this.#settle(message);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`exit code ${code}`)));
  }

  /** Why calls are rejected, after the thread has ended; undefined while it runs. */
  get failure(): MonitorError | undefined {
    return this.#failure;
  }

  /**
   * Calls a method of the thread. Calls are executed in order.
   * @param bytes The size of the arguments, if they are large.
   * @throws MonitorError when the thread ends before it answers: `store.failing` after `terminate`, otherwise `store.crashed`.
   */
  call<M extends keyof T & string>(
    method: M,
    args: Parameters<T[M]>,
    bytes = 0,
  ): Promise<Awaited<ReturnType<T[M]>>> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      if (this.#calls.size === 0) this.#worker.ref();
      const id = ++this.#lastId;
      this.#calls.set(id, { resolve: resolve as PendingCall['resolve'], reject, bytes });
      this.#unsent.push({ id, method, args });
      this.#send();
    });
  }

  /** Ends the thread. A thread that waits for the disk ends when the disk has answered. */
  async terminate(): Promise<void> {
    this.#failure ??= new MonitorError('store.failing', 'the database is closed');
    await this.#worker.terminate();
  }

  #send(): void {
    for (let call = this.#unsent[0]; call; call = this.#unsent[0]) {
      const { bytes } = this.#calls.get(call.id)!;
      if (this.#sentBytes > 0 && this.#sentBytes + bytes > maxSentBytes) return;
      this.#unsent.shift();
      this.#sentBytes += bytes;
      this.#worker.postMessage(call);
    }
  }

  #settle(answer: Reply): void {
    const call = this.#calls.get(answer.id);
    if (!call) return;
    this.#calls.delete(answer.id);
    if (this.#calls.size === 0) this.#worker.unref();
    this.#sentBytes -= call.bytes;
    if ('error' in answer) call.reject(fromThreadError(answer.error));
    else call.resolve(answer.result);
    this.#send();
  }

  #fail(error: Error): void {
    this.#failure ??= new MonitorError(
      'store.crashed',
      `the thread that ${this.#task} the database has ended (${error.message}); it is started again`,
      { cause: error },
    );
    for (const { reject } of this.#calls.values()) reject(this.#failure);
    this.#calls.clear();
    this.#unsent.length = 0;
  }
}
