import { connectLive, type LiveClient } from '@mnist-monitor/shared';
import { apply, type Input, type Session } from './state/session.ts';

/** Follows the feed of the server that the page came from: the run that its address names, or the latest. */
export function connect(session: Session, changed: () => void): LiveClient {
  const take = (input: Input): void => {
    apply(session, input, performance.now());
    changed();
  };
  const run = new URLSearchParams(location.search).get('run');
  return connectLive({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`,
    ...(run && { run }),
    onState: (state) => take({ type: 'link', state }),
    onHello: (hello) => take({ type: 'hello', hello }),
    onEvent: (event) => take({ type: 'event', event }),
    onLive: () => take({ type: 'live' }),
    onGap: ({ from, to }) => take({ type: 'gap', from, to }),
    onInvalid: () => take({ type: 'invalid' }),
  });
}
