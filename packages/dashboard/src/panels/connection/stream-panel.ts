import { html, nothing } from 'lit-html';
import type { Panel } from '../../ui/panel.ts';
import { connectionTextOf } from './connection-panel.ts';
import type { ConnectionText } from './connection-text.ts';

const streamRows = [
  ['Connection', 'state'],
  ['Last event', 'lastEvent'],
  ['Rate', 'rate'],
  ['Delay to screen', 'delay'],
  ['Viewers', 'viewers'],
  ['Skipped', 'skipped'],
  ['Rejected', 'rejected'],
  ['Connections lost', 'lostConnections'],
  ['Gateway', 'gateway'],
] as const satisfies (readonly [name: string, key: keyof ConnectionText])[];

/** The statistics of the live feed. */
export const streamPanel: Panel = {
  render({ session, now }) {
    const text = connectionTextOf(session, now);
    return html`
      <section class="stream" aria-labelledby="stream-title">
        <h3 id="stream-title">Stream</h3>
        <dl class="facts">
          ${streamRows.map(([name, key]) =>
            text[key] === ''
              ? nothing
              : html`<div><dt>${name}</dt><dd data-field="stream-${key}">${text[key]}</dd></div>`,
          )}
        </dl>
      </section>`;
  },
};
