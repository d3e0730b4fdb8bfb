import type { Session } from '../../state/session.ts';
import { byId, field, setText } from '../../ui/dom.ts';
import { type HealthText, healthText } from './connection-text.ts';

const streamRows = [
  'state',
  'age',
  'rate',
  'delay',
  'viewers',
  'received',
  'skipped',
  'rejected',
  'losses',
  'server',
] as const satisfies (keyof HealthText)[];

/** The connection: the chip at the top, the banner while it is lost, and the list of figures. */
export function createHealth(followLatest: () => void): (session: Session, now: number) => void {
  const chip = byId('health', HTMLElement);
  const banner = byId('banner', HTMLElement);
  const state = field('health-state');
  const more = field('health-more');
  const sentence = field('banner');
  const latest = byId('banner-latest', HTMLButtonElement);
  latest.addEventListener('click', followLatest);
  const rows = streamRows.map((name) => [name, field(`stream-${name}`)] as const);

  return (session, now) => {
    const text = healthText(session, now);
    chip.dataset.tone = text.tone;
    setText(state, text.state);
    setText(more, session.run && text.tone === 'good' ? `${text.rate} · ${text.age}` : '');
    banner.hidden = text.banner === '';
    setText(sentence, text.banner);
    latest.hidden = !text.runIsMissing;
    for (const [name, element] of rows) setText(element, text[name]);
  };
}
