import { expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { shortcutGroups } from '../../../src/panels/help/shortcuts.ts';
import { applyEvent, emptyRun, type Run } from '../../../src/state/run.ts';
import { threeClassRun } from '../../support/kinds-of-runs.ts';

const runOf = (events: readonly MonitorEvent[]): Run => {
  const run = emptyRun('shown');
  for (const event of events) applyEvent(run, event);
  return run;
};

const withClasses = (classes: string[]): MonitorEvent[] =>
  sampleRun().map((event) =>
    event.type === 'run.started'
      ? ({ ...event, data: { ...event.data, dataset: { name: 'Letters', classes } } } as MonitorEvent)
      : event,
  );

it.each([
  ['no run', null, 'Draw a digit'],
  ['digits', runOf(sampleRun()), 'Draw a digit'],
  ['letters', runOf(withClasses(['a', 'b', 'c'])), 'Draw a character'],
  ['a run that cannot read drawings', runOf(threeClassRun('three')), undefined],
])('the shortcut for drawing names what is drawn: %s', (_, run, expected) => {
  const shortcuts = shortcutGroups(run).flatMap((group) => group.shortcuts);
  expect(shortcuts.find(({ keys }) => keys.includes('d'))?.description).toBe(expected);
});

it('the keys of the probe images and of the history of an image are listed for runs that have them', () => {
  const titles = (run: Run | null) => shortcutGroups(run).map(({ title }) => title);
  const inside = ['On the test images drifting apart (Tab)', 'On the history of an image (Tab)'];
  expect(titles(runOf(sampleRunOfVersion2()))).toEqual(expect.arrayContaining(inside));
  expect(titles(runOf(sampleRun())).filter((title) => inside.includes(title))).toEqual([]);
  expect(titles(null).filter((title) => inside.includes(title))).toEqual([]);
});
