import { html, type TemplateResult } from 'lit-html';
import type { Run } from '../../state/run.ts';
import { dialogHeader, openDialog } from '../../ui/dialog.ts';
import { explanationsOf } from '../../ui/explanations.ts';
import { type NotificationChoice, notificationField } from '../notifications/notifications.ts';
import { type Shortcut, shortcutGroups } from './shortcuts.ts';
import './help.css';

/** The parts of the page that the help can change. */
export interface HelpActions {
  /** Whether single keys are shortcuts. */
  areOn: boolean;
  set(on: boolean): void;
  startTour(): void;
  notifications: NotificationChoice;
}

/** Opens the help: what the parts of the page show, and the keys and gestures. `run` is the run on display. */
export function openHelp(run: Run | null, choice: HelpActions): void {
  const toggle = ({ target }: Event): void => choice.set((target as HTMLInputElement).checked);
  openDialog(
    'help',
    html`
      ${dialogHeader('help', 'Help')}
      <p>A network learns to tell images apart. This page shows how that goes, live: at the top how well it does by now, then its
        curves, the images that it gets wrong, and what happens inside. Everything stays readable after the run.
        <button type="button" class="link" id="start-tour" data-close @click=${choice.startTour}>Show me around</button></p>
      <details class="help-part" open>
        <summary><h3>What the parts show</h3></summary>
        <dl class="explanations">${explanationsOf(run).map(({ name, text }) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>
      </details>
      <h3 class="help-title">Notifications</h3>
      ${notificationField(choice.notifications)}
      <h3 class="help-title">Keyboard and mouse</h3>
      <label class="tool help-choice">
        <input type="checkbox" id="shortcuts-on" .checked=${choice.areOn} @change=${toggle} />
        Use single keys as shortcuts; the keys of a focused chart always work
      </label>
      <div class="shortcuts" id="shortcuts">
        ${shortcutGroups(run).map(
          ({ title, shortcuts }) =>
            html`<section><h4>${title}</h4><dl>${shortcuts.map(shortcutRow)}</dl></section>`,
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
