import { describe, expect, it } from '@jest/globals';
import type { EventBody, MonitorEvent } from '@mnist-monitor/shared';
import type { Page } from 'playwright-core';
import { violations, violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import {
  bareRun,
  epochsOnlyRun,
  languageModelRun,
  manyClassRun,
  metricsRun,
  regressionRun,
} from './support/kinds-of-runs.ts';
import { type Monitor, useMonitor } from './support/monitor.ts';
import { chartPart, field, runOf, shows, untilStep } from './support/page-elements.ts';
import { strokeSnapshotRun } from './support/stroke-snapshots.ts';

const chromiumPath = findChromium();
const token = 'open sesame, open wide';

/** A state of the page: the events of its run, and what a viewer does until the page shows it. */
interface State {
  events?: (runId: string, monitor: Monitor) => readonly MonitorEvent[];
  /** Further parameters of the address. */
  query?: string;
  /** Whether the run's trainer accepts commands. */
  controlled?: boolean;
  reach: (page: Page, monitor: Monitor) => Promise<unknown>;
}

const until = (runId: string, step: number): MonitorEvent[] =>
  runOf(runId).slice(0, untilStep(runOf(runId), step));

/** Returns the events of a run up to a step, and others after them. */
function followedBy(runId: string, step: number, ...bodies: readonly EventBody[]): MonitorEvent[] {
  const events = until(runId, step);
  const { seq, time } = events.at(-1) as MonitorEvent;
  const more = bodies.map((body, index) => ({ v: 1, runId, seq: seq + 1 + index, time, ...body }));
  return [...events, ...(more as MonitorEvent[])];
}

const ended = (status: 'stopped' | 'failed' | 'interrupted'): EventBody => ({
  type: 'run.finished',
  data: { status, reason: `the run has ${status}`, seconds: 12, files: [] },
});

const paused: EventBody = {
  type: 'notice',
  data: { level: 'info', code: 'run.paused', message: 'Paused by a viewer.', step: 25 },
};

const notANumber: EventBody = {
  type: 'batch',
  data: { step: 26, epoch: 2, batch: 6, loss: Number.NaN },
};

/** Resolves when the page shows the phase, with the colour of `phase`. */
const inPhase =
  (phase: string) =>
  (page: Page): Promise<void> =>
    page.locator(`#hero[data-phase="${phase}"]`).waitFor();

/** Resolves when the page has read all stored events. */
const isLive = (page: Page): Promise<void> => shows(page, field('health-state'), 'Live');

/** Clicks an element, and resolves when another one is visible. */
const opens =
  (button: string, opened: string) =>
  async (page: Page): Promise<void> => {
    await page.locator(button).first().click();
    await page.locator(opened).first().waitFor();
  };

/** Opens the form for a new run of a trainer that waits for one. */
const openForm = async (page: Page, monitor: Monitor): Promise<void> => {
  await monitor.publish({ commands: ['start'] });
  await opens('#new-run-open', '#new-run-form')(page);
};

/** States of the page that other tests do not check in passing: they check the alert, the probe, layers, metrics and timeline. */
const states: Record<string, State> = {
  'no run': { reach: (page) => page.locator('#hero[data-phase="noRun"]').waitFor() },
  'an unknown run': { query: '&run=nowhere', reach: (page) => shows(page, '#banner', 'nowhere') },
  'the first seconds of a run': { events: (id) => until(id, 1), controlled: true, reach: inPhase('running') },
  'a run in training': { events: (id) => until(id, 45), controlled: true, reach: inPhase('running') },
  'a paused run': {
    events: (id) => followedBy(id, 25, paused),
    controlled: true,
    reach: inPhase('paused'),
  },
  'a paused view': {
    events: (id) => until(id, 45),
    reach: opens('#view-pause', '#view-pause[aria-pressed="true"]'),
  },
  'a finished run': { events: (id) => runOf(id), reach: inPhase('completed') },
  'a stopped run': { events: (id) => followedBy(id, 25, ended('stopped')), reach: inPhase('stopped') },
  'a failed run': { events: (id) => followedBy(id, 25, ended('failed')), reach: inPhase('failed') },
  'an interrupted run': {
    events: (id) => followedBy(id, 25, ended('interrupted')),
    reach: inPhase('interrupted'),
  },
  'a diverged run': {
    events: (id) => followedBy(id, 25, notANumber),
    reach: (page) => page.locator(chartPart('loss', 'alarm')).filter({ hasText: 'NaN' }).waitFor(),
  },
  'the wall': {
    events: (id) => until(id, 45),
    query: '&view=wall',
    reach: (page) => page.locator('.wall, #wall').first().waitFor(),
  },
  'a frame in another page': {
    events: (id) => until(id, 45),
    query: '&view=embed',
    reach: (page) => page.locator('#embed').waitFor(),
  },
  'a comparison of runs': {
    events: (id) => runOf(id),
    query: '&with=compared',
    reach: async (page, monitor) => {
      await monitor.publish({ runId: 'compared', events: runOf('compared', 2) });
      await page.reload();
      await shows(page, '#compare-table', 'compared');
    },
  },
  'a lost connection': {
    events: (id) => until(id, 25),
    reach: async (page, monitor) => {
      await isLive(page);
      monitor.cut();
      await inPhase('reconnecting')(page);
      await page.locator('#banner').waitFor();
    },
  },
  'a zoomed chart with its table': {
    events: (id) => runOf(id),
    query: '&zoom=step:20-40',
    reach: opens(chartPart('loss', 'table-toggle'), `${chartPart('loss', 'table')} caption`),
  },
  'a regression without accuracy': { events: regressionRun, reach: isLive },
  'a language model': { events: (id) => languageModelRun(id, 10_000), reach: isLive },
  'many classes': { events: (id) => manyClassRun(id, 2), reach: isLive },
  'epochs without batches': { events: epochsOnlyRun, reach: isLive },
  'metrics and figures': { events: (id) => metricsRun(id, 6), reach: isLive },
  'single events': { events: bareRun, reach: isLive },
  'an image inside the network': {
    events: (id, monitor) => strokeSnapshotRun(monitor.runs, id),
    reach: async (page) => {
      await page.locator('#examine-choice').selectOption('7');
      await opens('#examine-mattered summary', '.examine-occlusion')(page);
      await opens('#examine-maps summary', '[data-layer="conv1"]')(page);
    },
  },
  'the help dialog': { reach: opens('#help-open', '#help-dialog') },
  'the list of runs': { events: (id) => runOf(id), reach: opens('#runs-open', '#run-list [data-run]') },
  'the form for a new run': { reach: openForm },
  'the question for the token, also after a wrong one': {
    events: (id) => until(id, 25),
    controlled: true,
    reach: async (page) => {
      await opens('#pause-run', '#token-form')(page);
      await page.locator('#token-form [name="token"]').fill('a wrong token');
      await page.keyboard.press('Enter');
      await shows(page, field('token-error'), 'did not accept');
    },
  },
  'the question before a stop': {
    events: (id) => until(id, 25),
    controlled: true,
    reach: opens('#stop-run', '#confirm-dialog'),
  },
  'the export menu': { events: (id) => runOf(id), reach: opens('#export summary', '#export-csv') },
};

(chromiumPath ? describe : describe.skip)('the page has no violations of accessibility rules with', () => {
  const monitor = useMonitor(chromiumPath, ['--command-token', token]);
  const commands = ['pause', 'resume', 'stop', 'setLearningRate'] as const;

  it.each(Object.keys(states))('%s, in light, dark and forced colours', async (name) => {
    const { events, query = '', controlled, reach } = states[name] as State;
    const runId = name.replaceAll(/\W+/g, '-');
    if (events)
      await monitor.publish({
        ...{ runId, events: events(runId, monitor) },
        ...(controlled && { commands }),
      });
    const page = await monitor.visit(events ? `?run=${runId}${query}` : query.replace('&', '?'));
    await reach(page, monitor);
    expect(await violationsInBothThemes(page)).toEqual([]);
    await page.emulateMedia({ forcedColors: 'active' });
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  });
});
