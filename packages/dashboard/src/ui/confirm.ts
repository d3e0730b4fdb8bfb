import { html } from 'lit-html';
import { closed, openDialog } from './dialog.ts';

export interface Question {
  title: string;
  text: string;
  /** Label of the button that confirms. */
  yes: string;
}

/** Asks before an action that cannot be undone. Resolves with whether the viewer confirmed. */
export async function confirmed({ title, text, yes }: Question): Promise<boolean> {
  const content = html`
    <form method="dialog">
      <h2 id="confirm-title">${title}</h2>
      <p>${text}</p>
      <div class="dialog-foot">
        <button class="button" type="submit" value="no">Cancel</button>
        <button class="button danger" type="submit" value="yes">${yes}</button>
      </div>
    </form>`;
  return (await closed(openDialog('confirm', content))) === 'yes';
}
