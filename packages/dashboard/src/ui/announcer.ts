import { formatPlural } from '../state/format.ts';

/**
 * Time for which a text waits for others to be announced together: an alert is announced in an animation frame, and the phase that
 * it leads to in a render of up to 100 ms later.
 */
const joinMs = 200;

/** Maximum number of texts that are announced together: more, such as a flood of warnings, would be read for minutes. */
const maxTexts = 3;

/** The texts to announce together, by topic. */
const pending = new Map<string, string>();

/**
 * Announces a text to screen readers, through the status element that `layout.ts` renders. Texts of the same moment are announced
 * one after the other: a screen reader reads only the last content of the element.
 * @param topic A text replaces an earlier one about the same topic that still waits, such as the position of a cursor.
 */
export function announce(text: string, topic = text): void {
  if (pending.size === 0) setTimeout(write, joinMs);
  pending.delete(topic);
  pending.set(topic, text);
}

function write(): void {
  const announcer = document.getElementById('announcer');
  const texts = [...pending.values()].filter(Boolean);
  const skipped = texts.length - maxTexts;
  const lead = skipped > 0 ? [formatPlural(skipped, 'more message.', 'more messages.')] : [];
  if (announcer) announcer.textContent = [...lead, ...texts.slice(-maxTexts)].join(' ');
  pending.clear();
}
