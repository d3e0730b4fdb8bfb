import { noChange } from 'lit-html';
import { type ChildPart, Directive, directive } from 'lit-html/directive.js';

/** Distance from the screen at which an element counts as on screen, so that it is up to date when it is scrolled into view. */
const nearby = '300px';

/** Tracks which parts of the page are on screen, so that the others can be rendered less often. */
export class OnScreen {
  /** Whether each element is on screen; elements that are not observed yet are missing. */
  readonly #elements = new WeakMap<Element, boolean>();
  readonly #observer: IntersectionObserver;

  /** @param onEnter Called when an element has come on screen. */
  constructor(onEnter: () => void) {
    this.#observer = new IntersectionObserver(
      (entries) => {
        let hasEntered = false;
        for (const { target, isIntersecting, boundingClientRect } of entries) {
          // A hidden element may be about to appear.
          const isShown = isIntersecting || boundingClientRect.height === 0;
          hasEntered ||= isShown && this.#elements.get(target) === false;
          this.#elements.set(target, isShown);
        }
        if (hasEntered) onEnter();
      },
      { rootMargin: nearby },
    );
  }

  /**
   * Returns a template that renders its content if it is due, and otherwise leaves the content as it is.
   * @param isDue Receives whether a part of the content is on screen, or may be.
   */
  content(render: () => unknown, isDue: (isOnScreen: boolean) => boolean): unknown {
    return dueContent(render, (part) => isDue(this.#isShown(part)));
  }

  /** Returns whether a part is empty, or has an element that is on screen or, because it is new, not observed yet. */
  #isShown({ startNode, endNode }: ChildPart): boolean {
    let isEmpty = true;
    let isShown = false;
    for (let node = startNode?.nextSibling ?? null; node && node !== endNode; node = node.nextSibling) {
      if (!(node instanceof Element)) continue;
      isEmpty = false;
      const known = this.#elements.get(node);
      if (known === undefined) this.#observer.observe(node);
      isShown ||= known !== false;
    }
    return isEmpty || isShown;
  }
}

type Render = () => unknown;
type IsDue = (part: ChildPart) => boolean;

class DueContent extends Directive {
  override render(render: Render, _isDue: IsDue): unknown {
    return render();
  }

  override update(part: ChildPart, [render, isDue]: [Render, IsDue]): unknown {
    return isDue(part) ? render() : noChange;
  }
}

const dueContent = directive(DueContent);
