import { type ErrorCode, MonitorError } from '@mnist-monitor/shared/errors';

const codes: Record<string, ErrorCode> = {
  ENOSPC: 'store.full',
  EDQUOT: 'store.full',
  EROFS: 'store.read_only',
  EACCES: 'store.read_only',
  EPERM: 'store.read_only',
};

/** Converts an error of the file system to a `MonitorError`; returns any other error unchanged. */
export function toDiskError(error: unknown, path: string): unknown {
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (error instanceof MonitorError || syscall === undefined) return error;
  const problem =
    codes[code] === 'store.full' ? 'no space is left for' : `the file system fails (${code}) at`;
  return new MonitorError(codes[code] ?? 'store.failing', `${problem} ${path}`, { cause: error });
}
