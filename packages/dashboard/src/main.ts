// Imported first: it reports errors in the modules below.
import './ui/failure.ts';
import './main.css';
import { html } from 'lit-html';
import { layout } from './layout.ts';
import { changeRun, type Result } from './net/api.ts';
import { OtherRuns } from './net/other-runs.ts';
import { RunDisplay } from './net/run-display.ts';
import { timeOnPage } from './net/time-on-page.ts';
import { runChartAction, showOnCharts } from './panels/charts/charts-panel.ts';
import { acceptedStarts, queueRunOf } from './panels/controls/available-controls.ts';
import { showCommandProblem } from './panels/controls/controls-panel.ts';
import { openDrawingBoard } from './panels/draw/draw-panel.ts';
import { startTour } from './panels/tour/tour-state.ts';
import { Alerts } from './state/alerts.ts';
import { chartRuns } from './state/chart-runs.ts';
import { type ExaminedImage, imageIn, testSetOf } from './state/examined-image.ts';
import { createCachedFindings, findingText } from './state/findings.ts';
import { capitalize } from './state/format.ts';
import { phaseOf } from './state/phase.ts';
import { latestEventTime } from './state/run.ts';
import { createCachedRunAtStep } from './state/run-at-step.ts';
import type { WatchedRun } from './state/run-news.ts';
import { displayNameOf, withName } from './state/run-summaries.ts';
import type { View } from './state/view.ts';
import { announce } from './ui/announcer.ts';
import { focusAfterRender } from './ui/focus.ts';
import { listenForKeys } from './ui/keyboard.ts';
import { allowDownloads, lazyPart } from './ui/lazy-part.ts';
import { onDemandDialog } from './ui/on-demand.ts';
import { PageLoop } from './ui/page-loop.ts';
import type { CommandAnswer, ExecuteCommand, PageActions, PageState, SendCommand } from './ui/panel.ts';
import { type Preferences, readPreferences, savePreferences, type Theme } from './ui/preferences.ts';
import { applyTheme, nextTheme } from './ui/theme.ts';
import { createViewStore } from './ui/view-store.ts';
// Imported last, so that their rules override those of the panels.
import './ui/forced-colors.css';
import './ui/print.css';

/**
 * Minimum time between two drawings while the stored events of a run arrive: drawing every frame would take longer than
 * reading the events.
 */
const catchUpDrawEveryMs = 500;

const preferences = readPreferences();
const store = createViewStore(preferences, (view, isStep) => {
  if (isStep) return loop.refreshOnScreen();
  display.follow(view.run);
  actions.refresh();
});
const display = new RunDisplay({
  onChange() {
    const { connection, gatewayVersion } = session;
    const isLost = connection.name === 'waiting' || connection.name === 'connecting';
    allowDownloads(!isLost || gatewayVersion === null);
    loop.requestFrame();
  },
  onRunsChange: () => {
    runsDialog?.refreshRuns();
    newRunDialog?.refreshQueue();
  },
  onTrainersChange: () => newRunDialog?.refreshQueue(),
  looksBack: () => store.view.step !== null,
  onRunAnnotated: (annotations) => others.annotate(annotations),
  onRunDeleted: (runId) => others.markDeleted(runId),
  // The zoomed range and the step may not fit the events that follow.
  onNextRun: () => {
    const { viewport, step } = store.view;
    if (viewport.kind === 'fixed' || step !== null) store.change({ viewport: { kind: 'all' }, step: null });
  },
});
const { session } = display;
const others = new OtherRuns(() => loop.requestFrame());
const findingsOf = createCachedFindings();
const liveFindingsOf = createCachedFindings();
const alerts = new Alerts();
const runAtStepOf = createCachedRunAtStep();
let examined: { image: ExaminedImage; testSet: string | undefined } | null = null;
let newRunDialog: typeof import('./panels/new-run/new-run-dialog.ts') | undefined;
let runsDialog: typeof import('./panels/runs/runs-dialog.ts') | undefined;
const loadCommandToken = onDemandDialog('Command', () => import('./panels/command-token/command-token.ts'));
const loadHelp = onDemandDialog('Help', () => import('./panels/help/help-dialog.ts'));
const loadNewRun = onDemandDialog('New run', () => import('./panels/new-run/new-run-dialog.ts'));
const loadRuns = onDemandDialog('Runs', () => import('./panels/runs/runs-dialog.ts'));

