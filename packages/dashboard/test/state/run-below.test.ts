import { expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { runBelow, runBelowText } from '../../src/state/run-below.ts';
import { connectedMessages, sessionOf } from '../support/session.ts';

const of = (runId: string, name?: string) =>
  sessionOf(connectedMessages(sampleRun({ runId }), name === undefined ? {} : { name }));

it('the run below the header is named if it is another one than that of the header', () => {
  const [before, next] = [of('before', 'Baseline'), of('next')];
  expect(runBelow({ ...before, session: before })).toBeNull();
  const frozen = runBelow({ ...before, session: next });
  expect(frozen).toEqual({ name: 'Baseline', reason: 'frozen' });
  expect(runBelowText(frozen)).toContain('“Baseline”, which you were looking at.');
  const starting = { ...before, starting: [{ runId: null, name: null }] };
  expect(runBelowText(runBelow({ ...before, session: starting }))).toContain('“Baseline”, the run before');
  expect(runBelowText(runBelow({ run: null, summary: null, session: next }))).toBe('');
});
