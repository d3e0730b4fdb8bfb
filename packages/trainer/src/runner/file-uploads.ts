import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { backoffMs, decode, problemDetailsSchema, publishedFilePath } from '@mnist-monitor/shared';
import type { PublishedFileName } from '../storage/published-file.ts';
import type { PublisherIdentity } from './gateway-connection.ts';

/** Options of `FileUploads`. */
export interface FileUploadsOptions {
  identity: PublisherIdentity;
  runId: string;
  /** Path of the run's folder, which has the files. */
  folder: string;
  /** Receives the reason, once, when the gateway does not accept a file. */
  onProblem: (problem: string) => void;
  /** Returns the delay before another attempt, in milliseconds. @param attempt Number of failed attempts, from 0. */
  retryMs?: (attempt: number) => number;
}

/** Time limit of a request: the gateway allows 10 s, and the answer needs some more. */
const requestTimeoutMs = 15_000;
/** Time for which the end of the process waits until the files of an ended run are sent. */
const drainMs = 5_000;

/** HTTP statuses, in addition to 5xx, after which another attempt may succeed. */
const temporaryStatuses = [408, 429];

/**
 * Sends the files that a run's events name to a gateway that does not have them: one that has another folder of runs. A file is
 * read when it is sent, so a slow gateway costs no memory, and training never waits.
 */
export class FileUploads {
  readonly #options: FileUploadsOptions;
  /** Files that the gateway may not have yet, at most those of one run: 64 snapshots and the test images. */
  #waiting: PublishedFileName[] = [];
  /** Every file of the run. */
  readonly #all: PublishedFileName[] = [];
  readonly #stop = new AbortController();
  #sending: Promise<void> | undefined;
  /** Ends the delay before the next attempt. */
  #wake = (): void => {};
  /** Whether the gateway has an event of the run: before, it takes no files. */
  #isReady = false;
  #hasReported = false;

  constructor(options: FileUploadsOptions) {
    this.#options = options;
  }

  /** Adds a file, to be sent when the gateway has an event of the run. */
  add(file: PublishedFileName): void {
    if (this.#stop.signal.aborted) return;
    this.#all.push(file);
    this.#waiting.push(file);
    this.#continue();
  }

  /** Begins to send files, or retries at once. Called when the gateway is connected and has events of the run. */
  start(): void {
    this.#isReady = true;
    this.#wake();
    this.#continue();
  }

  /** Sends all files again, from the next `start` on: the gateway has lost events of the run, and may have none yet. */
  restart(): void {
    this.#waiting = [...this.#all];
  }

  /**
   * Waits until every file is sent.
   * @param abort Aborted when the process ends: from then on, the wait ends after 5 s.
   * @returns The number of files that were not sent.
   */
  async close(abort: AbortSignal): Promise<number> {
    if (!this.#isReady) this.cancel();
    let timer: NodeJS.Timeout | undefined;
    const stopSoon = (): void => {
      timer = setTimeout(() => this.cancel(), drainMs);
    };
    if (abort.aborted) stopSoon();
    else abort.addEventListener('abort', stopSoon);
    await this.#sending;
    clearTimeout(timer);
    abort.removeEventListener('abort', stopSoon);
    const unsent = this.#waiting.length;
    this.cancel();
    return unsent;
  }

  /** Sends nothing more. */
  cancel(): void {
    this.#stop.abort();
  }

  #continue(): void {
    if (!this.#isReady || this.#waiting.length === 0 || this.#stop.signal.aborted) return;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    const { signal } = this.#stop;
    const { retryMs = backoffMs } = this.#options;
    for (let attempt = 0; this.#waiting.length > 0 && !signal.aborted; ) {
      const waiting = this.#waiting;
      if (await this.#send(waiting[0] as PublishedFileName)) {
        // After a `restart`, the file is sent again: the gateway may have lost it.
        if (this.#waiting === waiting) waiting.shift();
        attempt = 0;
      } else {
        const woken = new AbortController();
        this.#wake = () => woken.abort();
        const either = AbortSignal.any([signal, woken.signal]);
        await wait(retryMs(attempt++), undefined, { signal: either }).catch(() => {});
      }
    }
  }

  /** Sends a file, unless the gateway has it. Returns whether no other attempt is needed, or would help. */
  async #send(file: PublishedFileName): Promise<boolean> {
    const { folder } = this.#options;
    try {
      if ((await this.#request('HEAD', file)).ok) return true;
      const content = await readFile(join(folder, publishedFilePath(file.kind, file.digest)));
      const answer = await this.#request('PUT', file, content);
      if (answer.ok) return true;
      const problem = decode(problemDetailsSchema, await answer.text());
      const isTemporary = answer.status >= 500 || temporaryStatuses.includes(answer.status);
      const isFull = problem.ok && problem.value.code === 'files.full';
      if ((isTemporary && !isFull) || (problem.ok && problem.value.code === 'run.not_found')) return false;
      this.#report(problem.ok ? problem.value.detail : `it answered with status ${answer.status}`);
      if (answer.status === 401 || answer.status === 403) this.cancel();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true; // The run's folder was removed.
      return false;
    }
  }

  #request(method: 'HEAD' | 'PUT', { kind, digest }: PublishedFileName, body?: Buffer): Promise<Response> {
    const { identity, runId } = this.#options;
    const url = `${filesAddress(identity.url)}/runs/${runId}/${kind}/${digest}`;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(requestTimeoutMs)]);
    return fetch(url, {
      method,
      signal,
      redirect: 'error', // The token is for this gateway alone.
      headers: {
        ...(identity.token !== undefined && { authorization: `Bearer ${identity.token}` }),
        ...(body && { 'content-type': 'application/octet-stream' }),
      },
      ...(body && { body: new Uint8Array(body) }),
    });
  }

  #report(reason: string): void {
    if (this.#hasReported) return;
    this.#hasReported = true;
    this.#options.onProblem(reason);
  }
}

/** Returns the address below which the gateway takes files: that of its ingest socket without the last part of the path. */
function filesAddress(socketUrl: string): string {
  const { protocol, host, pathname } = new URL(socketUrl);
  const parent = pathname.replace(/\/+$/, '').replace(/\/[^/]*$/, '');
  return `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}${parent}`;
}