/** The result of a command that was not sent, because the viewer did not wait for a connection: there is nothing to report. */
const notSent = { ok: false, code: 'command.not_sent', message: '' } as const;

async function withCommandToken<T>(
  action: (token: string | undefined) => Promise<Result<T>>,
  mayAsk = true,
): Promise<Result<T>> {
  const code = await loadCommandToken();
  return code ? code.withCommandToken(() => session.commands, action, mayAsk) : notSent;
}

/** Returns the message of an error as a sentence that names the followed run; an empty one stays empty. */
const sentenceOf = (message: string): string =>
  message && `${capitalize(withName(message, session.summary))}.`.replace(/\.\.$/, '.');

const executeCommand: ExecuteCommand = async (runId, name, data) => {
  const send = async (token: string | undefined): Promise<Result<CommandAnswer>> => {
    const answer = await display.client?.command(name, data, {
      by: 'page',
      ...(runId !== null && { runId }),
      ...(token !== undefined && { token }),
    });
    if (!answer) return { ok: false, code: 'command.not_connected', message: 'there is no connection yet' };
    return answer.ok ? { ok: true, value: answer } : answer;
  };
  // The form for a new run reads the queue by itself.
  const result = await withCommandToken(send, name !== 'listQueue');
  // The viewer wants to watch the run that they started.
  if (result.ok && name === 'start' && store.view.run !== null) actions.followLatest();
  return result.ok ? result : { ...result, message: sentenceOf(result.message) };
};

const sendCommand: SendCommand = async (...command) => {
  const result = await executeCommand(...command);
  return result.ok ? undefined : result.message;
};

/** Returns the theme that the viewer has chosen; without a choice, a wall is dark, since bright areas burn in. */
const shownTheme = (): Theme => preferences.theme ?? (isWall() ? 'dark' : undefined);
const isWall = (): boolean => store.view.layout === 'wall';

const actions: PageActions = {
  refresh: () => loop.refresh(),
  requestFrame: () => loop.requestFrame(),
  // A step of one run does not fit another one.
  changeView: (change) => store.change(change.run === undefined ? change : { step: null, ...change }),
  retryNow: () => display.client?.retryNow(),
  followLatest: () => store.change({ run: null, viewport: { kind: 'all' }, step: null }),
  viewLink: () => store.link(display.run?.runId ?? null),
  showFinding: showOnCharts,
  dismissAlert() {
    alerts.current = null;
    actions.refresh();
  },
  sendCommand,
  async changeRun(runId, changes) {
    const result = await withCommandToken((token) => changeRun(runId, changes, token));
    return result.ok ? undefined : sentenceOf(result.message);
  },
  togglePause() {
    display.togglePause();
    actions.refresh();
  },
  nextTheme() {
    preferences.theme = isWall()
      ? shownTheme() === 'dark'
        ? 'light'
        : 'dark'
      : nextTheme(preferences.theme);
    savePreferences(preferences);
    applyTheme(shownTheme());
    loop.recolor();
    actions.refresh();
  },
  openDraw: () => openDrawingBoard(actions),
  examine(image) {
    examined = image && { image, testSet: testSetOf(display.run) };
    actions.refresh();
  },
  lookInside(image) {
    actions.examine(image);
    focusAfterRender(() => document.getElementById('examine-title') ?? undefined);
    requestAnimationFrame(() => document.getElementById('examine')?.scrollIntoView());
  },
  async openHelp() {
    const help = await loadHelp();
    const save = (change: Partial<Preferences>): void => savePreferences(Object.assign(preferences, change));
    help?.openHelp(session.run, {
      areOn: preferences.shortcuts,
      set: (shortcuts) => save({ shortcuts }),
      startTour() {
        startTour();
        actions.refresh();
      },
      notifications: {
        isOn: preferences.notifications,
        set: (notifications) => save({ notifications }),
      },
    });
  },
  async openNewRun() {
    showCommandProblem('', actions);
    newRunDialog = await loadNewRun();
    newRunDialog?.openNewRun({
      run: session.run,
      accepted: () => acceptedStarts(session),
      queueRun: () => queueRunOf(session),
      executeCommand,
      changeView: actions.changeView,
      reportProblem: (problem) => showCommandProblem(problem, actions),
    });
  },
  async openRuns() {
    runsDialog = await loadRuns();
    runsDialog?.openRuns({
      view: () => store.view,
      changeView: actions.changeView,
      shownRunId: () => session.run?.runId ?? null,
      mayChange: () => session.commands !== 'off',
      changeRun: actions.changeRun,
      withCommandToken,
    });
  },
};

