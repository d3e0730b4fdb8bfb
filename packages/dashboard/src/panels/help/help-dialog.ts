import { html, type TemplateResult } from 'lit-html';
import type { Run } from '../../state/run.ts';
import { dialogHeader, openDialog } from '../../ui/dialog.ts';
import { type Shortcut, shortcutGroups } from './shortcuts.ts';
import './help.css';

/** Opens the list of keys and gestures. `run` is the run on display. */
export function openHelp(run: Run | null): void {
  openDialog(
    'help',
    html`
      ${dialogHeader('help', 'Keyboard')}
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
