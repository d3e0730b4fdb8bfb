/** Announces a text to screen readers, through the status element that `layout.ts` renders. */
export function announce(text: string): void {
  const announcer = document.getElementById('announcer');
  if (announcer) announcer.textContent = text;
}
