import { expect, it } from '@jest/globals';
import { withName } from '../../src/state/run-summaries.ts';
import { summaryOf } from '../support/session.ts';

it.each([
  ['run a was deleted', 'a', 'run Wide $& was deleted'],
  ['Run a.b was deleted.', 'a.b', 'Run Wide $& was deleted.'],
  [
    'expected a run that has ended, but a is running',
    'a',
    'expected a run that has ended, but Wide $& is running',
  ],
  ['run a-2 was deleted', 'a', 'run a-2 was deleted'],
  ['run aXb was deleted', 'a.b', 'run aXb was deleted'],
])('a message about a run has its name: %s', (message, runId, expected) => {
  expect(withName(message, summaryOf(runId, { name: 'Wide $&' }))).toBe(expected);
  expect(withName(message, summaryOf(runId))).toBe(message);
  expect(withName(message, null)).toBe(message);
});
