import { decodeTrustedRunList, type RunChanges, type RunSummary } from '@mnist-monitor/shared/browser';

/** What a command, a request or a change came to; `message` is for people. */
export type Result<T> = { ok: true; value: T } | { ok: false; code: string; message: string };

/** The newest runs that the gateway keeps. */
export async function listRuns(): Promise<Result<RunSummary[]>> {
  const answer = await ask('/api/runs');
  if (!answer.ok) return answer;
  const list = decodeTrustedRunList(answer.value);
  if (list.ok) return { ok: true, value: list.value };
  return {
    ok: false,
    code: list.error.code,
    message: 'The gateway speaks another version; reload the page.',
  };
}

/** Gives a run a name or a note, or pins it. */
export const changeRun = (runId: string, changes: RunChanges, token?: string): Promise<Result<string>> =>
  ask(runAddress(runId), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', ...bearer(token) },
    body: JSON.stringify(changes),
  });

/** Deletes a run and its files, for good. */
export const deleteRun = (runId: string, token?: string): Promise<Result<string>> =>
  ask(runAddress(runId), { method: 'DELETE', headers: bearer(token) });

/** Where a file of the run's saved model is. */
export const modelAddress = (runId: string, file: string): string => `${runAddress(runId)}/model/${file}`;

const runAddress = (runId: string): string => `/api/runs/${encodeURIComponent(runId)}`;

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

async function ask(address: string, options: RequestInit = {}): Promise<Result<string>> {
  try {
    const response = await fetch(address, options);
    const text = await response.text();
    return response.ok ? { ok: true, value: text } : { ok: false, ...problemOf(text, response.status) };
  } catch {
    return { ok: false, code: 'request.failed', message: 'The gateway does not answer.' };
  }
}

/** Reads a problem document (RFC 9457). */
function problemOf(text: string, status: number): { code: string; message: string } {
  try {
    const { code, detail } = JSON.parse(text);
    if (typeof code === 'string' && typeof detail === 'string') return { code, message: detail };
  } catch {
    // Something between the page and the gateway has answered.
  }
  return { code: 'request.failed', message: `The gateway answered with status ${status}.` };
}
