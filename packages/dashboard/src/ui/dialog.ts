import { html, render, type TemplateResult } from 'lit-html';

/**
 * Opens a modal dialog with the id `<name>-dialog`, labelled by the element `<name>-title` in its content. Elements with
 * `data-close` close it, and so does a click outside, unless it has `data-edited`: the viewer has edited a form in it. A caller that
 * has saved the form removes `data-edited`. A closed dialog is removed from the page, so that its fields have their initial values
 * when it is opened again.
 */
export function openDialog(name: string, content: TemplateResult, className = ''): HTMLDialogElement {
  const dialog = document.createElement('dialog');
  dialog.id = `${name}-dialog`;
  dialog.className = `dialog ${className}`;
  dialog.setAttribute('aria-labelledby', `${name}-title`);
  render(content, dialog);
  dialog.addEventListener('input', ({ target }) => {
    if ((target as HTMLInputElement).form) dialog.dataset.edited = '';
  });
  // A selection of text that ends outside, and a click on content that is inert, are clicks on the dialog too.
  let isPressedOutside = false;
  dialog.addEventListener('pointerdown', (event) => {
    isPressedOutside = isOutside(dialog, event);
  });
  dialog.addEventListener('click', (event) => {
    const closes = event.target instanceof Element && event.target.closest('[data-close]');
    if (closes || (isPressedOutside && isOutside(dialog, event) && dialog.dataset.edited === undefined))
      dialog.close();
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !isEmptySearch(event.target)) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Returns whether the pointer is on the backdrop of the dialog. */
function isOutside(dialog: HTMLDialogElement, { target, clientX, clientY }: MouseEvent): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  const isInside = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
  return target === dialog && !isInside;
}

/** Returns whether this is a search field without text, in which WebKit does nothing with Escape and closes no dialog. */
const isEmptySearch = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && target.type === 'search' && target.value === '';

/** Resolves when the dialog closes, with the value of the submit button that closed it; empty when it was closed in another way. */
export function whenClosed(dialog: HTMLDialogElement): Promise<string> {
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}

/** Renders the title of a dialog with a button that closes it, for a dialog without a footer. */
export const dialogHeader = (name: string, title: string): TemplateResult => html`
  <div class="dialog-head">
    <h2 id="${name}-title">${title}</h2>
    <button class="icon-button" type="button" data-close aria-label="Close">✕</button>
  </div>`;

/** Renders the buttons below a form: Cancel, which closes the dialog, and the one that submits the form. */
export const dialogFooter = (submit: string): TemplateResult => html`
  <div class="dialog-foot">
    <button class="button" type="button" data-close>Cancel</button>
    <button class="button primary" type="submit" value="yes">${submit}</button>
  </div>`;
