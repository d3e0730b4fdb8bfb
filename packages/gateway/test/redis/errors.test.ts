import { describe, expect, test } from '@jest/globals';
import { MonitorError } from '@mnist-monitor/shared';
import { ErrorReply } from '@redis/client';
import {
  damageOf,
  ForbiddenCommandsError,
  isWrongType,
  reasonOf,
  toStoreError,
} from '../../src/redis/errors.ts';

const address = 'redis://host:6379';
const wrongType = new ErrorReply('WRONGTYPE Operation against a key holding the wrong kind of value');

describe('an error of Redis', () => {
  test.each<[string, string, string]>([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'store.full', 'no memory is left for'],
    ['MISCONF Errors writing to the AOF file: No space left on device', 'store.full', 'no space is left for'],
    [wrongType.message, 'store.failing', 'a key of another type than expected is in'],
    ["READONLY You can't write against a read only replica.", 'store.read_only', 'writing is not allowed to'],
    ['NOPERM this user has no permissions', 'store.read_only', 'the user lacks permissions at'],
    [
      "ERR The user executing the script can't run this command",
      'store.read_only',
      'the user lacks permissions at',
    ],
    ['MISCONF Errors writing to the AOF file: Input/output error', 'store.failing', 'a command failed at'],
    ['LOADING Redis is loading the dataset in memory', 'store.failing', 'a command failed at'],
    ['ERR no OOM here', 'store.failing', 'a command failed at'],
  ])('has its code, and one line with the reason: %s', (reply, code, problem) => {
    const cause = new ErrorReply(reply);
    const error = toStoreError(cause, address);
    expect(error).toBeInstanceOf(MonitorError);
    expect(error).toMatchObject({ code, message: `${problem} Redis at ${address} (${reply})`, cause });
  });

  test('of the connection is a failure, whatever its words', () => {
    expect(toStoreError(new Error('OOM on the way'), address)).toMatchObject({
      code: 'store.failing',
      message: `a command failed at Redis at ${address} (OOM on the way)`,
    });
  });

  test.each([new RangeError('expected seq 2'), new TypeError('x is not a function')])(
    'is not made of %s',
    (error) => expect(toStoreError(error, address)).toBe(error),
  );

  test.each<[string, Error, string]>([
    ['its message', new Error('no answer'), 'no answer'],
    ['its name, without a message', new RangeError(''), 'RangeError'],
    ['the first line of its message', new Error('one\ntwo'), 'one'],
    ['200 characters of its message', new Error('x'.repeat(201)), 'x'.repeat(200)],
    ['the first of several attempts', new AggregateError([new Error('IPv6'), new Error('IPv4')]), 'IPv6'],
  ])('has as its reason %s', (_what, error, reason) => expect(reasonOf(error)).toBe(reason));

  test('names the commands that a user may not run', () => {
    expect(new ForbiddenCommandsError(['XADD', 'PUBLISH'], address)).toMatchObject({
      ...{ code: 'store.read_only', commands: ['XADD', 'PUBLISH'] },
      message: `the user lacks permissions at Redis at ${address} (XADD, PUBLISH)`,
    });
  });

  test.each<[string, Error, string | undefined, boolean]>([
    ['another type', wrongType, 'a key of it has another type than expected', true],
    [
      'entries of another program',
      new ErrorReply('ERR The ID specified in XADD is equal or smaller than the target stream top item'),
      'its stream has entries of another program',
      false,
    ],
    ['an error that is no reply', new Error(wrongType.message), undefined, false],
    ['another reply', new ErrorReply('OOM command not allowed'), undefined, false],
  ])('shows what is wrong with a run: %s', (_what, error, damage, isType) => {
    expect([damageOf(error), isWrongType(error)]).toEqual([damage, isType]);
  });
});
