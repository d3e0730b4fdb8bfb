import type { Outcome } from './net/api.ts';
import { type OtherRun, OtherRuns } from './net/other-runs.ts';
import { Stage } from './net/stage.ts';
import { createCharts } from './panels/charts/charts-panel.ts';
import { createAuthority } from './panels/command-token/command-token.ts';
import { createCompare } from './panels/compare/compare-panel.ts';
import { createHealth } from './panels/connection/connection-panel.ts';
import { complaintOf, createControls, type Tell } from './panels/controls/controls-panel.ts';
import type { DrawPanel } from './panels/draw/draw-panel.ts';
import { createExport } from './panels/export/export-menu.ts';
import { createFacts } from './panels/facts/facts-panel.ts';
import { createHeader } from './panels/header/header-panel.ts';
import { createEpochs, createNotices } from './panels/log/log-panel.ts';
import { chartRuns, summaryNow } from './panels/runs/run-rows.ts';
import { createResults } from './panels/test-results/test-results-panel.ts';
import { createTheme } from './panels/topbar/theme.ts';
import { createFindings } from './state/findings.ts';
import { byId, setText } from './ui/dom.ts';
import { oncePerFrame } from './ui/frames.ts';
import { listenKeys } from './ui/keyboard.ts';
import { keepPreferences, readPreferences } from './ui/preferences.ts';
import { listenPrint } from './ui/print.ts';
import { createViewStore } from './ui/view-store.ts';

/** Numbers that change more often cannot be read. */
const wordsEveryMs = 100;
/** While a long run is read from its beginning, drawing each frame of it would take longer than reading it. */
const catchUpDrawEveryMs = 500;

const preferences = readPreferences();
const store = createViewStore(preferences, (view) => {
  stage.follow(view.run);
  requestDraw();
});
const stage = new Stage({
  changed: () => requestDraw(),
  runsChanged: () => runs?.refreshRuns(),
  // A stretch of the run before says nothing of this one.
  nextRun: () => store.view.viewport.kind === 'fixed' && store.change({ viewport: { kind: 'all' } }),
});
let runs: typeof import('./panels/runs/runs-dialog.ts') | undefined;
const { session } = stage;
const others = new OtherRuns(() => requestDraw());
const authority = createAuthority(() => session.commands);

const followLatest = (): void => store.change({ run: null, viewport: { kind: 'all' } });

const tell: Tell = async (name, data) => {
  const outcome = await authority.attempt(async (token): Promise<Outcome<string | undefined>> => {
    const result = await stage.client?.command(name, data, token === undefined ? {} : { token });
    if (!result) return { ok: false, code: 'command.not_connected', message: 'there is no connection yet' };
    return result.ok ? { ok: true, value: result.runId } : result;
  });
  if (!outcome) return '';
  if (!outcome.ok) return complaintOf(outcome.message);
  // A new run is there to be watched.
  if (name === 'start' && store.view.run !== null) followLatest();
  return undefined;
};

const findingsOf = createFindings();
const header = createHeader();
const health = createHealth(followLatest);
const charts = createCharts(store, () => requestDraw());
const results = createResults(() => requestDraw());
const notices = createNotices((finding) => charts.show(finding));
const compare = createCompare();
const exported = createExport(() => store.link(session.run?.runId ?? null));
const parts = [results.render, createEpochs(), createFacts(), exported];
const holdButton = byId('view-pause', HTMLButtonElement);
let drawPanel: DrawPanel | undefined;

const openReplay = async (): Promise<void> => {
  const { openReplay: open } = await import('./panels/replay/replay-panel.ts');
  await stage.play(open);
};
const openNewRun = async (): Promise<void> =>
  (await import('./panels/new-run/new-run-dialog.ts')).openNewRun(session.run?.started ?? null, tell);
