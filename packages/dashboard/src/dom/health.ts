import type { Session } from '../state/session.ts';
import { healthText } from '../views/health.ts';
import { byId, field, setText } from './dom.ts';

/** The connection: the chip at the top, the banner while it is lost, and the list of figures. */
export function createHealth(): (session: Session, now: number) => void {
  const chip = byId('health', HTMLElement);
  const banner = byId('banner', HTMLElement);
  const state = field('health-state');
  const more = field('health-more');
  const sentence = field('banner');
  const streamState = field('stream-state');
  const age = field('stream-age');
  const rate = field('stream-rate');
  const received = field('stream-received');
  const skipped = field('stream-skipped');
  const losses = field('stream-losses');
  const server = field('stream-server');

  return (session, now) => {
    const text = healthText(session, now);
    chip.dataset.tone = text.tone;
    setText(state, text.state);
    setText(more, session.run && text.tone === 'good' ? `${text.rate} · ${text.age}` : '');
    banner.hidden = text.banner === '';
    setText(sentence, text.banner);
    setText(streamState, text.state);
    setText(age, text.age);
    setText(rate, text.rate);
    setText(received, `${text.received} events`);
    setText(skipped, `${text.skipped}, ${text.invalid}`);
    setText(losses, text.losses);
    setText(server, text.server);
  };
}
