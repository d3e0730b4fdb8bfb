// Imported first: it reports errors in the modules below.
import '../ui/failure.ts';
import '../main.css';
import { layout } from '../layout.ts';
import { runChartAction, showOnCharts } from '../panels/charts/charts-panel.ts';
import { drawPanel, openDrawingBoard } from '../panels/draw/draw-panel.ts';
import { topbarPanel } from '../panels/topbar/topbar-panel.ts';
import { endTour } from '../panels/tour/tour-state.ts';
import { chartRuns } from '../state/chart-runs.ts';
import { type ExaminedImage, imageIn, testSetOf } from '../state/examined-image.ts';
import { findingsOf } from '../state/findings.ts';
import { createCachedRunAtStep } from '../state/run-at-step.ts';
import type { SavedState } from '../state/saved-run.ts';
import { emptySession, type Session } from '../state/session.ts';
import { viewOf } from '../state/view.ts';
import { focusAfterRender } from '../ui/focus.ts';
import { listenForKeys } from '../ui/keyboard.ts';
import { PageLoop } from '../ui/page-loop.ts';
import type { PageActions, PageState } from '../ui/panel.ts';
import type { Theme } from '../ui/preferences.ts';
import { applyTheme, nextTheme } from '../ui/theme.ts';
import { readSavedState } from './read-saved-state.ts';
import { setSavedFiles } from './run-files.ts';
import { savedTopbar } from './saved-topbar.ts';
// Imported last, so that their rules override those of the panels.
import '../ui/forced-colors.css';
import '../ui/print.css';

// The page in a saved file: the panels of the live page, with the state at the moment when it was saved.

/** The time of the page, which stands still. */
const now = 0;

/** Returns the session of a page that has received everything and receives nothing more. */
const sessionOf = ({
  savedAt,
  run,
  summary,
  reported,
  gatewayVersion,
  lastEventAgeMs,
}: SavedState): Session => ({
  ...emptySession(),
  ...{ savedAt, run, summary, reported, gatewayVersion, caughtUp: true },
  connection: { name: 'open' },
  lastEventAt: lastEventAgeMs === null ? null : now - lastEventAgeMs,
});

function showSavedPage(saved: SavedState): void {
  const { run, summary, others, savedAt } = saved;
  setSavedFiles(saved.files);
  const session = sessionOf(saved);
  const runAtStepOf = createCachedRunAtStep();
  const findings = findingsOf(run);
  const drawn = chartRuns(
    run,
    summary,
    others.filter(({ problem }) => problem === ''),
  );
  let view = viewOf(saved.view);
  let theme: Theme;
  let examined: { image: ExaminedImage; testSet: string | undefined } | null = null;

  const state = (printing: boolean): PageState => ({
    ...{ run, summary, session, others, view, theme, printing, now, savedAt, findings },
    runAtStep: runAtStepOf(run, view.step),
    examined: examined && imageIn(run, examined),
    chartRuns: drawn,
    liveFindings: findings,
    alert: null,
    unseenEvents: null,
  });

  const doNothing = (): void => {};
  const actions: PageActions = {
    refresh: () => loop.refresh(),
    requestFrame: () => loop.requestFrame(),
    changeView(change) {
      view = { ...view, ...change };
      actions.refresh();
    },
    nextTheme() {
      theme = nextTheme(theme);
      applyTheme(theme);
      loop.recolor();
      actions.refresh();
    },
    showFinding: showOnCharts,
    openDraw: () => openDrawingBoard(actions),
    examine(image) {
      examined = image && { image, testSet: testSetOf(run) };
      actions.refresh();
    },
    lookInside(image) {
      actions.examine(image);
      focusAfterRender(() => document.getElementById('examine-title') ?? undefined);
      requestAnimationFrame(() => document.getElementById('examine')?.scrollIntoView());
    },
    // Everything below needs a gateway; the layout of a saved file has no button for it.
    ...{ followLatest: doNothing, retryNow: doNothing, dismissAlert: doNothing, togglePause: doNothing },
    ...{ openRuns: doNothing, openNewRun: doNothing, openHelp: doNothing },
    viewLink: () => '',
    sendCommand: async () => undefined,
    changeRun: async () => undefined,
  };

  const loop = new PageLoop({
    layout: (show) =>
      layout((panel) => {
        if (panel === topbarPanel) return show(savedTopbar);
        if (panel === drawPanel && !saved.hasWeights) return undefined;
        return show(panel);
      }),
    ...{ state, actions },
  });
  listenForKeys(
    {
      t: actions.nextTheme,
      k: 'timeline-play',
      x: () => runChartAction('axis'),
      l: () => runChartAction('log'),
      u: () => runChartAction('full'),
      '0': 'zoom-reset',
    },
    () => true,
  );
  // It would be offered with each file, and is about a live page.
  endTour();
  document.body.className = '';
  document.body.replaceChildren();
  loop.render();
  loop.requestFrame();
}

readSavedState().then(showSavedPage, (error) => {
  const notice = document.createElement('p');
  notice.className = 'failure';
  notice.textContent = `This file cannot be read: ${error}. It may be damaged, or the browser may be older than 2023.`;
  document.body.replaceChildren(notice);
});
