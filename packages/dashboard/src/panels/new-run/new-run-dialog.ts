import { eventLimits, type QueuedStart, type StartData } from '@mnist-monitor/shared/browser';
import { html, nothing, render, type TemplateResult } from 'lit-html';
import { listRuns } from '../../net/api.ts';
import type { RunSummary } from '../../state/event-data.ts';
import { formatPlural, formatTime, shorten } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { displayName } from '../../state/run-summaries.ts';
import { parseTags, tagsProblem } from '../../state/tags.ts';
import type { View } from '../../state/view.ts';
import { openDialog } from '../../ui/dialog.ts';
import type { ExecuteCommand } from '../../ui/panel.ts';
import type { AcceptedStarts } from '../controls/available-controls.ts';
import { estimateOf } from './estimate.ts';
import { type Preset, presetOf, presetsFor } from './presets.ts';
import { focusQueued, type QueueControl, queueList } from './queue-list.ts';
import { isFull, type QueueRow, queueNote, queueRows, waitingNote } from './queue-rows.ts';
import {
  type FieldValues,
  type FormError,
  type FormStarts,
  parseSettingError,
  readableStarts,
  type SettingField,
  settingFields,
  startsOf,
} from './settings-form.ts';
import { findSweep, newSweepTag, type SweepRuns } from './sweep.ts';
import { warningsAboutAll } from './warnings.ts';
import './new-run.css';

/** The state of the page that the form shows, and the commands that it sends. */
export interface NewRunOptions {
  /** The run shown, with whose settings the form is filled and whose trainer is preferred; null when there is none. */
  run: Pick<Run, 'runId' | 'started'> | null;
  accepted(): AcceptedStarts;
  /** Returns the id of the run whose trainer has the queue; null without one. */
  queueRun(): string | null;
  executeCommand: ExecuteCommand;
  changeView(change: Partial<View>): void;
  /** Shows why a start failed whose answer arrives after the viewer has closed the form. */
  reportProblem(problem: string): void;
}

/** A command about the queue, with its data. */
type QueueCommand = Parameters<ExecuteCommand> extends [unknown, ...infer Command] ? Command : never;

const noError: FormError = { text: '', name: null };

/** Delay before the queue is read again: several messages about the queue and the trainers arrive shortly after each other. */
const refreshAfterMs = 300;
/** Number of earlier runs among which one with a similar speed is looked for. */
const earlierRuns = 50;
/** Attempts to add to the queue of a run that has just begun, and the time between them: its trainer may still be connecting. */
const [enqueueAttempts, enqueueAgainMs] = [20, 300];

/** The errors of a command that has not reached a trainer. */
const connectionErrors: ReadonlySet<string> = new Set(['command.no_trainer', 'command.not_connected']);

let dialog: NewRunDialog | undefined;
/** The tag of the list of starts that was added last, kept for the next time that the form is opened. */
let sweep: { tag: string; count: number } | undefined;

/** Opens the form for a new run, with the queue of the trainer. */
export function openNewRun(options: NewRunOptions): void {
  dialog = new NewRunDialog(options);
}

/** Reads the queue again if the form is open, after the queue or the trainers may have changed. */
export function refreshQueue(): void {
  dialog?.refresh();
}

