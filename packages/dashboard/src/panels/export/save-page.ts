import templateAddress from 'virtual:saved-page';
import type { RunStatus } from '@mnist-monitor/shared/browser';
import { bytesBase64 } from '../../state/base64.ts';
import { type Phase, phaseOf } from '../../state/phase.ts';
import type { Run } from '../../state/run.ts';
import { displayNameOf, statusNames } from '../../state/run-summaries.ts';
import { condensedOther, condensedRun, type SavedState } from '../../state/saved-run.ts';
import { isFollowed, type Session } from '../../state/session.ts';
import { encodeState } from '../../state/state-codec.ts';
import { queryOf } from '../../state/view.ts';
import type { PageState } from '../../ui/panel.ts';
import { saveFile } from '../../ui/save-file.ts';
import { readSavedFiles, type SavedFiles } from './saved-files.ts';

/** Maximum size of a saved file in bytes: mail servers and chats accept it. */
export const savedFileLimit = 2_000_000;

/** Shares of a long run's history that are tried until the file is small enough. */
const shares = [1, 0.5, 0.25, 0.1, 0.03] as const;

/**
 * Saves the page as a single HTML file that shows the run from the disk, without a gateway or the network.
 * @returns The name and the size of the file.
 * @throws Error with a text for the viewer when it cannot be made.
 */
export async function savePage(state: PageState): Promise<{ name: string; bytes: number }> {
  const { run } = state;
  if (!run) throw new Error('there is no run');
  const [template, files] = await Promise.all([
    readTemplate(),
    readSavedFiles(run, state.summary?.model ?? false),
  ]);
  const title = displayNameOf(run, state.summary);
  const file = await smallestEnough(state, run, files, (data) => pageWith(template, title, data));
  const name = `${run.runId}.html`;
  saveFile(file, name);
  return { name, bytes: file.size };
}

async function readTemplate(): Promise<string> {
  const response = await fetch(templateAddress).catch(() => {
    throw new Error('the gateway does not respond');
  });
  if (!response.ok) throw new Error(`the gateway answered with status ${response.status}`);
  return response.text();
}

/** Returns the file with the largest share of the run's history that fits, first without and at last without its files. */
async function smallestEnough(
  state: PageState,
  run: Run,
  files: SavedFiles,
  pageOf: (data: string) => Blob,
): Promise<Blob> {
  const noFiles: SavedFiles = { weights: new Map(), testImages: new Map() };
  for (const kept of [files, { ...noFiles, weights: files.weights }, noFiles])
    for (const share of shares) {
      const saved = savedState(state, run, kept, share);
      const file = pageOf(bytesBase64(await compressed(encodeState(saved))));
      if (file.size <= savedFileLimit) return file;
    }
  throw new Error(`the run does not fit into ${savedFileLimit / 1e6} MB`);
}

function savedState(
  { session, summary, view, others, now }: PageState,
  run: Run,
  { weights, testImages }: SavedFiles,
  share: number,
): SavedState {
  const isCurrent = isFollowed(run, session);
  const { lastEventAt, gatewayVersion } = session;
  return {
    ...{ savedAt: Date.now(), view: queryOf(view), summary, gatewayVersion },
    reported: isCurrent ? shownStatus(session) : summary,
    lastEventAgeMs: isCurrent && lastEventAt !== null ? now - lastEventAt : null,
    run: {
      ...condensedRun(run, share),
      snapshots: weights.size > 0 ? run.snapshots.slice(-1) : [],
      started: testImages.size > 0 ? run.started : withoutTestImages(run.started),
    },
    others: others.map((other) => ({ ...other, run: condensedOther(other.run, share) })),
    files: new Map([...weights, ...testImages]),
    hasWeights: weights.size > 0,
  };
}

/** Returns the last report on the run with the status that the page shows, which live events may have changed since. */
function shownStatus(session: Session): Session['reported'] {
  const phase = phaseOf(session);
  return session.reported && isStatus(phase) ? { ...session.reported, status: phase } : session.reported;
}

const isStatus = (phase: Phase): phase is Phase & RunStatus => Object.hasOwn(statusNames, phase);

const withoutTestImages = (started: Run['started']): Run['started'] =>
  started?.dataset ? { ...started, dataset: { ...started.dataset, testImages: null } } : started;

async function compressed(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Returns the page of a saved file: the template with a title, which a publisher may have chosen, and the data in base64. */
function pageWith(template: string, title: string, data: string): Blob {
  const [beforeTitle = '', rest = ''] = template.split('{{title}}');
  const [between = '', end = ''] = rest.split('{{data}}');
  return new Blob([beforeTitle, escapeHtml(title), between, data, end], { type: 'text/html' });
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
