import { expect, it } from '@jest/globals';
import { runsCsv } from '../../../src/panels/runs/runs-csv.ts';
import { summaryOf } from '../../support/session.ts';

it('the runs as CSV have a line each, with all settings and metrics, and no formulas', () => {
  const csv = runsCsv([
    summaryOf('a', { name: '=1+1', started: { config: { width: 4 } }, bestAccuracy: 0.97 }),
    summaryOf('c', { started: { config: { toString: 'own' } } }),
    summaryOf('b', { tags: ['x', 'y'], epoch: { epoch: 1, step: 1, metrics: { reward: Number.NaN } } }),
  ]);
  const [head = '', first = '', named = '', second = '', rest] = csv.split('\r\n');
  expect(head).toMatch(
    /^run,name,status,tags,note,started,seconds,bestAccuracy,.*,config\.width,config\.toString,metrics\.reward$/,
  );
  expect(first).toMatch(/^a,'=1\+1,running,.*,0\.97,.*,4,,$/);
  expect(named).toMatch(/,,own,$/);
  expect(second).toMatch(/^b,,running,"x, y",.*,,,NaN$/);
  expect(rest).toBe('');
});

it('the runs as CSV have no value of a setting or metric that only another run has, whatever its name', () => {
  const config = JSON.parse('{ "constructor": 1, "__proto__": 2 }');
  const csv = runsCsv([
    summaryOf('a', { started: { config }, epoch: { epoch: 1, step: 1, metrics: { toString: 3 } } }),
    summaryOf('b', { started: { config: {} } }),
  ]);
  const [head, first, second] = csv.split('\r\n');
  expect(head).toMatch(/,config\.constructor,config\.__proto__,metrics\.toString$/);
  expect(first).toMatch(/,1,2,3$/);
  expect(second).toMatch(/,,,$/);
});
