/** The texts to announce together. */
let pending: string[] = [];

/**
 * Announces a text to screen readers, through the status element that `layout.ts` renders. Texts of the same moment are announced
 * one after the other: a screen reader reads only the last content of the element.
 */
export function announce(text: string): void {
  pending.push(text);
  if (pending.length > 1) return;
  queueMicrotask(() => {
    const announcer = document.getElementById('announcer');
    if (announcer) announcer.textContent = pending.join(' ');
    pending = [];
  });
}
