import { setTimeout as wait } from 'node:timers/promises';

const maxAttempts = 5;
const timeoutMs = 10_000;

/** Posts JSON to one URL: in order, one request at a time, with retries. */
export class Webhook {
  #url;
  #last = Promise.resolve();

  constructor(url) {
    this.#url = url;
  }

  /** Resolves when the message is delivered or given up; never rejects. */
  post(message) {
    this.#last = this.#last.then(() => this.#deliver(JSON.stringify(message)));
    return this.#last;
  }

  async #deliver(body) {
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#try(body);
      if (!problem) return;
      if (attempt === maxAttempts) {
        console.error(`the webhook did not accept an alert: ${problem}`);
        return;
      }
      await wait(500 * 2 ** attempt);
    }
  }

  /** @returns The problem, without the URL; undefined when the message is delivered. */
  async #try(body) {
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await fetch(this.#url, { method: 'POST', headers, body, signal, redirect: 'error' });
      return answer.ok ? undefined : `status ${answer.status}`;
    } catch (error) {
      return error.cause?.code ?? error.name;
    }
  }
}
