import type { RunChanges, RunSummary } from '@mnist-monitor/shared/browser';
import { changeRun, deleteRun, listRuns, type Outcome } from '../../net/api.ts';
import { formatPlural } from '../../state/format.ts';
import { otherRunLimit } from '../../state/view.ts';
import { confirmed } from '../../ui/confirm.ts';
import { closed, openDialog } from '../../ui/dialog.ts';
import { byId, field, part, setText } from '../../ui/dom.ts';
import type { ViewStore } from '../../ui/view-store.ts';
import type { Authority } from '../command-token/command-token.ts';
import { runElement } from './run-element.ts';
import { listedRows, type RunRow } from './run-rows.ts';

export interface RunsContext {
  store: ViewStore;
  authority: Authority;
  /** The run that is shown. */
  shownRun(): string | null;
  /** Whether runs may be changed. */
  mayChange(): boolean;
}

/** Opens the list of runs; what is done in it is done at once. */
export function openRuns(context: RunsContext): void {
  const drawer = byId('runs-dialog', HTMLDialogElement);
  list ??= new RunsList(context);
  list.load();
  if (!drawer.open) openDialog('runs-dialog');
}

/** Reads the list again, as long as it is open: something in it has changed. */
export function refreshRuns(): void {
  if (byId('runs-dialog', HTMLDialogElement).open) list?.refresh();
}

let list: RunsList | undefined;

/** Changes come together: a run that begins is told of as a status and by its events. */
const refreshAfterMs = 300;

class RunsList {
  readonly #context: RunsContext;
  readonly #rows = byId('run-list', HTMLElement);
  readonly #note = byId('runs-note', HTMLElement);
  readonly #filter = byId('runs-filter', HTMLInputElement);
  #summaries: readonly RunSummary[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: RunsContext) {
    this.#context = context;
    this.#filter.addEventListener('input', () => this.#show());
    byId('runs-latest', HTMLButtonElement).addEventListener('click', () => this.#open(null));
  }

  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), refreshAfterMs);
  }

  async load(): Promise<void> {
    if (this.#summaries.length === 0) setText(this.#note, 'Loading…');
    const runs = await listRuns();
    if (runs.ok) this.#summaries = runs.value;
    this.#show();
    if (!runs.ok) setText(this.#note, runs.message);
  }

  /** The runs that are laid over the one shown, but for those that are no more. */
  get #others(): string[] {
    const known = new Set(this.#summaries.map(({ runId }) => runId));
    return this.#context.store.view.others.filter((runId) => known.has(runId));
  }

  #show(): void {
    const rows = listedRows(this.#summaries, this.#filter.value);
    const others = this.#others;
    const compared = others.length === 0 ? '' : ` ${others.length} laid over the one that is shown.`;
    const full = others.length < otherRunLimit ? '' : ` No more than ${otherRunLimit + 1} can be compared.`;
    const count = `${rows.length} of ${formatPlural(this.#summaries.length, 'run', 'runs')}.`;
    setText(this.#note, this.#summaries.length === 0 ? 'No runs yet.' : `${count}${compared}${full}`);
    const focused = this.#rows.querySelector<HTMLElement>(':focus');
    const runId = focused?.closest<HTMLElement>('.run')?.dataset.run;
    this.#rows.replaceChildren(...rows.map((row) => this.#row(row, others)));
    // Nobody asked to go there: the list stays where it was scrolled to.
    if (runId !== undefined) this.#focus(runId, focused?.dataset.control, { preventScroll: true });
  }

  /** Focuses what stands in the place of a control that was there before the rows were made anew. */
  #focus(runId: string, control: string | undefined, options?: FocusOptions): void {
    const place = `[data-run="${runId}"] [data-control="${control}"]`;
    (this.#rows.querySelector<HTMLElement>(place) ?? this.#filter).focus(options);
  }

  #row(row: RunRow, others: readonly string[]): HTMLElement {
    const { shownRun, mayChange } = this.#context;
    const { runId } = row;
    const shown = runId === shownRun();
    const compared = others.includes(runId);
    const mayCompare = !shown && (compared || others.length < otherRunLimit);
    return runElement(
      row,
      { shown, compared, mayCompare, mayChange: mayChange() },
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
    const { store } = this.#context;
    store.change({
      run: runId,
      viewport: { kind: 'all' },
      others: store.view.others.filter((other) => other !== runId),
    });
    byId('runs-dialog', HTMLDialogElement).close();
  }

  #compare(runId: string): void {
    const others = this.#others;
    const without = others.filter((other) => other !== runId);
    this.#context.store.change({ others: without.length < others.length ? without : [...others, runId] });
    this.#show();
  }

  async #pin({ runId, pinned }: RunRow): Promise<void> {
    await this.#change(runId, { pinned: !pinned });
    this.#focus(runId, 'pin');
  }

  #change(runId: string, changes: RunChanges): Promise<string> {
    return this.#attempt((token) => changeRun(runId, changes, token));
  }

  async #edit(runId: string): Promise<void> {
    const summary = this.#summaries.find((known) => known.runId === runId);
    const form = byId('edit-form', HTMLFormElement);
    const title = part(form, '[name="title"]') as HTMLInputElement;
    const note = part(form, '[name="note"]') as HTMLTextAreaElement;
    [title.value, note.value] = [summary?.title ?? '', summary?.note ?? ''];
    setText(field('edit-run'), runId);
    setText(field('edit-error'), '');
    const dialog = openDialog('edit-dialog');
    form.onsubmit = async (event) => {
      event.preventDefault();
      const problem = await this.#change(runId, { title: title.value, note: note.value });
      setText(field('edit-error'), problem);
      if (problem === '') dialog.close();
    };
    await closed(dialog);
    this.#focus(runId, 'edit');
  }

  async #delete({ runId, name }: RunRow): Promise<void> {
    const question = {
      title: `Delete ${name}?`,
      text: 'Its events, its files and its saved weights are removed. This cannot be undone.',
      yes: 'Delete',
    };
    const sure = await confirmed(question);
    const problem = sure && (await this.#attempt((token) => deleteRun(runId, token)));
    this.#focus(runId, 'delete');
    if (problem !== '') return;
    const { store, shownRun } = this.#context;
    const others = store.view.others.filter((other) => other !== runId);
    store.change({ others, ...(shownRun() === runId && { run: null }) });
  }

  /** @returns What went wrong; empty when nothing did. */
  async #attempt(action: (token?: string) => Promise<Outcome<string>>): Promise<string> {
    const outcome = await this.#context.authority.attempt(action);
    if (outcome?.ok) await this.load();
    const problem = outcome === undefined || outcome.ok ? '' : outcome.message;
    if (problem !== '') setText(this.#note, problem);
    return problem;
  }
}
