import type { RunFinishedData, RunStartedData, SystemData } from '@mnist-monitor/shared/browser';
import { capitalize, formatCount } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { byId, field, h, onChange, setText, styled } from '../../ui/dom.ts';
import { layerRows } from './layer-rows.ts';
import { deviceFacts, type Fact, systemMeters, trainingFacts } from './run-facts.ts';

/** What does not change while a run goes on (device, parameters, network), and the machine's live figures. */
export function createFacts(): (run: Run | null) => void {
  const showStarted = startedCards();
  const showMeters = meters();
  const showFiles = files();
  return (run) => {
    showStarted(run?.started ?? null, run?.notices ?? noNotices);
    showMeters(run?.system ?? null);
    showFiles(run?.finished ?? null);
  };
}

const factRows = (facts: readonly Fact[]): HTMLElement[] =>
  facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)));

const noNotices: Run['notices'] = [];

function startedCards(): (started: RunStartedData | null, notices: Run['notices']) => void {
  const device = byId('device-facts', HTMLElement);
  const training = byId('training-facts', HTMLElement);
  const layers = byId('layer-rows', HTMLElement);
  const scroll = byId('model-scroll', HTMLElement);
  scroll.tabIndex = 0;
  const reason = field('device-reason');
  const note = field('model-note');
  const empty = ['device-empty', 'training-empty', 'model-empty'].map(field);
  return onChange((started: RunStartedData | null, notices: Run['notices']) => {
    for (const element of empty) element.hidden = started !== null;
    device.replaceChildren(...(started ? factRows(deviceFacts(started)) : []));
    training.replaceChildren(...(started ? factRows(trainingFacts(started, notices)) : []));
    setText(reason, capitalize(started?.device.reason ?? ''));
    setText(note, started ? `${formatCount(started.model.parameters)} parameters` : '');
    scroll.hidden = started === null;
    layers.replaceChildren(
      ...(started ? layerRows(started) : []).map(({ name, type, shape, parameters }) =>
        h('tr', {}, h('td', {}, name), h('td', {}, type), h('td', {}, shape), h('td', {}, parameters)),
      ),
    );
  });
}

function meters(): (system: SystemData | null) => void {
  const list = byId('meters', HTMLElement);
  return onChange((system: SystemData | null) => {
    list.replaceChildren(
      ...(system ? systemMeters(system) : []).map(({ name, value, share }) => {
        const row = h('div', {}, h('dt', {}, name), h('dd', {}, value));
        if (share !== null) {
          const bar = styled(h('i'), { transform: `scaleX(${share.toFixed(3)})` });
          row.append(h('dd', { class: 'meter-track', 'aria-hidden': 'true' }, bar));
        }
        return row;
      }),
    );
  });
}

function files(): (finished: RunFinishedData | null) => void {
  const box = byId('files', HTMLElement);
  const list = byId('file-list', HTMLElement);
  return onChange((finished: RunFinishedData | null) => {
    box.hidden = !finished || finished.files.length === 0;
    list.replaceChildren(...(finished?.files ?? []).map((name) => h('li', {}, name)));
  });
}
