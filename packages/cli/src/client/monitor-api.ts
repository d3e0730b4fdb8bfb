import {
  type ErrorCode,
  type EventOf,
  type EventType,
  errorCodes,
  eventPageSchema,
  formatIssues,
  MonitorError,
  type MonitorEvent,
  printableLine,
  problemDetailsSchema,
  type RunList,
  type RunSeries,
  type RunSummary,
  runListSchema,
  runSeriesSchema,
  runSummarySchema,
  type SeriesAxis,
  type SeriesField,
  validate,
  withoutCredentials,
} from '@mnist-monitor/shared';
import type { z } from 'zod';

/** Time limit of a request. */
const timeoutMs = 10_000;
/** Largest response that is read: more than a page of events has. */
const maxResponseBytes = 32 * 1024 * 1024;

/** Most notices of a run that are read. */
const maxNotices = 5_000;

/** Reads runs from the REST API of a gateway. Every method throws a MonitorError: the gateway's own, or `gateway.unreachable`. */
export class MonitorApi {
  /** Address of the gateway without user name and password. */
  readonly #base: URL;
  readonly #headers: Record<string, string>;

  /** @param base Address of the gateway, which ends with a slash, with user name and password where a proxy asks for them. */
  constructor(base: URL) {
    this.#base = new URL(withoutCredentials(base.href));
    this.#headers = basicAuthorization(base);
  }

  listRuns(query: { limit: number; search?: string; cursor?: string }): Promise<RunList> {
    return this.#read('api/runs', runListSchema, query);
  }

  /** Yields all runs, the newest first. */
  async *runs(): AsyncGenerator<RunSummary> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: RunList = await this.listRuns({ limit: 50, ...(cursor && { cursor }) });
      yield* page.runs;
      cursor = page.nextCursor;
    }
  }

  /** Returns the summary of a run; of the newest one for the id `latest`. */
  async getRun(runId: string): Promise<RunSummary> {
    if (runId !== 'latest') return this.#read(`api/runs/${encodeURIComponent(runId)}`, runSummarySchema);
    const [newest] = (await this.listRuns({ limit: 1 })).runs;
    if (newest) return newest;
    throw new MonitorError('run.not_found', 'expected a run, but the gateway has none yet');
  }

  getSeries(
    runId: string,
    query: { fields: readonly SeriesField[]; points: number; x?: SeriesAxis; from?: number; to?: number },
  ): Promise<RunSeries> {
    const { fields, ...range } = query;
    const path = `api/runs/${encodeURIComponent(runId)}/series`;
    return this.#read(path, runSeriesSchema, { fields: fields.join(','), ...range });
  }

  /** Yields the events of a run of the given types, in order. */
  async *events(runId: string, types: readonly EventType[], after = 0): AsyncGenerator<MonitorEvent> {
    const path = `api/runs/${encodeURIComponent(runId)}/events`;
    for (let next: number | null = after; next !== null; ) {
      const query = { after: next, limit: 500, types: types.join(',') };
      const page: z.infer<typeof eventPageSchema> = await this.#read(path, eventPageSchema, query);
      yield* page.events;
      next = page.nextAfter;
    }
  }

  /** Returns the notices of a run in order, at most 5,000. */
  async notices(runId: string): Promise<EventOf<'notice'>[]> {
    const notices: EventOf<'notice'>[] = [];
    for await (const event of this.events(runId, ['notice'])) {
      if (event.type === 'notice') notices.push(event);
      if (notices.length === maxNotices) break;
    }
    return notices;
  }

  /** Returns the samples and the results of the last epoch, as far as the run has them. */
  async lastResults(runId: string): Promise<{ samples?: EventOf<'samples'>; epoch?: EventOf<'epoch'> }> {
    // The positions of the epochs in the run, so that the samples of earlier ones, which are large, are not read.
    const query = { fields: ['epoch.test.loss'], points: 10_000, x: 'seq' } as const;
    const positions = (await this.getSeries(runId, query)).series[0]?.x ?? [];
    const last: { samples?: EventOf<'samples'>; epoch?: EventOf<'epoch'> } = {};
    for await (const event of this.events(runId, ['samples', 'epoch'], positions.at(-2) ?? 0))
      if (event.type === 'samples') last.samples = event;
      else if (event.type === 'epoch') last.epoch = event;
    return last;
  }

  async #read<T>(
    path: string,
    schema: z.ZodType<T>,
    query: Readonly<Record<string, string | number>> = {},
  ): Promise<T> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const { ok, json } = await this.#fetchJson(url);
    if (!ok) throw this.#problemOf(json, url);
    const result = validate(schema, json);
    if (result.ok) return result.value;
    throw this.#unreachable(`its answer is invalid (${formatIssues(result.error.issues)})`);
  }

  async #fetchJson(url: URL): Promise<{ ok: boolean; json: unknown }> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(url, { signal, headers: this.#headers, redirect: 'error' });
      const { ok, status } = response;
      const text = await readText(response);
      return { ok, json: parseJson(text, status) };
    } catch (cause) {
      throw this.#unreachable(reasonOf(cause), cause);
    }
  }

  /** Returns the error that the body of a failed response reports. */
  #problemOf(body: unknown, { pathname }: URL): MonitorError {
    const problem = validate(problemDetailsSchema, body);
    if (!problem.ok) return this.#unreachable(`${pathname} has no answer of a gateway`);
    const { code, detail, title } = problem.value;
    const known = code in errorCodes ? (code as ErrorCode) : 'internal';
    return new MonitorError(known, printableLine(detail ?? title));
  }

  #unreachable(reason: string, cause?: unknown): MonitorError {
    const message = `expected a gateway at ${this.#base.href}, but ${reason}; start one, or name another one with --url`;
    return new MonitorError('gateway.unreachable', message, { cause });
  }
}

/** Returns the header with the user name and password of an address; fetch refuses addresses that contain them. */
function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = Buffer.from(decodeURIComponent(`${username}:${password}`)).toString('base64');
  return { authorization: `Basic ${credentials}` };
}

/** @throws RangeError when the text is no JSON. */
function parseJson(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError(
      status === 200 ? 'its answer is not JSON' : `it answered with HTTP status ${status}`,
    );
  }
}

/** Reads the body of a response up to the size limit. @throws RangeError when it is larger. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxResponseBytes) throw new RangeError(`its answer has more than ${maxResponseBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `it did not answer within ${timeoutMs / 1_000} s`;
  if (cause?.code === 'ECONNREFUSED') return 'nothing listens there';
  return `it cannot be reached (${cause?.code ?? cause?.message ?? message})`;
}
