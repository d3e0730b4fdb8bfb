/** The action of a key: a function, or the id of a button that the key presses while it is visible and enabled. */
type KeyAction = (() => void) | string;

/**
 * Runs the action of each key that is pressed without Ctrl, Alt or Meta, unless the focused element uses the key or a
 * dialog is open.
 */
export function listenForKeys(actions: Readonly<Record<string, KeyAction>>): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key];
    if (!action || targetUsesKey(event) || document.querySelector('dialog[open]')) return;
    const button = typeof action === 'string' ? document.getElementById(action) : null;
    if (typeof action === 'string' && (!button || button.closest('[hidden]'))) return;
    event.preventDefault();
    if (typeof action === 'string') button?.click();
    else action();
  });
}

/** Returns whether the focused element handles the key: a letter in a field, Space on a button. */
function targetUsesKey({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // These inputs use only Space and, where the page has no shortcuts, the arrow keys.
  if (target instanceof HTMLInputElement && ['range', 'checkbox'].includes(target.type)) return key === ' ';
  if (target.matches('input, select, textarea')) return true;
  return key === ' ' && target.matches('button, summary, a, td');
}
