/**
 * Focuses an element after the next render, such as the first one that the render adds, so that the keyboard continues there.
 * @param find Returns the element; undefined when there is none.
 */
export function focusAfterRender(find: () => HTMLElement | undefined): void {
  requestAnimationFrame(() => {
    const element = find();
    if (!element) return;
    // Without a tabindex, rows of a table and items of a list cannot have the focus.
    if (element.tabIndex < 0) element.tabIndex = -1;
    element.focus();
  });
}

/**
 * Focuses the main part of the page, without scrolling, so that the keyboard continues there after the button of a strip has removed
 * itself: the focus would be lost with it.
 */
export const focusMain = (): void => document.getElementById('main')?.focus({ preventScroll: true });

/** Scrolls an element into view after the next render, which removes content above the element. */
export const scrollAfterRender = (element: Element): number =>
  requestAnimationFrame(() => element.scrollIntoView({ block: 'nearest' }));
