import {
  decodeTrustedRunList,
  type RunChanges,
  type RunList,
  type RunSort,
} from '@mnist-monitor/shared/browser';

/** The result of a request or a command. `message` is a text for the viewer. */
export type Result<T> = { ok: true; value: T } | { ok: false; code: string; message: string };

// All addresses are relative to the page's own: behind a proxy, the page may be below a path such as /monitor/.

/** Returns the address of the live feed of the gateway that served the page. */
export function liveUrl(): string {
  const url = new URL('live', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** The part of the list of runs to load. */
export interface RunListRequest {
  search: string;
  limit: number;
  /** `nextCursor` of the previous page of the list; null for the first one. */
  cursor: string | null;
  /** The newest runs come first without an order. */
  order?: SortOrder;
}

/** The key and the direction by which the list of runs is sorted. */
export interface SortOrder {
  readonly sort: RunSort;
  readonly direction: 'ascending' | 'descending';
}

/** Loads a page of the list of runs that the gateway stores; pinned runs come first in a list that is sorted by start. */
export async function listRuns(wanted: RunListRequest): Promise<Result<RunList>> {
  const { search, limit, cursor, order } = wanted;
  // A viewer who sorts by a value looks for the runs with the highest or lowest ones, pinned or not.
  const isByStart = order === undefined || order.sort === 'started';
  const query = new URLSearchParams({ search, limit: String(limit), ...order });
  if (isByStart) query.set('order', 'pinned');
  if (cursor !== null) query.set('cursor', cursor);
  const response = await request(`api/runs?${query}`);
  if (!response.ok) return response;
  const list = decodeTrustedRunList(response.value);
  if (list.ok) return list;
  return {
    ok: false,
    code: list.error.code,
    message: 'The gateway runs another version. Reload the page.',
  };
}

/** Resolves with whether the gateway stores the run; with false also when it does not respond. */
export const runExists = async (runId: string): Promise<boolean> => (await request(runUrl(runId))).ok;

/**
 * Reads one curve of a run, thinned to at most `points` points, in the order of its events. Null when the gateway cannot read it
 * now. Values that are not finite are NaN.
 */
export async function readCurve(runId: string, field: string, points: number): Promise<number[] | null> {
  const query = new URLSearchParams({ fields: field, points: String(points), x: 'seq' });
  const response = await request(`${runUrl(runId)}/series?${query}`);
  if (!response.ok) return null;
  const { series } = JSON.parse(response.value) as { series: { y: (number | string)[] }[] };
  return series[0]?.y.map(Number) ?? [];
}

/** Changes the title, note, pin, name or tags of a run. */
export const changeRun = (runId: string, changes: RunChanges, token?: string): Promise<Result<string>> =>
  request(runUrl(runId), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', ...bearer(token) },
    body: JSON.stringify(changes),
  });

/** Deletes a run and its files. This cannot be undone. */
export const deleteRun = (runId: string, token?: string): Promise<Result<string>> =>
  request(runUrl(runId), { method: 'DELETE', headers: bearer(token) });

/**
 * Resolves with the reason why no live connection opens, as a text for the viewer; empty when nothing responds. This takes
 * a separate request, because browsers hide the HTTP response to a WebSocket upgrade from pages.
 */
export async function liveRefusal(): Promise<string> {
  const response = await request('live/check', { method: 'POST' });
  if (response.ok)
    return 'The gateway responds, but no live connection opens. A proxy in front has to forward Upgrade and Connection, over HTTP/1.1 (docs/proxy.md).';
  if (response.code === 'request.failed') return '';
  if (response.code === 'proxy.failed') return response.message;
  return `The gateway refuses this page: ${response.message}.`;
}

/** Returns the address of a file of the run's saved model. */
export const modelFileUrl = (runId: string, file: string): string => `${runUrl(runId)}/model/${file}`;

/** Returns the address of a snapshot of the run's weights. */
export const snapshotUrl = (runId: string, digest: string): string => `${runUrl(runId)}/snapshots/${digest}`;

/** Returns the address of the test images of a run. */
export const testImagesUrl = (runId: string, digest: string): string =>
  `${runUrl(runId)}/test-images/${digest}`;

/** Returns the address of an export of all events of a run, in one of the formats. */
export const exportUrl = (runId: string, format: ExportFormat): string => `${runUrl(runId)}/export.${format}`;

/**
 * The formats of exports. `bom=true` adds a byte order mark for spreadsheets; `nonfinite=null` writes null for numbers that are
 * not finite.
 */
export type ExportFormat = 'csv' | 'csv?bom=true' | 'jsonl' | 'jsonl?nonfinite=null';

/** Returns the address of the measurements of a run's layers as CSV. */
export const layersCsvUrl = (runId: string): string => `${runUrl(runId)}/layers.csv`;

/** Returns the address of an array that the gateway collects from a run's events, as a file for NumPy. */
export const arrayUrl = (runId: string, name: string): string => `${runUrl(runId)}/arrays/${name}.npy`;

const runUrl = (runId: string): string => `api/runs/${encodeURIComponent(runId)}`;

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

async function request(url: string, options: RequestInit = {}): Promise<Result<string>> {
  try {
    const response = await fetch(url, options);
    const text = await response.text();
    return response.ok ? { ok: true, value: text } : { ok: false, ...parseProblem(text, response.status) };
  } catch {
    return { ok: false, code: 'request.failed', message: 'The gateway does not respond.' };
  }
}

/** Parses a problem document (RFC 9457). */
function parseProblem(text: string, status: number): { code: string; message: string } {
  try {
    const { code, detail } = JSON.parse(text);
    if (typeof code === 'string' && typeof detail === 'string') return { code, message: detail };
  } catch {
    // Only the gateway sends problem documents.
  }
  return {
    code: 'proxy.failed',
    message: `A proxy in front of the gateway responds with status ${status}.`,
  };
}
