import { closed, openDialog } from './dialog.ts';
import { field, setText } from './dom.ts';

export interface Question {
  title: string;
  text: string;
  /** What the button says that does it. */
  yes: string;
}

/** Asks before something that cannot be undone. Resolves with whether it is wanted. */
export async function confirmed({ title, text, yes }: Question): Promise<boolean> {
  setText(field('confirm-title'), title);
  setText(field('confirm-text'), text);
  setText(field('confirm-yes'), yes);
  return (await closed(openDialog('confirm-dialog'))) === 'yes';
}
