import { real } from './real-time.ts';

/** A simulated operating system process: everything it runs stops when it is killed. */
export class SimProcess {
  readonly name: string;
  /** The machine that the process runs on, for network partitions. */
  readonly host: string;
  /** The virtual time at which the process began: its `performance.now()` starts there. */
  readonly startedAt: number;
  /** The error of the process's wall clock. */
  readonly clockErrorMs: number;
  isAlive = true;
  /** Whether the process has been asked to end: it discards what it reads. */
  isClosing = false;

  constructor(name: string, options: { host: string; startedAt: number; clockErrorMs?: number }) {
    this.name = name;
    this.host = options.host;
    this.startedAt = options.startedAt;
    this.clockErrorMs = options.clockErrorMs ?? 0;
  }
}

/** Runs what no simulated process does: the network, a database server, and the faults. It never ends. */
export const outside = new SimProcess('outside', { host: 'outside', startedAt: 0 });

/** Work for a moment of virtual time. */
export interface Task {
  at: number;
  readonly order: number;
  readonly process: SimProcess;
  run(): void;
  isCancelled: boolean;
}

/** Number of steps that are queued at once for one turn of the real event loop. */
const stepsPerTurn = 64;

/**
 * Runs tasks in the order of their virtual times, one after the other. After each task all microtasks and ticks run, so
 * everything that a task causes belongs to its process, and a killed process does nothing more.
 */
export class Scheduler {
  /** The virtual time in milliseconds. */
  now = 0;
  /** The process whose task runs. */
  current = outside;
  steps = 0;
  /** Time that each reading of the clock takes, as a stand-in for computing time. */
  readonly msPerReading: number;
  readonly #heap: Task[] = [];
  #order = 0;

  constructor({ msPerReading }: { msPerReading: number }) {
    this.msPerReading = msPerReading;
  }

  /** Schedules work of the current process, or of another one. */
  schedule(delayMs: number, run: () => void, process = this.current): Task {
    return this.scheduleAt(this.now + delayMs, run, process);
  }

  /** Schedules work for a virtual time; tasks of the same time run in the order in which they were scheduled. */
  scheduleAt(at: number, run: () => void, process: SimProcess): Task {
    const task: Task = { at, order: this.#order++, process, run, isCancelled: false };
    this.#push(task);
    return task;
  }

  /** Returns the number of tasks that wait for their time in a process. */
  pendingTasks(process: SimProcess): number {
    return this.#heap.filter((task) => task.process === process && !task.isCancelled).length;
  }

  /** Returns the time, and lets a little of it pass. */
  readClock(): number {
    this.now += this.msPerReading;
    return this.now;
  }

  /**
   * Runs the tasks up to a virtual time, or until `isDone` returns true.
   * @param onError Called with what a task throws.
   */
  run(until: number, isDone: () => boolean, onError: (error: unknown) => void): Promise<void> {
    return new Promise((resolve) => {
      let isResolved = false;
      const finish = (): void => {
        this.current = outside;
        if (!isResolved) resolve();
        isResolved = true;
      };
      const step = (): void => {
        if (isResolved) return;
        const task = this.#pop(until);
        if (!task || isDone()) {
          if (task) this.#push(task);
          else this.now = Math.max(this.now, until);
          finish();
          return;
        }
        this.steps++;
        this.now = Math.max(this.now, task.at);
        this.current = task.process;
        try {
          task.run();
        } catch (error) {
          onError(error);
        }
      };
      // Node.js runs all ticks and microtasks between two immediates.
      const turn = (): void => {
        if (isResolved) return;
        for (let i = 0; i < stepsPerTurn; i++) real.setImmediate(step);
        real.setImmediate(turn);
      };
      turn();
    });
  }

  /** Removes and returns the next task that is due; undefined when there is none before `until`. */
  #pop(until: number): Task | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (!first || first.at > until) return undefined;
      this.#removeFirst();
      if (!first.isCancelled && first.process.isAlive) return first;
    }
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let index = heap.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(task, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = task;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

const isBefore = (one: Task, other: Task): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
