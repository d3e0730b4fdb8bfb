import { recipeSettings } from '@mnist-monitor/shared/browser';
import { html, render, type TemplateResult } from 'lit-html';
import type { RunStartedData } from '../../state/event-data.ts';
import { dialogFooter, openDialog } from '../../ui/dialog.ts';
import type { SendCommand } from '../../ui/panel.ts';
import { parseSettingError, type SettingField, settingFields, settingsOf } from './settings-form.ts';

type FormError = ReturnType<typeof parseSettingError>;

const noError: FormError = { text: '', name: null };

/** Opens the form for a new run, filled with the settings of the run shown; `started` is null when there is none. */
export function openNewRun(started: RunStartedData | null, sendCommand: SendCommand): void {
  const fields = settingFields(started);
  const content = (error: FormError): TemplateResult => html`
    <form
      method="dialog" id="new-run-form"
      @submit=${submit} @change=${({ target }: Event) => emptyRecipeSettings(target as HTMLElement)}
    >
      <h2 id="new-run-title">New run</h2>
      <p class="card-note" data-field="new-run-note">
        ${started ? 'Filled with the settings of the run shown.' : ''} The trainer chooses the values of empty fields.
      </p>
      <div class="field-grid" id="new-run-fields">${fields.map((field) => control(field, field.name === error.name))}</div>
      <p class="form-error" role="alert" data-field="new-run-error">${error.text}</p>
      ${dialogFooter('Start')}
    </form>`;
  const show = (error: FormError): void => {
    render(content(error), dialog);
    dialog.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  };
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    show(noError);
    form.toggleAttribute('inert', true);
    const problem = await sendCommand('start', settingsOf(new FormData(form)));
    form.toggleAttribute('inert', false);
    if (problem === undefined) dialog.close();
    else show(parseSettingError(problem));
  }
  const dialog = openDialog('new-run', content(noError));
}

/** Empties the fields that the chosen recipe sets, because filled fields would override the recipe. */
function emptyRecipeSettings(changed: HTMLElement): void {
  if (!(changed instanceof HTMLSelectElement) || changed.name !== 'recipe' || changed.value === '') return;
  for (const name of recipeSettings) {
    const field = changed.form?.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = '';
  }
}

const control = (setting: SettingField, invalid: boolean): TemplateResult => html`
  <label class="field"><span>${setting.label}</span>${input(setting, invalid)}</label>`;

function input(setting: SettingField, invalid: boolean): TemplateResult {
  const { name, value } = setting;
  if (setting.kind === 'choice')
    return html`
      <select name=${name} class="input" aria-invalid=${invalid}>
        <option value="">–</option>
        ${setting.choices.map((choice) => html`<option value=${choice} ?selected=${choice === value}>${choice}</option>`)}
      </select>`;
  const { min, max, whole } = setting;
  return html`
    <input
      name=${name} class="input" type="number" aria-invalid=${invalid}
      min=${min} max=${max} step=${whole ? 1 : 'any'} value=${value}
    />`;
}
