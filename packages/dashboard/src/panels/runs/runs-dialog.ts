import type { RunSort } from '@mnist-monitor/shared/browser';
import { html, nothing, render, type TemplateResult } from 'lit-html';
import { changeRun, deleteRun, listRuns, type Result, runExists, type SortOrder } from '../../net/api.ts';
import type { RunSummary } from '../../state/event-data.ts';
import { capitalize, formatCount, formatPlural } from '../../state/format.ts';
import { displayName, tagsOf, withName } from '../../state/run-summaries.ts';
import { parseTags, tagsProblem } from '../../state/tags.ts';
import { otherRunLimit, type View } from '../../state/view.ts';
import { confirmAction } from '../../ui/confirm.ts';
import { dialogHeader, openDialog } from '../../ui/dialog.ts';
import { onDemandDialog } from '../../ui/on-demand.ts';
import type { PageActions } from '../../ui/panel.ts';
import { saveFile } from '../../ui/save-file.ts';
import { isTouch } from '../../ui/touch.ts';
import type { RunEditor } from '../run-editor/run-editor.ts';
import { RunMenu } from './run-menu.ts';
import { runRow } from './run-rows.ts';
import { newestFirst, nextOrder, sortChoices } from './run-sort.ts';
import { type RowControl, runTable, type TableRow } from './run-table.ts';
import { runsCsv } from './runs-csv.ts';
import type { ScatterView } from './scatter-view.ts';
import { selectionBar } from './selection-bar.ts';
import { Sparklines } from './sparklines.ts';
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
/** Text of the search field and order of the list, kept for the next time that the list is opened. */
let filter = '';
let order: SortOrder = newestFirst;
/** Whether the runs are points and not rows, kept like the order. */
let isScatter = false;

/** Delay before the list is loaded again: changes arrive together, such as the status and first events of a new run. */
const refreshAfterMs = 300;
/** Delay before the list is loaded again after the gateway has not responded. */
const retryAfterMs = 2_000;
/** Delay before a search: shorter than a pause in typing. */
const searchAfterMs = 150;

/** Number of runs that one request adds to the list. */
const pageSize = 100;
/** Maximum number of runs that one request loads when the whole list is loaded again. */
const maxReloadedRuns = 500;

const loadScatter = onDemandDialog('Scatter plot', () => import('./scatter-view.ts'));
const loadEditor = onDemandDialog('Name, tags and note', () => import('../run-editor/run-editor.ts'));

