/**
 * Focuses the element that the next frame renders first among new content, so that the keyboard continues there.
 * @param find Returns the element; undefined when there is none.
 */
export function focusNext(find: () => HTMLElement | undefined): void {
  requestAnimationFrame(() => {
    const element = find();
    if (!element) return;
    // Rows of a table and items of a list cannot have the focus otherwise.
    if (element.tabIndex < 0) element.tabIndex = -1;
    element.focus();
  });
}

/** Scrolls an element into view when the next frame has rendered less above it. */
export const showNext = (element: Element): number =>
  requestAnimationFrame(() => element.scrollIntoView({ block: 'nearest' }));
