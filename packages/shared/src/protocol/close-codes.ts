/**
 * The codes with which the gateway closes a WebSocket. `retry` is whether the client may reconnect without changing
 * anything. The codes from 4000 to 4999 are reserved for applications (RFC 6455, section 7.4.2).
 */
export const closeCodes = {
  normal: { code: 1000, retry: false, meaning: 'The client closed the connection.' },
  goingAway: { code: 1001, retry: true, meaning: 'The gateway stops or restarts.' },
  protocolError: { code: 1002, retry: false, meaning: 'A frame does not follow RFC 6455.' },
  notUtf8: { code: 1007, retry: false, meaning: 'A text message is not UTF-8.' },
  tooFragmented: { code: 1008, retry: false, meaning: 'A message has more fragments than the limit.' },
  tooBig: { code: 1009, retry: false, meaning: 'A message exceeded the size limit.' },
  invalid: { code: 4400, retry: false, meaning: 'A message or parameter does not match the protocol.' },
  unauthorized: { code: 4401, retry: false, meaning: 'The token is missing or wrong.' },
  runNotFound: { code: 4404, retry: false, meaning: 'There is no run with this id.' },
  runDeleted: { code: 4405, retry: false, meaning: 'The run was deleted.' },
  helloTimeout: { code: 4408, retry: true, meaning: 'The first message did not arrive in time.' },
  runTaken: { code: 4409, retry: false, meaning: 'Another publisher has this run.' },
  outOfOrder: {
    code: 4410,
    retry: true,
    meaning: 'A seq was skipped; the next `resume` contains the position to continue from.',
  },
  replaced: {
    code: 4411,
    retry: false,
    meaning: 'The same publisher connected again and replaced this connection.',
  },
  otherRun: {
    code: 4412,
    retry: false,
    meaning:
      'The id now belongs to a run that another publisher began, which this publisher cannot continue.',
  },
  runDamaged: {
    code: 4413,
    retry: false,
    meaning:
      'The gateway cannot read what it has stored of the run. It may stay so until the run is deleted.',
  },
  slow: { code: 4420, retry: true, meaning: 'The client read too slowly; reconnect with `after`.' },
  upgradeRequired: {
    code: 4426,
    retry: false,
    meaning: 'The run needs version 2 of the protocol, and the client offers only version 1.',
  },
  tooMany: {
    code: 4429,
    retry: true,
    meaning: 'Messages arrived faster than the limit, or there are too many publishers.',
  },
  internal: { code: 4500, retry: true, meaning: 'Internal error; try again later.' },
  storeUnavailable: {
    code: 4503,
    retry: true,
    meaning: 'The store cannot write at the moment; keep unacknowledged events and reconnect.',
  },
} as const;

export type CloseCodeName = keyof typeof closeCodes;

/** Returns whether a client may reconnect after this close code; true for unknown codes, such as 1006. */
export function isRetryableCloseCode(code: number): boolean {
  const known = Object.values(closeCodes).find((entry) => entry.code === code);
  return known?.retry ?? true;
}

/** Returns the name of a close code, or `unknown`. */
export function closeCodeName(code: number): CloseCodeName | 'unknown' {
  const found = Object.entries(closeCodes).find(([, entry]) => entry.code === code);
  return (found?.[0] as CloseCodeName | undefined) ?? 'unknown';
}
