import type { CommandData, CommandName, CommandResult, RunChanges } from '@mnist-monitor/shared/browser';
import type { TemplateResult } from 'lit-html';
import type { Result } from '../net/api.ts';
import type { OtherRun } from '../net/other-runs.ts';
import type { ChartRun } from '../state/chart-runs.ts';
import type { RunSummary } from '../state/event-data.ts';
import type { ExaminedImage } from '../state/examined-image.ts';
import type { Finding } from '../state/findings.ts';
import type { Run } from '../state/run.ts';
import type { RunAtStep } from '../state/run-at-step.ts';
import type { Session } from '../state/session.ts';
import type { View } from '../state/view.ts';
import type { Theme } from './preferences.ts';

/** The state that panels render. Runs and sessions change in place; their lists and records are replaced. */
export interface PageState {
  /** The run on display: the followed one, or a copy of it while the view is paused. Null without a run. */
  readonly run: Run | null;
  /** The gateway's summary of the run on display; null before it has sent one. */
  readonly summary: RunSummary | null;
  /** The part of the run that was known at the position of the timeline. Null without a run. */
  readonly runAtStep: RunAtStep | null;
  /** The image that the viewer looks at inside the network; null before they have chosen one. */
  readonly examined: ExaminedImage | null;
  /** The session of the followed run, even while the view is paused. */
  readonly session: Session;
  /** The runs that the charts draw: the run on display, then the compared ones that could be read. */
  readonly chartRuns: readonly ChartRun[];
  /** The runs compared with the one on display, also those that cannot be read. */
  readonly others: readonly OtherRun[];
  /** The findings of the run on display, oldest first. */
  readonly findings: readonly Finding[];
  /** The findings of the followed run, even while the view is paused. */
  readonly liveFindings: readonly Finding[];
  /** The warning or error of the followed run that has just occurred, until the viewer dismisses it; null without one. */
  readonly alert: Finding | null;
  readonly view: View;
  readonly theme: Theme;
  /** Number of events received since the view was paused; null while the view is live. */
  readonly unseenEvents: number | null;
  /** Time of the frame, in milliseconds of `timeOnPage()`. */
  readonly now: number;
  /**
   * When this page was saved as a file, in milliseconds since 1970: such a page has no gateway, so nothing can be commanded or loaded.
   * Null on a live page.
   */
  readonly savedAt: number | null;
  /** Whether the page is drawn for print, which also draws the charts that are off screen. */
  readonly printing: boolean;
}

/** A trainer's answer to a command that it accepted: `runId` after `start`, `queue` after a command about its queue. */
export type CommandAnswer = Omit<Extract<CommandResult, { ok: true }>, 'type' | 'id' | 'ok'>;

/**
 * Sends a command to the trainer, and resolves with its answer.
 * @param runId The run that the viewer saw when they gave the command: the page may show another one by now. Null without one.
 * @returns The answer, or the error as a sentence, which is empty when the viewer did not enter the token.
 */
export type ExecuteCommand = <N extends CommandName>(
  runId: string | null,
  name: N,
  data?: CommandData<N>,
) => Promise<Result<CommandAnswer>>;

/**
 * Sends a command to the trainer, with the parameters of `ExecuteCommand`.
 * @returns Undefined on success, the error as a sentence, or an empty text when the viewer did not enter the token.
 */
export type SendCommand = <N extends CommandName>(
  runId: string | null,
  name: N,
  data?: CommandData<N>,
) => Promise<string | undefined>;

/** The actions of panels that affect more than the panel itself. */
export interface PageActions {
  /** Renders all panels in the next frame. Call it after a change to a panel's own state by the viewer. */
  refresh(): void;
  /**
   * Requests a frame for content that has arrived: the panels draw in it, and those on screen are rendered at most ten times a
   * second.
   */
  requestFrame(): void;
  changeView(change: Partial<View>): void;
  followLatest(): void;
  /** Reconnects at once, if the page waits before it reconnects. */
  retryNow(): void;
  /** Returns an address that shows the same view to other viewers. */
  viewLink(): string;
  /** Puts the charts' cursor at a finding and scrolls the charts into view. */
  showFinding(finding: Finding): void;
  /** Removes the alert, which the viewer has seen. */
  dismissAlert(): void;
  sendCommand: SendCommand;
  /**
   * Changes the name, the tags or other annotations of a run.
   * @returns Undefined on success, the error as a sentence, or an empty text when the viewer did not enter the token.
   */
  changeRun(runId: string, changes: RunChanges): Promise<string | undefined>;
  togglePause(): void;
  nextTheme(): void;
  openRuns(): void;
  openNewRun(): void;
  openDraw(): void;
  /** Sets the image that the viewer looks at inside the network; null for none. */
  examine(image: ExaminedImage | null): void;
  /** Looks at an image inside the network, and moves the page and the focus to it. */
  lookInside(image: ExaminedImage): void;
  openHelp(): void;
}

/**
 * A part of the page. `layout.ts` lists the panels in their order.
 *
 * @example
 * export const clockPanel: Panel = {
 *   render: ({ now }) => html`<section class="card clock">${formatClock(now / 1_000)}</section>`,
 * };
 */
export interface Panel {
  /**
   * Returns the panel's template. Runs at most ten times a second, because numbers that change more often cannot be
   * read, and right after `refresh` and a change of the view. Off screen, it runs about once a second. lit-html writes only the
   * values that have changed.
   */
  render(state: PageState, actions: PageActions): TemplateResult;
  /**
   * Draws canvases and other content for which the template only reserves space: at most once per animation
   * frame, after the first `render`.
   */
  draw?(state: PageState, actions: PageActions): void;
  /** Draws again after the page's colours have changed. */
  recolor?(): void;
}