function pageState(printing: boolean): PageState {
  const { run, summary } = display;
  const compared = others.follow(store.view.others.filter((id) => id !== run?.runId));
  const readable = compared.filter(({ problem }) => problem === '');
  const liveFindings = liveFindingsOf(session.run);
  // Announces each of them: a run may report several between two frames.
  for (const finding of alerts.update(session.run, liveFindings, session.caughtUp))
    announce(findingText(finding));
  return {
    ...{ run, summary, session, others: compared, view: store.view, printing },
    examined: examined && imageIn(run, examined),
    runAtStep: run && runAtStepOf(run, store.view.step),
    chartRuns: chartRuns(run, summary, readable, store.view.hidden),
    findings: run === session.run ? liveFindings : findingsOf(run),
    liveFindings,
    alert: alerts.current,
    theme: preferences.theme,
    unseenEvents: display.unseenEvents,
    now: timeOnPage(),
    savedAt: null,
  };
}

/** Returns what notifications are about. */
function watchedRun(): WatchedRun {
  const { run, summary, caughtUp } = session;
  const name = run ? displayNameOf(run, summary) : '';
  return { run, name, phase: phaseOf(session), findings: liveFindingsOf(run), caughtUp };
}

let drawnSeq = 0;

/** Measures how long the latest event took to the screen. */
function measureDelay(): void {
  if (session.hasLiveEvents && session.run && session.run.lastSeq > drawnSeq)
    session.delay.add(Date.now() - latestEventTime(session.run));
  drawnSeq = session.run?.lastSeq ?? 0;
}

/** The layouts for other places than a person's screen, and the notifications: loaded when they are asked for. */
const wallLayout = lazyPart(
  async () => (await import('./panels/wall/wall-layout.ts')).wallLayout,
  () => loop.refresh(),
);
const embedLayout = lazyPart(
  async () => (await import('./panels/embed/embed-layout.ts')).embedLayout,
  () => loop.refresh(),
);
const notifyOf = lazyPart(
  async () => (await import('./panels/notifications/notifications.ts')).notifyOf,
  () => {},
);

function layoutOf(name: View['layout']): typeof layout | undefined {
  const { dataset } = document.documentElement;
  if (dataset.layout !== name) applyTheme(shownTheme());
  dataset.layout = name;
  if (name === 'page') return layout;
  return name === 'wall' ? wallLayout() : embedLayout();
}

const loop = new PageLoop({
  layout: (show) => layoutOf(store.view.layout)?.(show) ?? html``,
  ...{ state: pageState, actions },
  drawEveryMs: () => (session.caughtUp ? 0 : catchUpDrawEveryMs),
  onRender() {
    if (phaseOf(session) !== 'connecting') document.body.classList.remove('connecting');
    if (preferences.notifications) notifyOf()?.(watchedRun());
  },
  onDraw: measureDelay,
});

// Each key calls a function, or clicks the button with this id.
const keyActions = {
  '?': actions.openHelp,
  r: actions.openRuns,
  n: 'new-run-open',
  p: 'view-pause',
  d: actions.openDraw,
  t: actions.nextTheme,
  k: 'timeline-play',
  x: () => runChartAction('axis'),
  l: () => runChartAction('log'),
  f: 'follow',
  u: () => runChartAction('full'),
  '0': 'zoom-reset',
};
listenForKeys(keyActions, () => preferences.shortcuts && store.view.layout === 'page');
listenForKeys(
  { t: actions.nextTheme, Escape: () => store.change({ layout: 'page', cycleSeconds: null }) },
  () => preferences.shortcuts && isWall(),
);
// Reconnects at once when the network returns or the page becomes visible.
addEventListener('online', actions.retryNow);
document.addEventListener('visibilitychange', () => document.hidden || actions.retryNow());

applyTheme(shownTheme());
loop.render();
document.body.classList.add('started');
// Ages, countdowns and the phase "stalled" change without events. A hidden page has no animation frames: there, this timer
// alone updates the title.
setInterval(() => loop.render(), 1_000);
display.follow(store.view.run);
loop.requestFrame();
