import { formatProgress } from '../../state/format.ts';
import { headlineOf, type Session } from '../../state/session.ts';
import { byId, field, h, onChange, part, setText, styled } from '../../ui/dom.ts';
import { type HeaderText, headerText, tabTitle } from './header-text.ts';

const fields = [
  'title',
  'detail',
  'remaining',
  'percent',
  'loss',
  'accuracy',
  'test',
  'epoch',
  'epochs',
  'batch',
  'batches',
  'speed',
  'elapsed',
] as const satisfies (keyof HeaderText)[];

/** More epochs than this are not marked on the progress bar. */
const epochMarkLimit = 50;

/** The run header, the title of the tab, and what a screen reader is told of the run's course. */
export function createHeader(): (session: Session, now: number) => void {
  const hero = byId('hero', HTMLElement);
  const progress = byId('progress', HTMLElement);
  const fill = part(progress, '.progress-fill');
  const marks = part(progress, '.progress-epochs');
  const lossStat = byId('stat-loss', HTMLElement);
  const announcer = byId('announcer', HTMLElement);
  const elements = fields.map((name) => [name, field(name)] as const);
  const phaseName = field('phase');
  const testNote = field('test-note');
  const batchNotes = [field('loss-note'), field('accuracy-note')];

  const showEpochs = onChange((epochs: number) => {
    const count = epochs > epochMarkLimit ? 0 : epochs;
    marks.replaceChildren(...Array.from({ length: count }, () => h('i')));
  });
  const showProgress = onChange((share: number) => {
    styled(fill, { transform: `scaleX(${share})` });
    progress.setAttribute('aria-valuenow', String(Math.floor(share * 100)));
    progress.setAttribute('aria-valuetext', formatProgress(share));
  });
  let announced = 'Connecting';

  return (session, now) => {
    const text = headerText(session, now);
    hero.dataset.phase = text.look;
    for (const [name, element] of elements) setText(element, text[name]);
    setText(phaseName, text.phaseName);
    setText(testNote, text.testNote);
    for (const note of batchNotes) setText(note, text.batchNote);
    lossStat.classList.toggle('bad', !text.lossIsFinite);
    showEpochs(headlineOf(session)?.started?.config.epochs ?? 0);
    showProgress(text.progress);
    const title = tabTitle(text);
    if (document.title !== title) document.title = title;
    if (text.phaseName !== announced) {
      announced = text.phaseName;
      setText(announcer, `${text.phaseName}. ${text.detail}`);
    }
  };
}