class RunsList {
  readonly #options: RunsDialogOptions;
  readonly #dialog: HTMLDialogElement;
  readonly #menu: RunMenu;
  readonly #sparklines = new Sparklines(() => this.#show());
  readonly #inView: IntersectionObserver;
  /** The scatter plot; undefined before its code is loaded. */
  #scatter: ScatterView | undefined;
  /** Ids of the runs whose rows are in view. */
  readonly #visible = new Set<string>();
  /** The loaded runs; null before the first page. */
  #summaries: readonly RunSummary[] | null = null;
  /** The selected runs. All of them are in the list: an action must not concern runs that the viewer does not see. */
  #selected = new Map<string, RunSummary>();
  /** The run that was selected last, from which a selection is extended. */
  #lastSelected: string | undefined;
  /** The number of runs that match the filter, loaded or not. */
  #total = 0;
  #nextCursor: string | null = null;
  /** Compared runs that exist, although they are not among the loaded ones. */
  #unlisted: readonly string[] = [];
  /** Number of loads begun so far. */
  #loads = 0;
  #isLoading = false;
  #problem = '';
  #editor: RunEditor | undefined;
  #isTagging = false;
  #isBusy = false;
  #bulkNote = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RunsDialogOptions) {
    this.#options = options;
    this.#dialog = openDialog('runs', this.#template(), 'wide');
    this.#menu = new RunMenu(this.#dialog, {
      open: ({ runId }) => this.#open(runId),
      compare: ({ runId }) => this.#compare(runId),
      pin: ({ runId, pinned }) => this.#pin(runId, !pinned),
      edit: ({ runId }) => this.#edit(runId),
      delete: (row) => this.#delete(row),
    });
    this.#inView = new IntersectionObserver((entries) => this.#noteVisible(entries), { root: this.#dialog });
    this.#dialog.addEventListener('close', () => {
      clearTimeout(this.#timer);
      this.#inView.disconnect();
      this.#scatter?.clear();
      list = undefined;
    });
    if (isScatter) void this.#showAs('scatter');
    else void this.#reload();
  }

  refresh(afterMs = refreshAfterMs): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#reload(), afterMs);
  }

  /** Loads the list again: as many runs as it contains now, at least a page and at most `maxReloadedRuns`. */
  async #reload(): Promise<void> {
    const least = isScatter ? maxReloadedRuns : pageSize;
    const limit = Math.min(maxReloadedRuns, Math.max(least, this.#summaries?.length ?? 0));
    await this.#loadPage({ limit, cursor: null });
  }

  async #loadPage({ limit, cursor }: { limit: number; cursor: string | null }): Promise<void> {
    const load = ++this.#loads;
    this.#isLoading = true;
    this.#show();
    const page = await listRuns({ search: filter.slice(0, 200), limit, cursor, order });
    // Another load has begun since, so this page is out of date.
    if (load !== this.#loads) return;
    if (page.ok) {
      const { runs, total, nextCursor } = page.value;
      const summaries = cursor === null ? runs : [...(this.#summaries ?? []), ...runs];
      const unlisted = await this.#findUnlisted(summaries);
      if (load !== this.#loads) return;
      this.#summaries = summaries;
      const selected = summaries.filter(({ runId }) => this.#selected.has(runId));
      this.#selected = new Map(selected.map((run) => [run.runId, run]));
      // Set with the list: a run that neither contains is no longer compared when the viewer ticks another one.
      this.#unlisted = unlisted;
      this.#total = total;
      this.#nextCursor = nextCursor;
    }
    this.#isLoading = false;
    this.#problem = page.ok ? '' : page.message;
    if (!page.ok && page.code === 'request.failed') {
      this.#problem = `${page.message} The list is loaded when it does.`;
      this.refresh(retryAfterMs);
    }
    this.#show();
    this.#observeRows();
  }

  /** Watches which rows are in view, whose curves are loaded. */
  #observeRows(): void {
    this.#visible.clear();
    this.#inView.disconnect();
    for (const row of this.#dialog.querySelectorAll('#run-list .run')) this.#inView.observe(row);
  }

  #noteVisible(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const runId = (target as HTMLElement).dataset.run ?? '';
      if (isIntersecting) this.#visible.add(runId);
      else this.#visible.delete(runId);
    }
    this.#sparklines.load((this.#summaries ?? []).filter(({ runId }) => this.#visible.has(runId)));
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
    return [
      `${formatCount(this.#summaries.length)} of ${formatPlural(this.#total, 'run', 'runs')}.`,
      ...(others > 0 ? [`${others} compared with the run on display.`] : []),
    ].join(' ');
  }

  #template(): TemplateResult {
    const search = ({ target }: Event): void => {
      filter = (target as HTMLInputElement).value;
      this.#bulkNote = '';
      this.refresh(searchAfterMs);
    };
    const limit = isScatter ? maxReloadedRuns : pageSize;
    const loadMore = (): Promise<void> => this.#loadPage({ limit, cursor: this.#nextCursor });
    const summaries = this.#summaries ?? [];
    const others = this.#others;
    return html`
      ${dialogHeader('runs', 'Runs')}
      <div class="runs-tools">
        <input
          class="input" type="search" id="runs-filter" ?autofocus=${!isTouch()} value=${filter} @input=${search}
          placeholder="Find by name, tag, note, status, setting or device" aria-label="Find runs"
        />
        ${this.#sortControl()} ${this.#viewControl()}
        <button class="button" type="button" @click=${() => this.#open(null)}>Follow the latest</button>
      </div>
      <p class="card-note" id="runs-note" role="status">${this.#note}</p>
      <div class="run-list" aria-busy=${this.#isLoading}>
        ${isScatter && this.#scatter ? this.#scatter.template(summaries) : nothing}
        ${
          isScatter
            ? nothing
            : runTable({
                rows: summaries.map((run) => this.#row(run, others)),
                order,
                sortBy: (sort) => this.#sort(nextOrder(order, sort, summaries)),
                select: (row, toHere) => this.#select(row.runId, toHere),
                selectAll: () => this.#selectAll(),
                open: ({ runId }) => this.#open(runId),
                openMenu: (row, button) =>
                  this.#menu.open(row, button, {
                    mayCompare: this.#others.length < otherRunLimit && this.#options.shownRunId() !== null,
                    mayChange: this.#options.mayChange(),
                  }),
              })
        }
      </div>
      ${
        this.#nextCursor === null
          ? nothing
          : html`<button class="button" type="button" id="runs-more" @click=${loadMore}>Show more</button>`
      }
      ${this.#selectionBar()}`;
  }

  /** Renders what the list is sorted by, for everything that has no heading to press, and for windows without headings. */
  #sortControl(): TemplateResult {
    const choose = ({ target }: Event): void => {
      const sort = (target as HTMLSelectElement).value as RunSort;
      this.#sort(
        nextOrder({ ...order, sort: sort === order.sort ? 'name' : order.sort }, sort, this.#summaries ?? []),
      );
    };
    const turn = (): void => this.#sort(nextOrder(order, order.sort, []));
    const other = order.direction === 'ascending' ? 'descending' : 'ascending';
    return html`
      <label class="tool"><span>Sort by</span>
        <select class="input" id="runs-sort" aria-label="Sort by" @change=${choose}>
          ${sortChoices(this.#summaries ?? [], order.sort).map(
            ({ sort, label }) =>
              html`<option value=${sort} .selected=${sort === order.sort}>${label}</option>`,
          )}
        </select>
      </label>
      <button
        class="icon-button small" type="button" id="runs-direction" aria-label="Sort ${other}" title="Sort ${other}" @click=${turn}
      >${order.direction === 'ascending' ? '↑' : '↓'}</button>`;
  }

  #viewControl(): TemplateResult {
    const choice = (view: 'table' | 'scatter', text: string): TemplateResult => html`
      <button type="button" data-view=${view} aria-pressed=${isScatter === (view === 'scatter')} @click=${() => this.#showAs(view)}>${text}</button>`;
    return html`
      <div class="segments" role="group" aria-label="Show the runs as">${choice('table', 'Table')}${choice('scatter', 'Scatter')}</div>`;
  }

  /** Shows the runs as a table or as a scatter plot, for which it loads as many as it can draw. */
  async #showAs(view: 'table' | 'scatter'): Promise<void> {
    isScatter = view === 'scatter';
    if (!isScatter) this.#scatter?.clear();
    else if (!this.#scatter) {
      const code = await loadScatter();
      isScatter = code !== undefined;
      if (!code) return this.#show();
      this.#scatter = new code.ScatterView({
        isSelected: (runId) => this.#selected.has(runId),
        select: (runId) => this.#select(runId, false),
        open: (runId) => this.#open(runId),
        refresh: () => this.#show(),
      });
    }
    await this.#reload();
  }

  #row(run: RunSummary, others: readonly string[]): TableRow {
    return {
      ...runRow(run, order.sort),
      isShown: run.runId === this.#options.shownRunId(),
      isCompared: others.includes(run.runId),
      isSelected: this.#selected.has(run.runId),
      curve: this.#sparklines.curveOf(run),
      editor: this.#editor?.runId === run.runId ? this.#editor.template() : undefined,
    };
  }

  #selectionBar(): TemplateResult {
    const selected = [...this.#selected.values()];
    const compared = this.#comparisonOf(selected);
    return selectionBar({
      ...{
        selected,
        mayChange: this.#options.mayChange(),
        isTagging: this.#isTagging,
        note: this.#bulkNote,
        isBusy: this.#isBusy,
      },
      compareLabel:
        compared &&
        (selected.length === 1 ? 'Compare with the run on display' : `Compare ${selected.length} runs`),
      compareNote: selected.length > otherRunLimit + 1 ? `At most ${otherRunLimit + 1} can be compared.` : '',
      compare: () => {
        if (!compared) return;
        this.#options.changeView({ viewport: { kind: 'all' }, ...compared });
        this.#dialog.close();
      },
      pin: (pinned) =>
        this.#changeAll(selected, pinned ? 'pinned' : 'unpinned', (run, token) =>
          changeRun(run.runId, { pinned }, token),
        ),
      editTags: (isTagging) => this.#editTags(isTagging),
      changeTags: (text, change) => this.#changeTags(text, change),
      exportTable: () => saveFile(new Blob([`\ufeff${runsCsv(selected)}`], { type: 'text/csv' }), 'runs.csv'),
      delete: () => this.#deleteSelected(),
      clear: () => {
        this.#selected.clear();
        this.#bulkNote = '';
        this.#show();
        this.#focusList();
      },
    });
  }

  /**
   * Returns the view that compares the selected runs: with the run on display, if it is one of them or only one is selected, and
   * otherwise with the first of them. Undefined when they cannot be compared.
   */
  #comparisonOf(selected: readonly RunSummary[]): Partial<View> | undefined {
    const ids = selected.map(({ runId }) => runId);
    const shown = this.#options.shownRunId();
    const [first = '', ...rest] = ids;
    if (shown !== null && ids.includes(shown))
      return ids.length > 1 && ids.length <= otherRunLimit + 1
        ? { others: ids.filter((runId) => runId !== shown) }
        : undefined;
    if (rest.length === 0) {
      if (shown === null || first === '') return undefined;
      const others = this.#others.filter((runId) => runId !== first);
      return others.length < otherRunLimit ? { others: [...others, first] } : undefined;
    }
    return rest.length <= otherRunLimit ? { run: first, others: rest } : undefined;
  }

  /** Renders the list and restores the focus, which a control loses when its run moves within the list. */
  #show(): void {
    if (!this.#dialog.isConnected) return;
    const focused = document.activeElement?.closest<HTMLElement>('[data-control]');
    const runId = focused?.closest<HTMLElement>('.run')?.dataset.run;
    render(this.#template(), this.#dialog);
    if (isScatter) this.#scatter?.draw();
    if (runId !== undefined && document.activeElement !== focused)
      this.#focus(runId, focused?.dataset.control as RowControl, { preventScroll: true });
  }

  /** Focuses a control of a run or, when the run is no longer listed, the search field. */
  #focus(runId: string, control: RowControl, options?: FocusOptions): void {
    const selector = `[data-run="${runId}"] [data-control="${control}"]`;
    const target = this.#dialog.querySelector<HTMLElement>(selector);
    if (target) target.focus(options);
    else this.#focusList();
  }

  #focusList(): void {
    this.#dialog.querySelector<HTMLElement>('#runs-filter')?.focus();
  }

  #sort(next: SortOrder): void {
    order = next;
    void this.#reload();
  }

  #select(runId: string, toHere: boolean): void {
    const ids = (this.#summaries ?? []).map((run) => run.runId);
    const isSelected = !this.#selected.has(runId);
    const [from, to] = [toHere ? ids.indexOf(this.#lastSelected ?? runId) : -1, ids.indexOf(runId)];
    const chosen = from < 0 ? [runId] : ids.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const id of chosen) this.#setSelected(id, isSelected);
    this.#lastSelected = runId;
    this.#bulkNote = '';
    this.#show();
  }

  #selectAll(): void {
    const summaries = this.#summaries ?? [];
    const areAll = summaries.every(({ runId }) => this.#selected.has(runId));
    for (const { runId } of summaries) this.#setSelected(runId, !areAll);
    this.#bulkNote = '';
    this.#show();
  }

  #setSelected(runId: string, isSelected: boolean): void {
    const run = this.#summaries?.find((known) => known.runId === runId);
    if (isSelected && run) this.#selected.set(runId, run);
    else this.#selected.delete(runId);
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
    this.#focus(runId, 'menu');
  }

  async #pin(runId: string, pinned: boolean): Promise<void> {
    await this.#attempt(runId, (token) => changeRun(runId, { pinned }, token));
    this.#focus(runId, 'menu');
  }

  async #edit(runId: string): Promise<void> {
    const run = this.#summaries?.find((known) => known.runId === runId);
    if (!run) return;
    const code = await loadEditor();
    if (!code) return this.#focus(runId, 'menu');
    this.#editor = new code.RunEditor({
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
        this.#focus(runId, 'menu');
      },
    });
    this.#show();
    this.#dialog.querySelector<HTMLElement>('#edit-form [name="name"]')?.focus();
  }

  async #delete({ runId, name }: Pick<TableRow, 'runId' | 'name'>): Promise<void> {
    const question = {
      title: `Delete ${name}?`,
      text: 'This removes its events, its files and its saved weights. It cannot be undone.',
      confirmLabel: 'Delete',
    };
    if (await confirmAction(question))
      await this.#attempt(
        runId,
        (token) => deleteRun(runId, token),
        () => this.#leave(runId),
      );
    this.#focus(runId, 'menu');
  }

  /**
   * Removes a deleted run from the view. Called before the list is loaded again: with the run among the compared ones, the list would
   * ask the gateway for it.
   */
  #leave(runId: string): void {
    this.#selected.delete(runId);
    const others = this.#options.view().others.filter((other) => other !== runId);
    this.#options.changeView({ others, ...(this.#options.shownRunId() === runId && { run: null }) });
  }

  #editTags(isTagging: boolean): void {
    this.#isTagging = isTagging;
    this.#show();
    const target = isTagging ? '#tags-form [name="tags"]' : '[data-bulk="tags"]';
    this.#dialog.querySelector<HTMLElement>(target)?.focus();
  }

  async #changeTags(text: string, change: 'add' | 'remove'): Promise<void> {
    const tags = parseTags(text);
    if (tags.length === 0) return;
    const changed = (run: RunSummary): string[] => {
      const others = tagsOf(run).filter((tag) => !tags.includes(tag));
      return change === 'add' ? [...others, ...tags] : others;
    };
    const runs = [...this.#selected.values()];
    const problem = runs.map((run) => tagsProblem(changed(run))).find(Boolean);
    if (problem !== undefined) {
      this.#bulkNote = problem;
      return this.#show();
    }
    await this.#changeAll(runs, change === 'add' ? 'tagged' : 'untagged', (run, token) =>
      changeRun(run.runId, { tags: changed(run) }, token),
    );
    this.#editTags(false);
  }

  async #deleteSelected(): Promise<void> {
    const runs = [...this.#selected.values()];
    const question = {
      title: `Delete ${formatPlural(runs.length, 'run', 'runs')}?`,
      text: 'This removes their events, their files and their saved weights. It cannot be undone.',
      items: runs.map(displayName),
      confirmLabel: runs.length === 1 ? 'Delete' : `Delete ${runs.length} runs`,
    };
    if (!(await confirmAction(question))) return;
    await this.#changeAll(
      runs,
      'deleted',
      (run, token) => deleteRun(run.runId, token),
      ({ runId }) => this.#leave(runId),
    );
    if (this.#selected.size === 0) this.#focusList();
  }

  /** Changes runs one after the other, and reports how many were changed. Without the command token, it ends. */
  async #changeAll(
    runs: readonly RunSummary[],
    done: string,
    change: (run: RunSummary, token?: string) => Promise<Result<string>>,
    onChanged: (run: RunSummary) => void = () => {},
  ): Promise<void> {
    let [count, problem] = [0, ''];
    this.#isBusy = true;
    for (const run of runs) {
      this.#bulkNote = `${count} of ${runs.length} ${done}…`;
      this.#show();
      const result = await this.#options.withCommandToken((token) => change(run, token));
      if (!result.ok) problem = capitalize(withName(result.message, run));
      // Without the token, no further run can be changed.
      if (!result.ok && result.code.startsWith('command.')) break;
      if (!result.ok) continue;
      count++;
      onChanged(run);
    }
    this.#isBusy = false;
    const shortfall = count < runs.length && problem !== '' ? ` ${problem}.` : '';
    this.#bulkNote = `${count} of ${formatPlural(runs.length, 'run', 'runs')} ${done}.${shortfall}`;
    await this.#reload();
  }

  /** Makes a change of a run. On success, calls `onDone` and loads the list again; otherwise the note shows the error. */
  async #attempt(
    runId: string,
    action: (token?: string) => Promise<Result<string>>,
    onDone: () => void = () => {},
  ): Promise<void> {
    const summary = this.#summaries?.find((run) => run.runId === runId);
    const result = await this.#options.withCommandToken(action);
    if (result.ok) {
      onDone();
      await this.#reload();
    } else this.#problem = withName(result.message, summary);
    this.#show();
  }
}