const openHelp = async (): Promise<void> => (await import('./panels/help/help-dialog.ts')).openHelp();
const openRuns = async (): Promise<void> => {
  runs ??= await import('./panels/runs/runs-dialog.ts');
  runs.openRuns({
    store,
    authority,
    shownRun: () => session.run?.runId ?? null,
    mayChange: () => session.commands !== 'off',
  });
};
const openDrawing = async (): Promise<void> => {
  byId('draw-closed', HTMLElement).hidden = true;
  byId('draw-body', HTMLElement).hidden = false;
  drawPanel ??= (await import('./panels/draw/draw-panel.ts')).createDrawPanel();
  drawPanel.render(session.run);
  byId('draw', HTMLElement).scrollIntoView({ block: 'nearest' });
  drawPanel.focus();
};
const controls = createControls({ tell, openNewRun, openReplay });
const theme = createTheme(preferences.theme, (chosen) => {
  preferences.theme = chosen;
  keepPreferences(preferences);
  recolor();
});
function recolor(): void {
  for (const part of [charts, results, drawPanel]) part?.recolor();
}

let wordsAt = Number.NEGATIVE_INFINITY;
function write(): void {
  wordsAt = performance.now();
  header(stage.shown, wordsAt);
  health(session, wordsAt);
  controls(stage.shown);
  charts.write();
  writeComparison();
  setText(holdButton, stage.held ? `Resume view, ${stage.unseen} new` : 'Pause view');
  holdButton.setAttribute('aria-pressed', String(stage.held));
  holdButton.hidden = stage.run === null;
}

function writeComparison(): void {
  const compared = [{ run: stage.run, summary: session.summary }, ...drawable(followed)];
  compare(
    compared.flatMap(({ run, summary }, at) =>
      run && summary ? [{ summary: summaryNow(summary, run), color: `--run-${at + 1}` }] : [],
    ),
    followed.map(({ problem }) => problem).filter(Boolean),
  );
}

const drawable = (runs: readonly OtherRun[]): OtherRun[] => runs.filter(({ problem }) => problem === '');

let drawnAt = Number.NEGATIVE_INFINITY;
let followed: OtherRun[] = [];
let drawnSeq = 0;
function draw(all = false): void {
  drawnAt = performance.now();
  const { run } = stage;
  followed = others.want(store.view.others.filter((id) => id !== run?.runId));
  const findings = findingsOf(run);
  charts.render({ runs: chartRuns(run, session.summary, drawable(followed)), findings }, all);
  notices(findings);
  for (const part of parts) part(run);
  drawPanel?.render(session.run);
  if (session.heardLive && session.run && session.run.lastSeq > drawnSeq)
    session.delay.add(Date.now() - session.run.lastTime);
  drawnSeq = session.run?.lastSeq ?? 0;
}

const requestDraw = oncePerFrame(() => {
  const now = performance.now();
  const drawNow = session.caughtUp || now - drawnAt >= catchUpDrawEveryMs;
  const writeNow = now - wordsAt >= wordsEveryMs;
  if (drawNow) draw();
  if (writeNow) write();
  if (!drawNow || !writeNow) requestDraw();
});

holdButton.addEventListener('click', () => stage.toggleHold());
byId('runs-open', HTMLButtonElement).addEventListener('click', openRuns);
byId('help-open', HTMLButtonElement).addEventListener('click', openHelp);
byId('draw-open', HTMLButtonElement).addEventListener('click', openDrawing);
listenKeys({
  '?': openHelp,
  r: openRuns,
  n: byId('new-run-open', HTMLButtonElement),
  p: holdButton,
  d: openDrawing,
  t: theme.next,
  ' ': byId('replay-play', HTMLButtonElement),
  x: () => charts.press('axis'),
  l: () => charts.press('log'),
  f: byId('follow', HTMLButtonElement),
  u: () => charts.press('full'),
  '0': byId('zoom-reset', HTMLButtonElement),
});
// A network that comes back, or a page that is looked at again, is worth trying at once.
addEventListener('online', () => stage.client?.retryNow());
document.addEventListener('visibilitychange', () => document.hidden || stage.client?.retryNow());
listenPrint(() => {
  draw(true);
  write();
  recolor();
});

// Ages, countdowns and "stalled" change without an event; and a hidden page has no frames, but a title.
setInterval(write, 1_000);
stage.follow(store.view.run);
requestDraw();
