import '@mnist-monitor/shared/no-eval';
import { connect } from './connection.ts';
import { createChart } from './dom/chart.ts';
import { createConfusion } from './dom/confusion.ts';
import { createFacts } from './dom/facts.ts';
import { oncePerFrame } from './dom/frames.ts';
import { createHeader } from './dom/header.ts';
import { createHealth } from './dom/health.ts';
import { createEpochs, createNotices } from './dom/lists.ts';
import { keepPreferences, readPreferences } from './dom/preferences.ts';
import { createSamples } from './dom/samples.ts';
import { createSmoothing } from './dom/smoothing.ts';
import { createTheme } from './dom/theme.ts';
import { emptySession } from './state/session.ts';

/** Numbers that change more often cannot be read. */
const wordsEveryMs = 100;
/** While a long run is read from its beginning, drawing each frame of it would take longer than reading it. */
const catchUpDrawEveryMs = 500;

const session = emptySession();
const preferences = readPreferences();
const set = (change: Partial<typeof preferences>): void => {
  keepPreferences(Object.assign(preferences, change));
  requestDraw();
};

createTheme(preferences.theme, (theme) => {
  set({ theme });
  for (const part of [lossChart, accuracyChart, samples]) part.recolor();
});
createSmoothing(preferences.smoothing, (smoothing) => set({ smoothing }));

const header = createHeader();
const health = createHealth();
const lossChart = createChart({
  id: 'loss-chart',
  column: 'loss',
  view: preferences.lossView,
  viewChanged: (lossView) => set({ lossView }),
  resized: () => requestDraw(),
});
const accuracyChart = createChart({
  id: 'accuracy-chart',
  column: 'accuracy',
  view: preferences.accuracyView,
  viewChanged: (accuracyView) => set({ accuracyView }),
  resized: () => requestDraw(),
});
const samples = createSamples();
const parts = [createConfusion(), samples.render, createEpochs(), createNotices(), createFacts()];

let wordsAt = Number.NEGATIVE_INFINITY;
function write(): void {
  wordsAt = performance.now();
  header(session, wordsAt);
  health(session, wordsAt);
}

let drawnAt = Number.NEGATIVE_INFINITY;
function draw(): void {
  drawnAt = performance.now();
  lossChart.render(session.run, preferences.smoothing);
  accuracyChart.render(session.run, preferences.smoothing);
  for (const part of parts) part(session.run);
}

const requestDraw = oncePerFrame(() => {
  const now = performance.now();
  const drawNow = session.caughtUp || now - drawnAt >= catchUpDrawEveryMs;
  const writeNow = now - wordsAt >= wordsEveryMs;
  if (drawNow) draw();
  if (writeNow) write();
  if (!drawNow || !writeNow) requestDraw();
});

// Ages, countdowns and "stalled" change without an event; and a hidden page has no frames, but a title.
setInterval(write, 1_000);
connect(session, requestDraw);
requestDraw();
