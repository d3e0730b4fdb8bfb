import type { EpochData } from '@mnist-monitor/shared/browser';
import type { Finding } from '../../state/findings.ts';
import type { Run } from '../../state/run.ts';
import { byId, field, h, onChange } from '../../ui/dom.ts';
import { epochRows } from './epoch-rows.ts';
import { noticeRows } from './notice-rows.ts';

/** The table of epochs. */
export function createEpochs(): (run: Run | null) => void {
  const body = byId('epoch-rows', HTMLElement);
  const scroll = byId('epochs-scroll', HTMLElement);
  scroll.tabIndex = 0;
  const empty = field('epochs-empty');
  const render = onChange((epochs: readonly EpochData[]) => {
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

/** What there is to say of the run; a press on one shows it on the charts. */
export function createNotices(show: (finding: Finding) => void): (findings: readonly Finding[]) => void {
  const list = byId('notice-list', HTMLElement);
  const empty = field('notices-empty');
  return onChange((findings: readonly Finding[]) => {
    empty.hidden = findings.length > 0;
    list.replaceChildren(
      ...noticeRows(findings).map(({ finding, levelName, where }) => {
        const place = h('button', { type: 'button', class: 'link', title: 'Show on the charts' }, where);
        place.addEventListener('click', () => show(finding));
        return h(
          'li',
          { class: `notice ${finding.level}` },
          h('span', { class: 'notice-level' }, levelName),
          h('p', {}, finding.message),
          h('time', { datetime: finding.time }, place),
        );
      }),
    );
  });
}

const noEpochs: readonly EpochData[] = [];
