/** The element with this id. @throws TypeError when the page has none of that kind. */
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new TypeError(`expected a ${kind.name} with id "${id}"`);
  return found;
}

/** The element that shows a field: the one with `data-field`. @throws TypeError when the page has none. */
export function field(name: string): HTMLElement {
  return part(document.body, `[data-field="${name}"]`);
}

/** The first element within `root` that the selector names. @throws TypeError when there is none. */
export function part(root: ParentNode, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (!found) throw new TypeError(`expected an element ${selector}`);
  return found;
}

/** Writes only what has changed: an unchanged text costs no layout. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

type Attributes = Record<string, string | number | boolean | undefined>;

/** A new element; an attribute that is false or undefined is left out. */
export function h(tag: string, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  element.append(...children);
  return element;
}

/** Sets a style through the object model: an attribute would need an exception from the page's policy. */
export function styled<E extends HTMLElement>(element: E, styles: Record<string, string>): E {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
  return element;
}

/** Runs `render` only when one of `inputs` is another value than the time before. */
export function onChange<I extends readonly unknown[]>(
  render: (...inputs: I) => void,
): (...inputs: I) => void {
  let before: readonly unknown[] | undefined;
  return (...inputs) => {
    if (before && inputs.every((input, index) => Object.is(input, before?.[index]))) return;
    before = inputs;
    render(...inputs);
  };
}
