/**
 * Why a WebSocket was closed, and whether the same client may come back as it is.
 * 4000 to 4999 are ours (RFC 6455 section 7.4.2).
 */
export const closeCodes = {
  normal: { code: 1000, retry: false, meaning: 'Done: the client asked for it.' },
  goingAway: { code: 1001, retry: true, meaning: 'The gateway stops or restarts.' },
  tooBig: { code: 1009, retry: false, meaning: 'A message was larger than the limit.' },
  invalid: { code: 4400, retry: false, meaning: 'A message or parameter does not fit the protocol.' },
  unauthorized: { code: 4401, retry: false, meaning: 'The token is missing or wrong.' },
  runNotFound: { code: 4404, retry: false, meaning: 'There is no run with this id.' },
  runDeleted: { code: 4405, retry: false, meaning: 'The run was deleted.' },
  helloTimeout: { code: 4408, retry: true, meaning: 'The first message did not come in time.' },
  runTaken: { code: 4409, retry: false, meaning: 'Another publisher holds this run.' },
  outOfOrder: {
    code: 4410,
    retry: true,
    meaning: 'A number was left out; the answer to the next hello says where to go on.',
  },
  replaced: {
    code: 4411,
    retry: false,
    meaning: 'The same publisher connected again; this is its older connection.',
  },
  slow: { code: 4420, retry: true, meaning: 'The client read too slowly; come back with `after`.' },
  tooMany: { code: 4429, retry: true, meaning: 'More messages came than are taken in a second.' },
  internal: { code: 4500, retry: true, meaning: 'A mistake of ours; try again later.' },
  storeUnavailable: {
    code: 4503,
    retry: true,
    meaning: 'The store cannot write for now; keep what is not acknowledged and come back.',
  },
} as const;

export type CloseCodeName = keyof typeof closeCodes;

/** Whether a client should connect again after this close code. Unknown codes (1006 among them): yes. */
export function isRetryableCloseCode(code: number): boolean {
  const known = Object.values(closeCodes).find((entry) => entry.code === code);
  return known?.retry ?? true;
}

/** The name of a close code, or `unknown`. */
export function closeCodeName(code: number): CloseCodeName | 'unknown' {
  const found = Object.entries(closeCodes).find(([, entry]) => entry.code === code);
  return (found?.[0] as CloseCodeName | undefined) ?? 'unknown';
}
