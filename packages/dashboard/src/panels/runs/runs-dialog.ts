import { html, nothing, render, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { changeRun, deleteRun, listRuns, type Result, runExists } from '../../net/api.ts';
import type { RunSummary } from '../../state/event-data.ts';
import { formatPlural } from '../../state/format.ts';
import { otherRunLimit, type View } from '../../state/view.ts';
import { confirmAction } from '../../ui/confirm.ts';
import { dialogHeader, openDialog } from '../../ui/dialog.ts';
import type { PageActions } from '../../ui/panel.ts';
import type { RunEditor } from '../run-editor/run-editor.ts';
import { runItem } from './run-item.ts';
import { listedRows, type RunRow } from './run-rows.ts';
import './runs.css';

/** The state of the page that the list of runs shows and changes. */
export interface RunsDialogOptions {
  view(): View;
  changeView(change: Partial<View>): void;
  /** Id of the run on display. */
  shownRunId(): string | null;
  /** Whether runs may be named, pinned and deleted. */
  mayChange(): boolean;
  changeRun: PageActions['changeRun'];
  /** Makes a change that may need the command token. The message of the error is empty when the viewer did not enter the token. */
  withCommandToken<T>(action: (token: string | undefined) => Promise<Result<T>>): Promise<Result<T>>;
}

/** Opens the list of runs. */
export function openRuns(options: RunsDialogOptions): void {
  list = new RunsList(options);
}

/** Loads the list again if it is open. */
export function refreshRuns(): void {
  list?.refresh();
}

let list: RunsList | undefined;
/** Text of the search field, kept for the next time that the list is opened. */
let filter = '';

/** Delay before the list is loaded again: changes arrive together, such as the status and first events of a new run. */
const refreshAfterMs = 300;

/** Number of runs that one request adds to the list. */
const pageSize = 100;
/** Maximum number of runs that one request loads when the whole list is loaded again. */
const maxReloadedRuns = 500;

class RunsList {
  readonly #options: RunsDialogOptions;
  readonly #dialog: HTMLDialogElement;
  /** The loaded runs; null before the first page. */
  #summaries: readonly RunSummary[] | null = null;
  /** The number of runs that match the filter, loaded or not. */
  #total = 0;
  #nextCursor: string | null = null;
  /** Compared runs that exist, although they are not among the loaded ones. */
  #unlisted: readonly string[] = [];
  /** Number of loads begun so far. */
  #loads = 0;
  #problem = '';
  #editor: RunEditor | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RunsDialogOptions) {
    this.#options = options;
    this.#dialog = openDialog('runs', this.#template(), 'drawer');
    this.#dialog.addEventListener('close', () => {
      clearTimeout(this.#timer);
      list = undefined;
    });
    void this.#reload();
  }

  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#reload(), refreshAfterMs);
  }

  /** Loads the list again: as many runs as it contains now, at least a page and at most `maxReloadedRuns`. */
  async #reload(): Promise<void> {
    const limit = Math.min(maxReloadedRuns, Math.max(pageSize, this.#summaries?.length ?? 0));
    await this.#loadPage({ limit, cursor: null });
  }

  async #loadPage({ limit, cursor }: { limit: number; cursor: string | null }): Promise<void> {
    const load = ++this.#loads;
    const page = await listRuns({ search: filter.slice(0, 200), limit, cursor });
    // Another load has begun since, so this page is out of date.
    if (load !== this.#loads) return;
    if (page.ok) {
      const { runs, total, nextCursor } = page.value;
      const summaries = cursor === null ? runs : [...(this.#summaries ?? []), ...runs];
      const unlisted = await this.#findUnlisted(summaries);
      if (load !== this.#loads) return;
      this.#summaries = summaries;
      // Set with the list: a run that neither contains is no longer compared when the viewer ticks another one.
      this.#unlisted = unlisted;
      this.#total = total;
      this.#nextCursor = nextCursor;
    }
    this.#problem = page.ok ? '' : page.message;
    this.#show();
  }

  /** Returns the compared runs that exist, although they are not among those in the list. */
  async #findUnlisted(summaries: readonly RunSummary[]): Promise<string[]> {
    const listed = new Set(summaries.map(({ runId }) => runId));
    const others = this.#options.view().others.filter((runId) => !listed.has(runId));
    const exist = await Promise.all(others.map(runExists));
    return others.filter((_, index) => exist[index]);
  }

  /** The compared runs that still exist. */
  get #others(): string[] {
    const known = new Set([...this.#unlisted, ...(this.#summaries ?? []).map(({ runId }) => runId)]);
    return this.#options.view().others.filter((runId) => known.has(runId));
  }

  get #note(): string {
    if (this.#problem !== '') return this.#problem;
    if (this.#summaries === null) return 'Loading…';
    if (this.#summaries.length === 0) return filter === '' ? 'No runs yet.' : 'No run contains these words.';
    const others = this.#others.length;
    const shown = listedRows(this.#summaries, filter).length;
    return [
      `${shown} of ${formatPlural(this.#total, 'run', 'runs')}.`,
      ...(others > 0 ? [`${others} compared with the run shown.`] : []),
      ...(others >= otherRunLimit ? [`No more than ${otherRunLimit + 1} can be compared.`] : []),
    ].join(' ');
  }

  #template(): TemplateResult {
    const others = this.#others;
    const search = ({ target }: Event): void => {
      filter = (target as HTMLInputElement).value;
      // The loaded runs are filtered at once, and the gateway searches all others.
      this.#show();
      this.refresh();
    };
    const loadMore = (): Promise<void> => this.#loadPage({ limit: pageSize, cursor: this.#nextCursor });
    return html`
      ${dialogHeader('runs', 'Runs')}
      <div class="runs-tools">
        <input
          class="input" type="search" id="runs-filter" autofocus value=${filter} @input=${search}
          placeholder="Find by name, tag, note or state" aria-label="Find runs"
        />
        <button class="button" type="button" @click=${() => this.#open(null)}>Follow the latest</button>
      </div>
      <p class="card-note" id="runs-note" role="status">${this.#note}</p>
      <ul class="run-list" id="run-list">
        ${repeat(
          listedRows(this.#summaries ?? [], filter),
          ({ runId }) => runId,
          (row) => this.#item(row, others),
        )}
      </ul>
      ${
        this.#nextCursor === null
          ? nothing
          : html`<button class="button" type="button" id="runs-more" @click=${loadMore}>Show more</button>`
      }`;
  }

  /** Renders the list and restores the focus, which a control loses when its run moves within the list. */
  #show(): void {
    const focused = document.activeElement?.closest<HTMLElement>('[data-control]');
    const runId = focused?.closest<HTMLElement>('.run')?.dataset.run;
    render(this.#template(), this.#dialog);
    if (runId !== undefined && document.activeElement !== focused)
      this.#focus(runId, focused?.dataset.control, { preventScroll: true });
  }

  /** Focuses a control of a run or, when the run is no longer listed, the search field. */
  #focus(runId: string, control: string | undefined, options?: FocusOptions): void {
    const selector = `[data-run="${runId}"] [data-control="${control}"]`;
    const target = this.#dialog.querySelector<HTMLElement>(selector) ?? this.#dialog.querySelector('input');
    target?.focus(options);
  }

  #item(row: RunRow, others: readonly string[]): TemplateResult {
    const { runId } = row;
    const shown = runId === this.#options.shownRunId();
    const compared = others.includes(runId);
    const mayCompare = !shown && (compared || others.length < otherRunLimit);
    return runItem(
      row,
      {
        ...{ shown, compared, mayCompare, mayChange: this.#options.mayChange() },
        editor: this.#editor?.runId === runId ? this.#editor.template() : undefined,
      },
      {
        open: () => this.#open(runId),
        compare: () => this.#compare(runId),
        pin: () => this.#pin(row),
        edit: () => this.#edit(runId),
        delete: () => this.#delete(row),
      },
    );
  }

  #open(runId: string | null): void {
    const others = this.#options.view().others.filter((other) => other !== runId);
    this.#options.changeView({ run: runId, viewport: { kind: 'all' }, others });
    this.#dialog.close();
  }

  #compare(runId: string): void {
    const others = this.#others;
    const without = others.filter((other) => other !== runId);
    this.#options.changeView({ others: without.length < others.length ? without : [...others, runId] });
    this.#show();
  }

  async #pin({ runId, pinned }: RunRow): Promise<void> {
    await this.#attempt((token) => changeRun(runId, { pinned: !pinned }, token));
    this.#focus(runId, 'pin');
  }

  async #edit(runId: string): Promise<void> {
    const run = this.#summaries?.find((known) => known.runId === runId);
    if (!run) return;
    const { RunEditor } = await import('../run-editor/run-editor.ts');
    this.#editor = new RunEditor({
      ...{ run, withNote: true },
      save: async (changes) => {
        const problem = await this.#options.changeRun(runId, changes);
        if (problem === undefined) await this.#reload();
        return problem;
      },
      refresh: () => this.#show(),
      close: () => {
        this.#editor = undefined;
        this.#show();
        this.#focus(runId, 'edit');
      },
    });
    this.#show();
    this.#dialog.querySelector<HTMLElement>('#edit-form [name="name"]')?.focus();
  }

  async #delete({ runId, name }: RunRow): Promise<void> {
    const question = {
      title: `Delete ${name}?`,
      text: 'This removes its events, its files and its saved weights. It cannot be undone.',
      confirmLabel: 'Delete',
    };
    // Called before the list is loaded again: with the run among the compared ones, the list would ask the gateway for it.
    const leaveView = (): void => {
      const others = this.#options.view().others.filter((other) => other !== runId);
      this.#options.changeView({ others, ...(this.#options.shownRunId() === runId && { run: null }) });
    };
    if (await confirmAction(question)) await this.#attempt((token) => deleteRun(runId, token), leaveView);
    this.#focus(runId, 'delete');
  }

  /** Makes a change. On success, calls `onDone` and loads the list again; otherwise the note shows the error. */
  async #attempt(
    action: (token?: string) => Promise<Result<string>>,
    onDone: () => void = () => {},
  ): Promise<void> {
    const result = await this.#options.withCommandToken(action);
    if (result.ok) {
      onDone();
      await this.#reload();
    } else this.#problem = result.message;
    this.#show();
  }
}
