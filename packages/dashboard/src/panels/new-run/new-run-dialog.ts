import { type RunStartedData, recipeSettings } from '@mnist-monitor/shared/browser';
import { openDialog } from '../../ui/dialog.ts';
import { byId, field, h, setText } from '../../ui/dom.ts';
import type { Tell } from '../controls/controls-panel.ts';
import { refusalOf, type SettingField, settingFields, settingsOf } from './settings-form.ts';

let tellTrainer: Tell | undefined;

/** Opens the form for a new run, filled to do again what `last` did. */
export function openNewRun(last: RunStartedData | null, tell: Tell): void {
  const form = byId('new-run-form', HTMLFormElement);
  byId('new-run-fields', HTMLElement).replaceChildren(...settingFields(last).map(control));
  setText(
    field('new-run-note'),
    `${last ? 'As in the run shown; what' : 'What'} is left empty is as the trainer was started.`,
  );
  setText(field('new-run-error'), '');
  if (!tellTrainer) {
    form.addEventListener('submit', (event) => submit(event, form));
    form.addEventListener('change', ({ target }) => leaveToRecipe(form, target));
  }
  tellTrainer = tell;
  openDialog('new-run-dialog');
}

async function submit(event: SubmitEvent, form: HTMLFormElement): Promise<void> {
  event.preventDefault();
  const error = field('new-run-error');
  setText(error, '');
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
  form.toggleAttribute('inert', true);
  const complaint = await tellTrainer?.('start', settingsOf(new FormData(form)));
  form.toggleAttribute('inert', false);
  if (complaint === undefined) {
    byId('new-run-dialog', HTMLDialogElement).close();
    return;
  }
  const { text, name } = refusalOf(complaint);
  setText(error, text);
  const refused = controlOf(form, name ?? '');
  refused?.setAttribute('aria-invalid', 'true');
  refused?.focus();
}

/** What a recipe decides would override it: it is emptied when a recipe is chosen, in sight. */
function leaveToRecipe(form: HTMLFormElement, changed: EventTarget | null): void {
  const recipe = controlOf(form, 'recipe');
  if (changed !== recipe || !recipe?.value) return;
  for (const name of recipeSettings) {
    const decided = controlOf(form, name);
    if (decided) decided.value = '';
  }
}

const controlOf = (form: HTMLFormElement, name: string): HTMLInputElement | HTMLSelectElement | null =>
  form.querySelector(`[name="${name}"]`);

function control(setting: SettingField): HTMLElement {
  return h('label', { class: 'field' }, h('span', {}, setting.label), input(setting));
}

function input(setting: SettingField): HTMLElement {
  const { name, value } = setting;
  if (setting.kind === 'choice')
    return h(
      'select',
      { name, class: 'input' },
      h('option', { value: '' }, '–'),
      ...setting.choices.map((choice) => h('option', { value: choice, selected: choice === value }, choice)),
    );
  const { min, max, whole } = setting;
  return h('input', { name, class: 'input', type: 'number', min, max, step: whole ? 1 : 'any', value });
}
