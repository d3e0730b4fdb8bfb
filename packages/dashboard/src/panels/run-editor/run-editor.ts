import { eventLimits, type RunChanges } from '@mnist-monitor/shared/browser';
import { html, nothing, type TemplateResult } from 'lit-html';
import type { RunSummary } from '../../state/event-data.ts';
import { nameOf, tagsOf } from '../../state/run-summaries.ts';
import { parseTags, tagsProblem, tagsText } from '../../state/tags.ts';
import './run-editor.css';

/** Longest note that the gateway accepts, in characters. */
const noteLimit = 10_000;

/** The run to edit, and the callbacks of the form. */
export interface RunEditorOptions {
  run: Pick<RunSummary, 'runId' | 'title' | 'name' | 'tags' | 'started' | 'note'>;
  /** Whether the form has a field for the note. */
  withNote: boolean;
  /** Stores the changes. Resolves like `PageActions.changeRun`. */
  save(changes: RunChanges): Promise<string | undefined>;
  /** Renders the form again. */
  refresh(): void;
  /** Removes the form. */
  close(): void;
}

/** A form for the name, the tags and the note of a run, which takes the place of the texts that it edits. */
export class RunEditor {
  readonly runId: string;
  readonly #options: RunEditorOptions;
  readonly #initial: { name: string; tags: string; note: string };
  #problem = '';
  #isSaving = false;

  constructor(options: RunEditorOptions) {
    const { run } = options;
    this.runId = run.runId;
    this.#options = options;
    this.#initial = { name: nameOf(run) ?? '', tags: tagsText(tagsOf(run)), note: run.note ?? '' };
  }

  template(): TemplateResult {
    const { name, tags, note } = this.#initial;
    return html`
      <form
        class="run-editor" id="edit-form" aria-label="Name and tags" ?inert=${this.#isSaving}
        @submit=${(event: SubmitEvent) => this.#submit(event)} @keydown=${(event: KeyboardEvent) => this.#closeOnEscape(event)}
      >
        <label class="field">
          <span>Name</span>
          <input class="input" name="name" maxlength=${eventLimits.runName} autocomplete="off" value=${name} />
        </label>
        <label class="field">
          <span>Tags, separated by commas</span>
          <input class="input" name="tags" autocomplete="off" autocapitalize="none" value=${tags} />
        </label>
        ${
          this.#options.withNote
            ? html`
                <label class="field run-editor-note">
                  <span>Note</span>
                  <textarea class="input" name="note" rows="4" maxlength=${noteLimit}>${note}</textarea>
                </label>`
            : nothing
        }
        <p class="form-error" role="alert">${this.#problem}</p>
        <div class="run-editor-foot">
          <button class="button small" type="button" @click=${this.#options.close}>Cancel</button>
          <button class="button small primary" type="submit">Save</button>
        </div>
      </form>`;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const filled = new FormData(event.target as HTMLFormElement);
    const changes = this.#changes((name) => String(filled.get(name) ?? '').trim());
    this.#problem = tagsProblem(changes.tags ?? []);
    if (this.#problem === '' && Object.keys(changes).length > 0) {
      this.#isSaving = true;
      this.#options.refresh();
      const problem = await this.#options.save(changes);
      this.#isSaving = false;
      this.#problem = problem ?? '';
      // The text is empty when the viewer did not enter the token: nothing is saved then either, and the form stays open.
      if (problem !== undefined) return this.#options.refresh();
    }
    if (this.#problem === '') this.#options.close();
    else this.#options.refresh();
  }

  /** Returns only the fields that the viewer has edited: a change by somebody else to another field is kept. */
  #changes(filled: (name: string) => string): RunChanges {
    const { run, withNote } = this.#options;
    const [name, note] = [filled('name'), filled('note')];
    const tags = parseTags(filled('tags'));
    return {
      ...(name !== this.#initial.name && { name }),
      // A title, which an older gateway has stored, would be shown instead of the new name.
      ...(name !== this.#initial.name && run.title !== null && { title: null }),
      ...(tagsText(tags) !== this.#initial.tags && { tags }),
      ...(withNote && note !== this.#initial.note.trim() && { note }),
    };
  }

  #closeOnEscape(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    this.#options.close();
  }
}
