/** The action of a key: a function, or the id of a button that the key presses while it is visible and enabled. */
type KeyAction = (() => void) | string;

/**
 * Runs the action of each key that is pressed without Ctrl, Alt or Meta, unless the focused element uses the key or a
 * dialog is open.
 * @param areOn Returns whether the viewer uses shortcuts: people who dictate, or press keys by accident, switch them off.
 */
export function listenForKeys(actions: Readonly<Record<string, KeyAction>>, areOn: () => boolean): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !areOn()) return;
    const action = actions[keyNameOf(event)];
    if (!action || targetUsesKey(event) || document.querySelector('dialog[open]')) return;
    const button = typeof action === 'string' ? document.getElementById(action) : null;
    if (typeof action === 'string' && (!button || button.closest('[hidden]'))) return;
    event.preventDefault();
    if (typeof action === 'string') button?.click();
    else action();
  });
}

/**
 * Returns the name of a pressed key as the list of shortcuts shows it: the lower-case letter, whether Caps Lock is on or not. A key
 * with a character beyond ASCII is named after its position, so that shortcuts work on keyboards of other scripts.
 */
export function keyNameOf({ key, code, shiftKey }: Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>): string {
  const isLetter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  if (isLetter && shiftKey) return key;
  if (key.length === 1 && key > '~') return code.replace(/^(?:Key|Digit)(?=.$)/, '').toLowerCase();
  return isLetter ? key.toLowerCase() : key;
}

/** Returns whether the focused element handles the key: a letter in a field, Space on a button. */
function targetUsesKey({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // These inputs use only Space and keys that are no shortcuts of the page, such as the arrow keys.
  if (target instanceof HTMLInputElement && ['range', 'checkbox'].includes(target.type)) return key === ' ';
  if (target.matches('input, select, textarea')) return true;
  return key === ' ' && target.matches('button, summary, a, td');
}