class NewRunDialog {
  readonly #options: NewRunOptions;
  readonly #presets: readonly Preset[];
  readonly #initial: FieldValues;
  readonly #dialog: HTMLDialogElement;
  /** The texts of the fields, by name. */
  #filled: ReadonlyMap<string, string>;
  /** The starts in the queue; null before the trainer has answered, and while no trainer accepts starts into a queue. */
  #queue: readonly QueuedStart[] | null = null;
  /** Earlier runs, the newest first, whose speeds the estimate is made from; null before they are known. */
  #earlier: readonly RunSummary[] | null = null;
  #sweepRuns: SweepRuns | null = null;
  #error = noError;
  /** Text about the start that was last added to the queue; empty before, and after an error. */
  #note = '';
  #queueProblem = '';
  #isSending = false;
  /** The form that was sent last, with the number of its starts that were accepted: the same form does not send them again. */
  #sent: SentForm | null = null;
  /** The run that the dialog names as the one whose trainer has the queue; null without one. */
  #queueRun: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: NewRunOptions) {
    this.#options = options;
    this.#presets = presetsFor(options.run?.started ?? null);
    this.#initial = this.#presets[0]?.values ?? {};
    this.#filled = new Map(Object.entries(this.#initial));
    this.#dialog = openDialog('new-run', this.#template());
    this.#dialog.addEventListener('close', () => {
      clearTimeout(this.#timer);
      dialog = undefined;
    });
    void this.#readQueue();
    void this.#readEarlier();
  }

  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#readQueue();
      void this.#readEarlier();
    }, refreshAfterMs);
    this.#show();
  }

  async #readQueue(): Promise<void> {
    if (!this.#options.accepted().enqueue) this.#queue = null;
    else if (!this.#isSending) await this.#changeQueue('listQueue');
    this.#show();
    await this.#readSweep();
  }

  async #readEarlier(): Promise<void> {
    const page = await listRuns({ search: '', limit: earlierRuns, cursor: null });
    if (page.ok) this.#earlier = page.value.runs;
    this.#show();
  }

  async #readSweep(): Promise<void> {
    if (!sweep) return;
    this.#sweepRuns = await findSweep(sweep.tag);
    this.#show();
  }

  /** Sends a command about the queue, and keeps the queue that the answer contains. Resolves with whether the trainer accepted it. */
  async #changeQueue(...command: QueueCommand): Promise<boolean> {
    const result = await this.#options.executeCommand(this.#queueRun, ...command);
    if (result.ok) this.#queue = result.value.queue ?? this.#queue;
    this.#queueProblem = result.ok ? '' : result.message;
    return result.ok;
  }

  #template(): TemplateResult {
    const { accepted, queueRun } = this.#options;
    const { start, enqueue } = accepted();
    this.#queueRun = queueRun();
    const { text, name } = this.#error;
    const form = startsOf(this.#filled, '');
    const starts = 'starts' in form ? form.starts : [];
    const sent = this.#sentCount;
    const count = starts.length - sent;
    const isSent = sent > 0 && count <= 0;
    const isQueueFull = this.#queue !== null && isFull(this.#queue);
    const estimate = estimateOf(this.#earlier ? starts.slice(isSent ? 0 : sent) : [], this.#earlier ?? []);
    const submitButton = (command: string, label: string, primary: boolean, disabled = false) => html`
      <button
        class=${primary ? 'button primary' : 'button'} type="submit" name="command" value=${command} ?disabled=${disabled}
      >${label}</button>`;
    return html`
      <form
        method="dialog" id="new-run-form" ?inert=${this.#isSending} novalidate
        @submit=${(event: SubmitEvent) => this.#submit(event)}
        @input=${(event: Event) => this.#noteInput(event)}
      >
        <h2 id="new-run-title">New run</h2>
        <p class="card-note" data-field="new-run-note">
          ${enqueue ? `Run ${shorten(this.#queueRunName, 60)} is training. ${waitingNote(this.#queue ?? [])}` : ''}
        </p>
        ${this.#presetChoice()}
        <div class="field-grid wide">
          <label class="field">
            <span>Name</span>
            <input
              class="input" name="name" maxlength=${eventLimits.runName} autocomplete="off" aria-invalid=${name === 'name'}
              placeholder="Optional"
            />
          </label>
          <label class="field">
            <span>Tags, separated by commas</span>
            <input class="input" name="tags" autocomplete="off" autocapitalize="none" aria-invalid=${name === 'tags'} />
          </label>
        </div>
        <p class="card-note" id="new-run-lists">
          Several numbers in one field, such as 0.001; 0.003; 0.01, start a run for each. The trainer chooses the values of empty fields.
        </p>
        <div class="field-grid" id="new-run-fields">${this.#fieldRows()}</div>
        ${this.#sweepNote()}
        <div class="dialog-foot">
          <p class="form-error" role="alert" data-field="new-run-error">${text}</p>
          <p class="form-note" role="status" data-field="new-run-added">${this.#note}</p>
          <p class=${estimate.isLong ? 'estimate long' : 'estimate'} data-field="new-run-estimate">${estimate.text}</p>
          <button class="button" type="button" data-close>Close</button>
          ${enqueue ? submitButton('enqueue', count > 1 ? `Add ${count} runs to queue` : 'Add to queue', !start, isSent || isQueueFull) : nothing}
          ${start || !enqueue ? submitButton('start', count > 1 ? `Start ${count} runs` : 'Start', true, isSent || !start) : nothing}
        </div>
      </form>
      ${this.#queue === null ? nothing : this.#queueSection(this.#queue)}`;
  }

  #presetChoice(): TemplateResult {
    const chosen = presetOf(this.#presets, this.#filled);
    return html`
      <fieldset class="presets">
        <legend class="sr-only">Preset</legend>
        ${this.#presets.map(
          (preset) => html`
            <label class="preset">
              <input type="radio" name="preset" value=${preset.id} .checked=${preset === chosen} @change=${() => this.#fill(preset.values)} />
              <span><b>${preset.label}</b><small>${preset.help}</small></span>
            </label>`,
        )}
      </fieldset>`;
  }

  #fieldRows(): TemplateResult[] {
    const trainSize = this.#options.run?.started?.config.trainSize ?? undefined;
    const warnings = warningsAboutAll(readableStarts(this.#filled), trainSize);
    return settingFields.map((field) => {
      const warning = warnings.get(field.name) ?? '';
      return control(field, {
        ...{ value: this.#initial[field.name] ?? '', invalid: field.name === this.#error.name, warning },
      });
    });
  }

  #queueSection(queue: readonly QueuedStart[]): TemplateResult {
    return html`
      <section class="queue-section" aria-labelledby="queue-title" ?inert=${this.#isSending}>
        <h3 id="queue-title" tabindex="-1">Queue</h3>
        <p class="card-note" role="status" data-field="queue-note">${queueNote(queue)}</p>
        ${queueList(queueRows(queue), (...action) => this.#act(...action))}
        <p class="form-error" role="alert" data-field="queue-error">${this.#queueProblem}</p>
      </section>`;
  }

  /** Renders how many runs of the last list have begun, with a button that compares them. */
  #sweepNote(): TemplateResult | typeof nothing {
    const { begun = 0, view = null } = this.#sweepRuns ?? {};
    if (!sweep || !this.#sweepRuns) return nothing;
    const compare = (): void => {
      if (view) this.#options.changeView(view);
      this.#dialog.close();
    };
    return html`
      <p class="sweep" data-field="sweep-note">
        <span>${begun} of ${formatPlural(sweep.count, 'run', 'runs')} of “${sweep.tag}” ${begun === 1 ? 'has' : 'have'} begun.</span>
        ${
          view
            ? html`<button class="button small" type="button" id="compare-sweep" @click=${compare}>Compare ${view.others.length + 1} runs</button>`
            : html`<span>They can be compared when two have.</span>`
        }
      </p>`;
  }

  /** Renders the dialog; the focused field keeps the focus and its text. */
  #show(): void {
    if (this.#dialog.isConnected) render(this.#template(), this.#dialog);
  }

  get #queueRunName(): string {
    const summary = this.#earlier?.find(({ runId }) => runId === this.#queueRun);
    return summary ? displayName(summary) : (this.#queueRun ?? '');
  }

  /** The number of starts of the form as it is now that were accepted. */
  get #sentCount(): number {
    return this.#sent?.form === formKey(this.#filled) ? this.#sent.count : 0;
  }

  get #form(): HTMLFormElement | null {
    return this.#dialog.querySelector('form');
  }

  /** Fills the fields of a preset; the name and the tags stay. */
  #fill(values: FieldValues): void {
    for (const { name } of settingFields) {
      const field = this.#form?.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement)
        field.value = values[name] ?? '';
    }
    this.#readForm();
  }

  #noteInput({ target }: Event): void {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
    const preset = this.#presets.find(({ id, values }) => id === target.value && values.recipe === id);
    // Another recipe changes the settings that belong to it.
    if (target.name === 'recipe' && preset) {
      const { trainSize, testSize, engine, seed, ...settings } = preset.values;
      this.#fill({ ...Object.fromEntries(this.#filled), ...settings });
    } else if (target.name !== 'preset') this.#readForm();
  }

  /** Reads the texts of the fields, and shows what follows from them. */
  #readForm(): void {
    const form = this.#form;
    if (!form) return;
    const entries = [...new FormData(form)].map(([name, value]) => [name, String(value)] as const);
    const filled = new Map(entries.filter(([name]) => name !== 'preset'));
    // An error is about the form that was submitted: a change of its field, or of any field for an error of the form, ends it.
    const { name } = this.#error;
    if (
      name === null ? formKey(filled) !== formKey(this.#filled) : filled.get(name) !== this.#filled.get(name)
    )
      this.#error = noError;
    this.#filled = filled;
    this.#show();
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const command = (event.submitter as HTMLButtonElement | null)?.value === 'start' ? 'start' : 'enqueue';
    this.#readForm();
    const count = this.#sentCount;
    const tag = count > 0 && this.#sent ? this.#sent.tag : newSweepTag(formatTime(Date.now()));
    const filled = startsOf(this.#filled, tag);
    const problem = tagsProblem(parseTags(this.#filled.get('tags') ?? ''));
    this.#note = '';
    this.#error = problem !== '' ? { text: problem, name: 'tags' } : 'starts' in filled ? noError : filled;
    if (this.#error !== noError || !('starts' in filled)) return this.#showError();
    const sent: SentForm = { form: formKey(this.#filled), tag, count };
    this.#sent = sent;
    if (filled.varied !== null) return this.#sendList(command, filled, sent);
    const runId = command === 'start' ? (this.#options.run?.runId ?? null) : this.#queueRun;
    // The answer arrives when the trainer has loaded the dataset and the engine.
    if (command === 'start') this.#note = 'Starting…';
    const result = await this.#send(() => this.#options.executeCommand(runId, command, filled.starts[0]));
    this.#note = '';
    if (!result.ok) {
      this.#error = parseSettingError(result.message);
      return this.#showError();
    }
    if (command === 'start') return this.#dialog.close();
    delete this.#dialog.dataset.edited;
    this.#queue = result.value.queue ?? this.#queue;
    sent.count = 1;
    this.#note = `Added to the queue, at position ${this.#queue?.length ?? 1}. Change a field to add another run.`;
    this.#show();
    this.#focusName();
  }

  /**
   * Sends a list of starts, one after the other. The first error ends it; the starts before it stay in the queue, and the same form
   * sends those after it when it is submitted again.
   */
  async #sendList(command: 'start' | 'enqueue', { starts }: FormStarts, sent: SentForm): Promise<void> {
    const problem = await this.#send(async () => {
      let runId = this.#queueRun;
      const before = sent.count;
      for (const start of starts.slice(before)) {
        const isFirst = command === 'start' && sent.count === before;
        this.#note = isFirst ? 'Starting…' : `${sent.count} of ${starts.length} runs added…`;
        this.#show();
        const result = isFirst
          ? await this.#options.executeCommand(this.#options.run?.runId ?? null, 'start', start)
          : await this.#enqueue(runId, start);
        if (!result.ok) return result.message;
        if (isFirst) runId = result.value.runId ?? runId;
        this.#queue = result.value.queue ?? this.#queue;
        sent.count++;
        sweep = { tag: sent.tag, count: sent.count };
      }
      return '';
    });
    const added = `${sent.count} of ${formatPlural(starts.length, 'run', 'runs')} added, with the tag “${sent.tag}”.`;
    this.#note = sent.count === 0 ? '' : problem === '' ? `${added} Change a field to add others.` : added;
    this.#error = problem === '' ? noError : parseSettingError(problem);
    if (problem === '') delete this.#dialog.dataset.edited;
    await this.#readSweep();
    if (problem !== '') return this.#showError();
    this.#show();
    this.#focusName();
  }

  /** Focuses the first field, since the button that had the focus is disabled until the form is changed. */
  #focusName(): void {
    this.#form?.querySelector<HTMLElement>('[name="name"]')?.focus();
  }

  /**
   * Adds a start to the queue of a run. Tries again while the trainer of the run is not connected yet, or the page, which connects again
   * to follow the run that it has started.
   */
  async #enqueue(runId: string | null, start: StartData): ReturnType<ExecuteCommand> {
    for (let attempt = 1; ; attempt++) {
      const result = await this.#options.executeCommand(runId, 'enqueue', start);
      if (result.ok || !connectionErrors.has(result.code) || attempt === enqueueAttempts) return result;
      await new Promise((resolve) => setTimeout(resolve, enqueueAgainMs));
    }
  }

  #showError(): void {
    if (!this.#dialog.isConnected) return this.#options.reportProblem(`New run: ${this.#error.text}`);
    this.#show();
    const retry = '[aria-invalid="true"], button[type="submit"]:enabled';
    this.#form?.querySelector<HTMLElement>(retry)?.focus();
  }

  async #act(control: QueueControl, { queuedId }: QueueRow, index: number): Promise<void> {
    const position = control === 'up' ? index - 1 : index + 1;
    const isDone = await this.#send(() =>
      control === 'cancel'
        ? this.#changeQueue('cancelQueued', { queuedId })
        : this.#changeQueue('moveQueued', { queuedId, position }),
    );
    // A command about a start that has begun or was cancelled in the meantime is refused: the list is out of date.
    if (!isDone) this.refresh();
    this.#show();
    const list = this.#dialog.querySelector('#queue-list');
    if (list) focusQueued(list, isDone && control !== 'cancel' ? position : index, control);
  }

  /** Disables the form and the queue until a command is answered. */
  async #send<T>(send: () => Promise<T>): Promise<T> {
    this.#isSending = true;
    this.#show();
    try {
      return await send();
    } finally {
      this.#isSending = false;
      this.#show();
    }
  }
}

/** A form that was sent, with the number of its starts that the trainer has accepted. */
interface SentForm {
  form: string;
  /** The tag of its starts, if it has a list. */
  tag: string;
  count: number;
}

/** Returns a text that is the same for the same values of the form. */
const formKey = (filled: ReadonlyMap<string, string>): string => JSON.stringify([...filled]);

/** The state of a field. */
interface FieldState {
  /** The text when the form opens. */
  value: string;
  invalid: boolean;
  /** Why the value is odd; empty when it is not. */
  warning: string;
}

function control(setting: SettingField, state: FieldState): TemplateResult {
  const { name, label, help } = setting;
  return html`
    <div class="field">
      <label for="new-run-${name}">${label}</label>
      ${input(setting, state)}
      <p class="field-help" id="new-run-${name}-help">${help}</p>
      <p class="field-warning" role="status" id="new-run-${name}-warning">${state.warning}</p>
    </div>`;
}

function input(setting: SettingField, { value, invalid }: FieldState): TemplateResult {
  const { name } = setting;
  const described = `new-run-${name}-help new-run-${name}-warning`;
  if (setting.kind === 'choice')
    return html`
      <select id="new-run-${name}" name=${name} class="input" aria-invalid=${invalid} aria-describedby=${described}>
        <option value="">As the trainer was started</option>
        ${setting.choices.map((choice) => html`<option value=${choice} ?selected=${choice === value}>${choice}</option>`)}
      </select>`;
  return html`
    <input
      id="new-run-${name}" name=${name} class="input" inputmode="decimal" autocomplete="off" aria-invalid=${invalid}
      aria-describedby=${described} value=${value} placeholder="As the trainer was started"
    />`;
}
