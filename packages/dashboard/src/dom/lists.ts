import type { Epoch } from '@mnist-monitor/shared';
import type { Run, StampedNotice } from '../state/run.ts';
import { epochRows } from '../views/epochs.ts';
import { noticeRows } from '../views/notices.ts';
import { byId, field, h, onChange } from './dom.ts';

/** The table of epochs. */
export function createEpochs(): (run: Run | null) => void {
  const body = byId('epoch-rows', HTMLElement);
  const scroll = byId('epochs-scroll', HTMLElement);
  scroll.tabIndex = 0;
  const empty = field('epochs-empty');
  const render = onChange((epochs: readonly Epoch[]) => {
    empty.hidden = epochs.length > 0;
    scroll.hidden = epochs.length === 0;
    body.replaceChildren(
      ...epochRows(epochs).map((row) => {
        const first = h('td', {}, row.epoch);
        if (row.best) first.append(h('span', { class: 'tag' }, 'best'));
        const cells = [row.trainLoss, row.trainAccuracy, row.testLoss, row.testAccuracy, row.seconds];
        return h('tr', { class: row.best && 'best' }, first, ...cells.map((cell) => h('td', {}, cell)));
      }),
    );
  });
  return (run) => render(run?.epochs ?? noEpochs);
}

/** What the trainer had to say. */
export function createNotices(): (run: Run | null) => void {
  const list = byId('notice-list', HTMLElement);
  const empty = field('notices-empty');
  const render = onChange((notices: readonly StampedNotice[]) => {
    empty.hidden = notices.length > 0;
    list.replaceChildren(
      ...noticeRows(notices).map(({ level, levelName, message, where, time }) =>
        h(
          'li',
          { class: `notice ${level}` },
          h('span', { class: 'notice-level' }, levelName),
          h('p', {}, message),
          h('time', { datetime: time }, where),
        ),
      ),
    );
  });
  return (run) => render(run?.notices ?? noNotices);
}

const noEpochs: readonly Epoch[] = [];
const noNotices: readonly StampedNotice[] = [];
