import { html, type TemplateResult } from 'lit-html';
import type { Run } from '../../state/run.ts';
import { dialogHeader, openDialog } from '../../ui/dialog.ts';
import { type Shortcut, shortcutGroups } from './shortcuts.ts';
import './help.css';

/** The viewer's choice whether single keys are shortcuts. */
export interface ShortcutChoice {
  areOn: boolean;
  set(on: boolean): void;
}

/** Opens the list of keys and gestures. `run` is the run on display. */
export function openHelp(run: Run | null, choice: ShortcutChoice): void {
  const toggle = ({ target }: Event): void => choice.set((target as HTMLInputElement).checked);
  openDialog(
    'help',
    html`
      ${dialogHeader('help', 'Keyboard')}
      <label class="tool help-choice">
        <input type="checkbox" id="shortcuts-on" .checked=${choice.areOn} @change=${toggle} />
        Use single keys as shortcuts; the keys of a focused chart always work
      </label>
      <div class="shortcuts" id="shortcuts">
        ${shortcutGroups(run).map(
          ({ title, shortcuts }) =>
            html`<section><h3>${title}</h3><dl>${shortcuts.map(shortcutRow)}</dl></section>`,
        )}
      </div>
      <p class="help-foot">
        Other programs can read everything on this page, live:
        <a href="docs" target="_blank">the feed and the REST API</a>.
      </p>`,
  );
}

const shortcutRow = ({ keys, description }: Shortcut): TemplateResult => html`
  <div><dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${description}</dd></div>`;
