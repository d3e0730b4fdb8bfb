import { eventLimits, type QueuedStart, recipeSettings } from '@mnist-monitor/shared/browser';
import { html, nothing, render, type TemplateResult } from 'lit-html';
import type { Run } from '../../state/run.ts';
import { parseTags, tagsProblem } from '../../state/tags.ts';
import { openDialog } from '../../ui/dialog.ts';
import type { ExecuteCommand } from '../../ui/panel.ts';
import type { AcceptedStarts } from '../controls/available-controls.ts';
import { focusQueued, type QueueControl, queueList } from './queue-list.ts';
import { isFull, type QueueRow, queueNote, queueRows } from './queue-rows.ts';
import { parseSettingError, type SettingField, settingFields, startDataOf } from './settings-form.ts';
import './new-run.css';

/** The state of the page that the form shows, and the commands that it sends. */
export interface NewRunOptions {
  /** The run shown, with whose settings the form is filled and whose trainer is preferred; null when there is none. */
  run: Pick<Run, 'runId' | 'started'> | null;
  accepted(): AcceptedStarts;
  /** Returns the id of the run whose trainer has the queue; null without one. */
  queueRun(): string | null;
  executeCommand: ExecuteCommand;
}

/** A command about the queue, with its data. */
type QueueCommand = Parameters<ExecuteCommand> extends [unknown, ...infer Command] ? Command : never;

type FormError = ReturnType<typeof parseSettingError>;

const noError: FormError = { text: '', name: null };

/** Delay before the queue is read again: several messages about the queue and the trainers arrive shortly after each other. */
const refreshAfterMs = 300;

let dialog: NewRunDialog | undefined;

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
  readonly #fields: readonly SettingField[];
  readonly #dialog: HTMLDialogElement;
  /** The starts in the queue; null before the trainer has answered, and while no trainer accepts starts into a queue. */
  #queue: readonly QueuedStart[] | null = null;
  #error = noError;
  /** Text about the start that was last added to the queue; empty before, and after an error. */
  #note = '';
  #queueProblem = '';
  #isSending = false;
  /** The run that the dialog names as the one whose trainer has the queue; null without one. */
  #queueRun: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: NewRunOptions) {
    this.#options = options;
    this.#fields = settingFields(options.run?.started ?? null);
    this.#dialog = openDialog('new-run', this.#template());
    this.#dialog.addEventListener('close', () => {
      clearTimeout(this.#timer);
      dialog = undefined;
    });
    void this.#readQueue();
  }

  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#readQueue(), refreshAfterMs);
    this.#show();
  }

  async #readQueue(): Promise<void> {
    if (!this.#options.accepted().enqueue) this.#queue = null;
    else if (!this.#isSending) await this.#changeQueue('listQueue');
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
    const { run, accepted, queueRun } = this.#options;
    const { start, enqueue } = accepted();
    this.#queueRun = queueRun();
    const { text, name } = this.#error;
    const isQueueFull = this.#queue !== null && isFull(this.#queue);
    const submitButton = (command: string, label: string, primary: boolean, disabled = false) => html`
      <button
        class=${primary ? 'button primary' : 'button'} type="submit" name="command" value=${command} ?disabled=${disabled}
      >${label}</button>`;
    return html`
      <form
        method="dialog" id="new-run-form" ?inert=${this.#isSending}
        @submit=${(event: SubmitEvent) => this.#submit(event)}
        @change=${({ target }: Event) => emptyRecipeSettings(target as HTMLElement)}
      >
        <h2 id="new-run-title">New run</h2>
        <p class="card-note" data-field="new-run-note">
          ${run?.started ? 'Filled with the settings of the run shown.' : ''} The trainer chooses the values of empty fields.
          ${enqueue ? `Run ${this.#queueRun} is training. The runs in the queue begin after it, one after the other.` : ''}
        </p>
        <div class="field-grid wide">
          <label class="field">
            <span>Name</span>
            <input class="input" name="name" maxlength=${eventLimits.runName} autocomplete="off" aria-invalid=${name === 'name'} />
          </label>
          <label class="field">
            <span>Tags, separated by commas</span>
            <input class="input" name="tags" autocomplete="off" autocapitalize="none" aria-invalid=${name === 'tags'} />
          </label>
        </div>
        <div class="field-grid" id="new-run-fields">
          ${this.#fields.map((field) => control(field, field.name === name))}
        </div>
        <p class="form-error" role="alert" data-field="new-run-error">${text}</p>
        <p class="form-note" role="status" data-field="new-run-added">${this.#note}</p>
        <div class="dialog-foot">
          <button class="button" type="button" data-close>Close</button>
          ${enqueue ? submitButton('enqueue', 'Add to queue', !start, isQueueFull) : nothing}
          ${start || !enqueue ? submitButton('start', 'Start', true, !start) : nothing}
        </div>
      </form>
      ${this.#queue === null ? nothing : this.#queueSection(this.#queue)}`;
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

  /** Renders the dialog; the focused field keeps the focus and its text. */
  #show(): void {
    if (this.#dialog.isConnected) render(this.#template(), this.#dialog);
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const command = (event.submitter as HTMLButtonElement | null)?.value === 'start' ? 'start' : 'enqueue';
    const tags = parseTags(String(new FormData(form).get('tags')));
    this.#note = '';
    this.#error = tagsProblem(tags) === '' ? noError : { text: tagsProblem(tags), name: 'tags' };
    if (this.#error !== noError) return this.#showError();
    const data = startDataOf(new FormData(form));
    const runId = command === 'start' ? (this.#options.run?.runId ?? null) : this.#queueRun;
    // The answer arrives when the trainer has loaded the dataset and the engine.
    if (command === 'start') this.#note = 'Starting…';
    const result = await this.#send(() => this.#options.executeCommand(runId, command, data));
    this.#note = '';
    if (!result.ok) {
      this.#error = parseSettingError(result.message);
      return this.#showError();
    }
    if (command === 'start') return this.#dialog.close();
    delete this.#dialog.dataset.edited;
    this.#queue = result.value.queue ?? this.#queue;
    this.#note = `Added to the queue, at position ${this.#queue?.length ?? 1}.`;
    this.#show();
    form.querySelector<HTMLElement>('[name="name"]')?.focus();
  }

  #showError(): void {
    this.#show();
    this.#dialog.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
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

/** Empties the fields that the chosen recipe sets, because filled fields would override the recipe. */
function emptyRecipeSettings(changed: HTMLElement): void {
  if (!(changed instanceof HTMLSelectElement) || changed.name !== 'recipe' || changed.value === '') return;
  for (const name of recipeSettings) {
    const field = changed.form?.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = '';
  }
}

const control = (setting: SettingField, invalid: boolean): TemplateResult => html`
  <label class="field"><span>${setting.label}</span>${input(setting, invalid)}</label>`;

function input(setting: SettingField, invalid: boolean): TemplateResult {
  const { name, value } = setting;
  if (setting.kind === 'choice')
    return html`
      <select name=${name} class="input" aria-invalid=${invalid}>
        <option value="">–</option>
        ${setting.choices.map((choice) => html`<option value=${choice} ?selected=${choice === value}>${choice}</option>`)}
      </select>`;
  const { min, max, whole } = setting;
  return html`
    <input
      name=${name} class="input" type="number" aria-invalid=${invalid}
      min=${min} max=${max} step=${whole ? 1 : 'any'} value=${value}
    />`;
}
