import { html, nothing, type TemplateResult } from 'lit-html';
import type { RunSummary } from '../../state/event-data.ts';
import { formatPlural } from '../../state/format.ts';

/** The selected runs, and the actions of the bar. */
export interface SelectionBarOptions {
  selected: readonly RunSummary[];
  mayChange: boolean;
  /** Label of the button that compares the selected runs; undefined when they cannot be compared. */
  compareLabel: string | undefined;
  /** Why the selected runs cannot be compared; empty when they can. */
  compareNote: string;
  /** Whether the form for tags is open. */
  isTagging: boolean;
  /** The progress or the result of the last action. */
  note: string;
  isBusy: boolean;
  compare(): void;
  pin(pinned: boolean): void;
  editTags(isTagging: boolean): void;
  /** Adds the tags of a text to the selected runs, or removes them. */
  changeTags(text: string, change: 'add' | 'remove'): void;
  exportTable(): void;
  delete(): void;
  clear(): void;
}

/** Renders the actions for the selected runs, below the list. */
export function selectionBar(options: SelectionBarOptions): TemplateResult {
  const { selected, mayChange, compareLabel, compareNote, isTagging, note, isBusy } = options;
  const allPinned = selected.every(({ pinned }) => pinned);
  const button = (control: string, text: string, act: () => void, className = ''): TemplateResult => html`
    <button type="button" class="button small ${className}" data-bulk=${control} @click=${act}>${text}</button>`;
  return html`
    <section class="selection-bar" aria-label="Selected runs" ?hidden=${selected.length === 0 && note === ''} ?inert=${isBusy}>
      <p class="selection-note" role="status">
        ${selected.length > 0 ? `${formatPlural(selected.length, 'run', 'runs')} selected.` : ''} ${note || compareNote}
      </p>
      ${
        selected.length === 0
          ? nothing
          : html`
              <div class="selection-actions">
                ${compareLabel === undefined ? nothing : button('compare', compareLabel, options.compare, 'primary')}
                ${mayChange ? button('pin', allPinned ? 'Unpin' : 'Pin', () => options.pin(!allPinned)) : nothing}
                ${mayChange ? button('tags', 'Tags…', () => options.editTags(!isTagging)) : nothing}
                ${button('export', 'Save as CSV', options.exportTable)}
                ${mayChange ? button('delete', 'Delete…', options.delete, 'danger') : nothing}
                ${button('clear', 'Select none', options.clear)}
              </div>`
      }
      ${isTagging && selected.length > 0 ? tagsForm(options) : nothing}
    </section>`;
}

function tagsForm({ changeTags, editTags }: SelectionBarOptions): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const text = String(new FormData(event.target as HTMLFormElement).get('tags') ?? '');
    changeTags(text, (event.submitter as HTMLButtonElement | null)?.value === 'remove' ? 'remove' : 'add');
  };
  const closeOnEscape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    editTags(false);
  };
  return html`
    <form class="tags-form" id="tags-form" @submit=${submit} @keydown=${closeOnEscape}>
      <label class="field"><span>Tags, separated by commas</span><input class="input" name="tags" autocomplete="off" autocapitalize="none" /></label>
      <button class="button small primary" type="submit" value="add">Add</button>
      <button class="button small" type="submit" value="remove">Remove</button>
    </form>`;
}
