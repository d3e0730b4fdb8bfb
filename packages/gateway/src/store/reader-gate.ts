import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { MonitorError } from '@mnist-monitor/shared/errors';

/** The states of the connection that reads, in memory that both threads share. */
const gateStates = { open: 0, closing: 1, closed: 2, unusable: 3 } as const;

/** The time that the writing thread waits for the reading one: longer than any query takes on a disk that works. */
const closeTimeoutMs = 10_000;

/** The parts of a gate that are sent to a thread. */
export interface SharedGate {
  state: Int32Array<SharedArrayBuffer>;
  /** The end of a channel that belongs to the receiving thread. */
  port: MessagePort;
}

/** Returns the two ends of a new gate. */
export function createGate(): { writer: SharedGate; reader: SharedGate } {
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { port1, port2 } = new MessageChannel();
  return { writer: { state, port: port1 }, reader: { state, port: port2 } };
}

/**
 * Closes the connection of the reading thread while the writing thread opens the database again, and keeps the reading
 * thread waiting. Closing any file descriptor of a file ends the locks of the whole process on it, so no connection may
 * be open while the file's header is checked; and a reader must not continue with a file that was replaced.
 */
export class ReaderGate {
  readonly #gate: SharedGate;
  #isClosed = false;

  constructor(gate: SharedGate) {
    this.#gate = gate;
  }

  /**
   * Closes the reading connection, and returns when it is closed.
   * @throws MonitorError `store.failing` when the reading thread waits for the disk.
   */
  close(): void {
    if (this.#isClosed) return;
    const { state, port } = this.#gate;
    Atomics.store(state, 0, gateStates.closing);
    port.postMessage('close');
    const result = Atomics.wait(state, 0, gateStates.closing, closeTimeoutMs);
    // The reading thread may have closed its connection at the last moment; otherwise it will ignore the message.
    if (result === 'timed-out' && this.#change(gateStates.closing, gateStates.open))
      throw new MonitorError('store.failing', 'the thread that reads the database waits for the disk');
    this.#isClosed = true;
  }

  /** Lets the reading thread continue. It opens the database again only if `isUsable`. */
  open(isUsable: boolean): void {
    if (!this.#isClosed) return;
    this.#isClosed = false;
    this.#change(gateStates.closed, isUsable ? gateStates.open : gateStates.unusable);
  }

  #change(from: number, to: number): boolean {
    return changeState(this.#gate.state, from, to);
  }
}

/**
 * Makes the reading thread follow the gate. When its connection cannot be opened again, its reads report that, and the
 * next check of the store tries again.
 */
export function followGate({ state, port }: SharedGate, reader: { close(): void; open(): void }): void {
  const open = (): void => {
    try {
      reader.open();
    } catch {}
  };
  port.on('message', () => {
    if (Atomics.load(state, 0) !== gateStates.closing) return;
    reader.close();
    if (!changeState(state, gateStates.closing, gateStates.closed)) return open();
    Atomics.wait(state, 0, gateStates.closed);
    if (Atomics.load(state, 0) === gateStates.open) open();
  });
}

/** Changes the state and wakes the other thread. Returns false, without a change, when the state is not `from`. */
function changeState(state: Int32Array<SharedArrayBuffer>, from: number, to: number): boolean {
  if (Atomics.compareExchange(state, 0, from, to) !== from) return false;
  Atomics.notify(state, 0);
  return true;
}
