/** What a key does: it runs something, or presses a button as long as that is there to be pressed. */
type Action = (() => void) | HTMLButtonElement;

/** Acts on a key that is pressed by itself, unless it is typed into something or a dialog is open. */
export function listenKeys(actions: Readonly<Record<string, Action>>): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key];
    if (!action || isTaken(event) || document.querySelector('dialog[open]')) return;
    if (action instanceof HTMLButtonElement && action.closest('[hidden]')) return;
    event.preventDefault();
    if (action instanceof HTMLButtonElement) action.click();
    else action();
  });
}

/** Whether the key means something where the focus is: a letter in a field, Space on a button. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && ['range', 'checkbox'].includes(target.type)) return key === ' ';
  if (target.matches('input, select, textarea')) return true;
  return key === ' ' && target.matches('button, summary, a, td');
}
