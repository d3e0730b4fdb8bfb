import { byId } from './dom.ts';

/** Opens a dialog of the page; its buttons with `data-close` and a press beside it close it. */
export function openDialog(id: string): HTMLDialogElement {
  const dialog = byId(id, HTMLDialogElement);
  if (dialog.dataset.ready === undefined) {
    dialog.dataset.ready = '';
    for (const button of dialog.querySelectorAll('[data-close]'))
      button.addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
  dialog.returnValue = '';
  if (!dialog.open) dialog.showModal();
  return dialog;
}

/** Resolves with what the dialog was closed with: the value of the button, empty when it was dismissed. */
export function closed(dialog: HTMLDialogElement): Promise<string> {
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}
