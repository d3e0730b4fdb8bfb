import { html, nothing, render, type TemplateResult } from 'lit-html';
import { exportUrl } from '../../net/api.ts';
import type { TableRow } from './run-table.ts';

/** The actions of the menu of a run. */
export interface RunMenuActions {
  open(row: TableRow): void;
  compare(row: TableRow): void;
  pin(row: TableRow): void;
  edit(row: TableRow): void;
  delete(row: TableRow): void;
}

/** The actions that the viewer may take on a run. */
interface RunMenuOptions {
  /** Whether another run can be compared with the one on display. */
  mayCompare: boolean;
  mayChange: boolean;
}

/** Distance of the menu from its button and from the edge of the window, in pixels. */
const gap = 4;

/**
 * The menu of actions of a run: a popover in the top layer, which the dialog does not cut. Escape and a press outside close it and
 * leave the dialog open.
 */
export class RunMenu {
  readonly #element = document.createElement('div');
  readonly #actions: RunMenuActions;
  #button: HTMLElement | undefined;
  /** The button whose menu the current press has closed: its click does not open the menu again. */
  #closedByPress: HTMLElement | undefined;

  /** @param host The dialog, whose content the menu belongs to. */
  constructor(host: HTMLElement, actions: RunMenuActions) {
    this.#actions = actions;
    this.#element.id = 'run-menu';
    this.#element.className = 'menu-body run-menu';
    this.#element.popover = 'auto';
    host.addEventListener('pointerdown', () => {
      this.#closedByPress = this.#element.matches(':popover-open') ? this.#button : undefined;
    });
    this.#element.addEventListener('toggle', () => {
      const isOpen = this.#element.matches(':popover-open');
      this.#button?.setAttribute('aria-expanded', String(isOpen));
    });
    this.#element.addEventListener('keydown', (event) => this.#moveFocus(event));
    host.addEventListener('scroll', () => this.#place(), { passive: true });
  }

  /** Opens the menu of a run below its button or, without room there, above it. */
  open(row: TableRow, button: HTMLElement, options: RunMenuOptions): void {
    const isSecondClick = this.#closedByPress === button;
    this.#closedByPress = undefined;
    if (isSecondClick) return;
    this.#element.hidePopover();
    button.after(this.#element);
    this.#button = button;
    this.#element.setAttribute('aria-label', `Menu of ${row.name}`);
    this.#element.setAttribute('role', 'group');
    render(this.#items(row, options), this.#element);
    this.#element.showPopover();
    this.#place();
    this.#focusable[0]?.focus();
  }

  /** Places the open menu at its button. */
  #place(): void {
    if (!this.#button || !this.#element.matches(':popover-open')) return;
    const { top, bottom, right } = this.#button.getBoundingClientRect();
    const { offsetHeight: height } = this.#element;
    const below = bottom + gap + height <= innerHeight;
    this.#element.style.top = `${Math.max(gap, below ? bottom + gap : top - gap - height)}px`;
    this.#element.style.right = `${Math.max(gap, document.documentElement.clientWidth - right)}px`;
  }

  get #focusable(): HTMLElement[] {
    return [...this.#element.querySelectorAll<HTMLElement>('button, a')];
  }

  #items(row: TableRow, { mayCompare, mayChange }: RunMenuOptions): TemplateResult {
    const item = (
      control: string,
      text: string,
      act: (row: TableRow) => void,
      className = '',
    ): TemplateResult => {
      const choose = (): void => {
        this.#element.hidePopover();
        act(row);
      };
      return html`<button type="button" class=${className || nothing} data-action=${control} @click=${choose}>${text}</button>`;
    };
    const { open, compare, pin, edit } = this.#actions;
    return html`
      ${row.isShown ? nothing : item('open', 'Show this run', open)}
      ${row.isCompared ? item('compare', 'Remove from the comparison', compare) : nothing}
      ${mayCompare && !row.isShown && !row.isCompared ? item('compare', 'Compare with the run on display', compare) : nothing}
      ${mayChange ? item('pin', row.pinned ? 'Unpin' : 'Pin', pin) : nothing}
      ${mayChange ? item('edit', 'Name, tags and note…', edit) : nothing}
      <a href=${exportUrl(row.runId, 'csv')} download @click=${() => this.#element.hidePopover()}>Every point as CSV</a>
      <a href=${exportUrl(row.runId, 'jsonl')} download @click=${() => this.#element.hidePopover()}>Every event as JSON lines</a>
      ${mayChange ? item('delete', 'Delete…', this.#actions.delete, 'danger') : nothing}`;
  }

  #moveFocus(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const items = this.#focusable;
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + step + items.length) % items.length]?.focus();
  }
}
