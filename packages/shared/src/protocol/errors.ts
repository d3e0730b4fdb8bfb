/**
 * Every error a user or a program can meet, with its stable code.
 * `exitCode` is what a process ends with when it cannot go on: 2 means that something given to it must change.
 */
export const errorCodes = {
  'option.invalid': {
    exitCode: 2,
    meaning: 'A flag is unknown, an environment variable misspelt, or a value out of range.',
  },
  'port.unavailable': { exitCode: 2, meaning: 'The address to listen on is in use or not permitted.' },
  'runs.unwritable': { exitCode: 2, meaning: 'The runs folder cannot be written.' },
  'run.exists': { exitCode: 2, meaning: 'A run with this id is there already.' },
  'run.taken': { exitCode: 2, meaning: 'Another trainer is on the run with this id.' },
  'run.busy': { exitCode: 1, meaning: 'The run is going on; stop it first.' },
  'run.not_found': { exitCode: 2, meaning: 'There is no run with this id.' },
  'run.damaged': { exitCode: 2, meaning: 'A file from which the run would go on is damaged.' },
  'dataset.invalid': {
    exitCode: 2,
    meaning: 'A dataset file is missing, damaged or does not fit the others.',
  },
  'engine.unavailable': { exitCode: 2, meaning: 'The engine asked for does not work on this machine.' },
  'store.unusable': { exitCode: 2, meaning: 'The database file cannot be opened or is not ours.' },
  'store.in_use': { exitCode: 2, meaning: 'Another gateway uses the runs folder.' },
  'store.full': { exitCode: 1, meaning: 'No space is left for the database.' },
  'store.read_only': { exitCode: 1, meaning: 'The database may be read but not written.' },
  'store.vanished': {
    exitCode: 1,
    meaning: 'The database file was moved, replaced or removed while in use.',
  },
  'store.failing': { exitCode: 1, meaning: 'The database cannot be read or written.' },
  'backup.failed': { exitCode: 2, meaning: 'The copy of the database could not be made.' },
  'message.malformed': { exitCode: 1, meaning: 'A message is not JSON in UTF-8.' },
  'message.invalid': { exitCode: 1, meaning: 'A message does not fit its schema.' },
  'request.invalid': { exitCode: 1, meaning: 'A parameter of an HTTP request does not fit.' },
  'request.not_found': { exitCode: 1, meaning: 'No page or resource has this address.' },
  'request.forbidden': {
    exitCode: 1,
    meaning: 'The address asked for (Host), or the page that asks (Origin), is not one of ours.',
  },
  'command.unauthorized': {
    exitCode: 1,
    meaning: 'Commands and changes need the command token, and none or another one came.',
  },
  'command.off': {
    exitCode: 1,
    meaning: 'The port is reached from elsewhere and no command token is set: commands and changes are off.',
  },
  'command.no_trainer': {
    exitCode: 1,
    meaning: 'No trainer is there for it: none is connected for the run, or none waits for a start.',
  },
  'command.refused': {
    exitCode: 1,
    meaning: 'The trainer does not do this, or not now; the message says why.',
  },
  'command.timeout': {
    exitCode: 1,
    meaning:
      'No answer came in time, so it is not known whether it was done: send it again with the same id.',
  },
  'command.too_many': {
    exitCode: 1,
    meaning: 'Commands come faster than they are taken, or too many wait for their answers.',
  },
  'command.not_connected': {
    exitCode: 1,
    meaning: 'The client has no connection to the gateway: nothing was sent.',
  },
  'request.too_many': {
    exitCode: 1,
    meaning: 'This address has too many connections, or connects too often; try again later.',
  },
  'server.full': {
    exitCode: 1,
    meaning: 'So many clients are connected that no other fits; try again later.',
  },
  internal: { exitCode: 1, meaning: 'A mistake of ours; the log says more.' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a stable code whose message is one line for the user: what was expected, what came, what to do. */
export class MonitorError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MonitorError';
    this.code = code;
  }

  get exitCode(): number {
    return errorCodes[this.code].exitCode;
  }
}
