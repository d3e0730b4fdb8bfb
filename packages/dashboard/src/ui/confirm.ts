import { html, nothing } from 'lit-html';
import { openDialog, whenClosed } from './dialog.ts';

/** The texts of a confirmation. */
export interface ConfirmationText {
  title: string;
  text: string;
  /** The names of the things that the action concerns, where there are several. */
  items?: readonly string[];
  /** Label of the button that confirms. */
  confirmLabel: string;
}

/** Asks the viewer to confirm an action that cannot be undone, and resolves with whether they did. */
export async function confirmAction({
  title,
  text,
  items,
  confirmLabel,
}: ConfirmationText): Promise<boolean> {
  const content = html`
    <form method="dialog">
      <h2 id="confirm-title">${title}</h2>
      <p>${text}</p>
      ${items ? html`<ul class="confirm-items" tabindex="0" aria-labelledby="confirm-title">${items.map((item) => html`<li>${item}</li>`)}</ul>` : nothing}
      <div class="dialog-foot">
        <button class="button" type="submit" value="no">Cancel</button>
        <button class="button danger" type="submit" value="yes">${confirmLabel}</button>
      </div>
    </form>`;
  return (await whenClosed(openDialog('confirm', content))) === 'yes';
}
