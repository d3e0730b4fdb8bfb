import type { RunStarted } from '@mnist-monitor/shared';
import { type SettingField, settingFields, settingsOf } from '../views/new-run.ts';
import type { Tell } from './controls.ts';
import { openDialog } from './dialog.ts';
import { byId, field, h, setText } from './dom.ts';

let tellTrainer: Tell | undefined;

/** Opens the form for a new run; `last` shows what was trained with before. */
export function openNewRun(last: RunStarted | null, tell: Tell): void {
  const form = byId('new-run-form', HTMLFormElement);
  byId('new-run-fields', HTMLElement).replaceChildren(...settingFields(last).map(control));
  setText(field('new-run-error'), '');
  if (!tellTrainer) form.addEventListener('submit', (event) => submit(event, form));
  tellTrainer = tell;
  openDialog('new-run-dialog');
}

async function submit(event: SubmitEvent, form: HTMLFormElement): Promise<void> {
  event.preventDefault();
  const error = field('new-run-error');
  setText(error, '');
  form.toggleAttribute('inert', true);
  const complaint = await tellTrainer?.('start', settingsOf(new FormData(form)));
  form.toggleAttribute('inert', false);
  setText(error, complaint ?? '');
  if (complaint === undefined) byId('new-run-dialog', HTMLDialogElement).close();
}

function control(setting: SettingField): HTMLElement {
  const { name, label, hint } = setting;
  return h('label', { class: 'field' }, h('span', {}, label), input(setting, { name, class: 'input' }, hint));
}

function input(setting: SettingField, attributes: Record<string, string>, hint: string): HTMLElement {
  if (setting.kind === 'choice') {
    const unset = h('option', { value: '' }, 'as started');
    return h(
      'select',
      attributes,
      unset,
      ...setting.choices.map((choice) => h('option', { value: choice }, choice)),
    );
  }
  const { min, max, whole } = setting;
  return h('input', { ...attributes, type: 'number', min, max, step: whole ? 1 : 'any', placeholder: hint });
}
