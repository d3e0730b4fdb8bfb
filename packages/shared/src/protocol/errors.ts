import { printable, printableLine } from './printable.ts';

/**
 * Every error that users and programs can receive, by its stable code. `exitCode` is the status of a process that exits
 * because of the error: 2 if the user has to change an input first, otherwise 1.
 */
export const errorCodes = {
  'option.invalid': {
    exitCode: 2,
    meaning: 'A flag is unknown, an environment variable is misspelt, or a value is out of range.',
  },
  'port.unavailable': { exitCode: 2, meaning: 'The address to listen on is in use or not permitted.' },
  'runs.unwritable': { exitCode: 2, meaning: 'The folder of runs cannot be written.' },
  'run.exists': { exitCode: 2, meaning: 'A run with this id exists already.' },
  'run.taken': { exitCode: 2, meaning: 'Another trainer uses the run with this id.' },
  'run.busy': { exitCode: 1, meaning: 'The run has not ended; stop it first.' },
  'run.not_found': { exitCode: 2, meaning: 'There is no run with this id.' },
  'run.damaged': {
    exitCode: 2,
    meaning:
      'A file that is needed to resume the run is damaged, or the gateway cannot read its stored events.',
  },
  'dataset.invalid': {
    exitCode: 2,
    meaning: 'A dataset file is missing, damaged or inconsistent with the others.',
  },
  'classes.invalid': {
    exitCode: 2,
    meaning:
      'A dataset does not have 2 to 1,000 classes, a label has no name, or the file of names is damaged.',
  },
  'engine.unavailable': { exitCode: 2, meaning: 'The requested engine does not work on this machine.' },
  'store.unusable': {
    exitCode: 2,
    meaning: 'The database cannot be opened or belongs to another program.',
  },
  'store.in_use': { exitCode: 2, meaning: 'Another gateway uses the folder of runs.' },
  'store.full': { exitCode: 1, meaning: 'No space is left for the database.' },
  'store.read_only': { exitCode: 1, meaning: 'The database can be read but not written.' },
  'store.vanished': {
    exitCode: 1,
    meaning: 'The database was moved, replaced or deleted while in use.',
  },
  'store.failing': { exitCode: 1, meaning: 'The database cannot be read or written.' },
  'store.stalled': {
    exitCode: 1,
    meaning: 'The database has not responded for seconds; new events wait for it.',
  },
  'store.crashed': {
    exitCode: 1,
    meaning: 'The thread of the gateway that reads or writes the database has ended; it is started again.',
  },
  'backup.failed': { exitCode: 2, meaning: 'The database could not be copied.' },
  'message.malformed': { exitCode: 1, meaning: 'A message is not JSON in UTF-8.' },
  'message.invalid': { exitCode: 1, meaning: 'A message does not match its schema.' },
  'request.invalid': { exitCode: 1, meaning: 'A parameter of an HTTP request is invalid.' },
  'request.method_not_allowed': {
    exitCode: 1,
    meaning: 'The address does not have this method; the header `Allow` lists those it has.',
  },
  'request.not_found': { exitCode: 1, meaning: 'No page or resource has this address.' },
  'request.forbidden': {
    exitCode: 1,
    meaning:
      'The requested address (Host), the requesting page (Origin) or the way through a proxy is not allowed.',
  },
  'command.unauthorized': {
    exitCode: 1,
    meaning: 'Commands and changes need the command token, and it is missing or wrong.',
  },
  'command.off': {
    exitCode: 1,
    meaning:
      'Commands and changes are off: other machines can reach the port, directly or through a proxy, and no command token is set.',
  },
  'command.no_trainer': {
    exitCode: 1,
    meaning: 'No trainer is connected for the run, or none waits for a start.',
  },
  'command.refused': {
    exitCode: 1,
    meaning: 'The trainer does not accept the command, or not now; the message contains the reason.',
  },
  'command.timeout': {
    exitCode: 1,
    meaning:
      'No answer arrived in time, so the command may have been executed or not; send it again with the same id.',
  },
  'command.too_many': {
    exitCode: 1,
    meaning: 'Commands arrive faster than the limit, or too many wait for their answers.',
  },
  'command.not_connected': {
    exitCode: 1,
    meaning: 'The client has no connection to the gateway; nothing was sent.',
  },
  'request.too_many': {
    exitCode: 1,
    meaning:
      'This address has too many connections, opens them too fast, or sent too many wrong tokens; try again later.',
  },
  'gateway.unreachable': { exitCode: 2, meaning: 'No gateway answers at the given address.' },
  'publish.unauthorized': {
    exitCode: 2,
    meaning: 'Publishing needs the token, and it is missing or wrong.',
  },
  'file.invalid': { exitCode: 1, meaning: 'The content of a file does not have the digest of its address.' },
  'file.too_large': { exitCode: 2, meaning: 'A file is larger than the limit of its kind.' },
  'file.too_many': {
    exitCode: 2,
    meaning: 'The run has as many files of this kind as it may have; delete some first.',
  },
  'files.full': {
    exitCode: 1,
    meaning:
      'The files that publishers have sent for all runs take as much space as they may; delete runs, or allow more with `--uploads`.',
  },
  'server.full': {
    exitCode: 1,
    meaning: 'The gateway has reached its limit of connections; try again later.',
  },
  internal: { exitCode: 1, meaning: 'Internal error; the log contains the details.' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * An error with a stable code. Its message is for people and has one line: what was expected, what was found, what to do.
 * Only `option.invalid` has a line for each mistake.
 *
 * @example throw new MonitorError('run.exists', '--run-id: expected a new id, but the run exists', { cause });
 */
export class MonitorError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code === 'option.invalid' ? printable(message) : printableLine(message), options);
    this.name = 'MonitorError';
    this.code = code;
  }

  /** Status with which a process exits because of this error. */
  get exitCode(): number {
    return errorCodes[this.code].exitCode;
  }
}

/**
 * Describes an error that ends a process: the text for standard error and the exit code. An internal error shows its stack,
 * without control characters, since its message may contain text from outside.
 */
export function describeFailure(error: unknown): { text: string; exitCode: number } {
  if (error instanceof MonitorError) return { text: error.message, exitCode: error.exitCode };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: printable(text), exitCode: 1 };
}
