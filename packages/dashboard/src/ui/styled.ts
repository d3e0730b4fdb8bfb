import { noChange } from 'lit-html';
import { Directive, directive, type ElementPart } from 'lit-html/directive.js';

class StyledDirective extends Directive {
  #properties: Record<string, string> = {};

  override render(_properties: Record<string, string>): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [properties]: [Record<string, string>]): unknown {
    for (const [name, value] of Object.entries(properties))
      if (this.#properties[name] !== value) (element as HTMLElement).style.setProperty(name, value);
    this.#properties = properties;
    return noChange;
  }
}

/**
 * Sets CSS properties of an element through the CSSOM. A `style` attribute, which lit-html's `styleMap` writes,
 * is blocked by the page's content security policy.
 * @example html`<i ${styled({ '--key': 'var(--train)' })}></i>`
 */
export const styled = directive(StyledDirective);
