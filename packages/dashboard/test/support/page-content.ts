import type { Page } from 'playwright-core';

/**
 * Returns the texts and labels of the page, hidden ones included, that a missing value has leaked into: "undefined",
 * "null", "NaN" and the like. Cells of a figure's table are left out: they are what the publisher sent.
 */
export const leakedValues = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const leaked = /\b(?:undefined|null|NaN|Infinity|Invalid Date)\b|\[object/;
    // The export without them.
    const intended = /nonfinite=null|tools that cannot read NaN/;
    const attributes = [
      'aria-label',
      'aria-valuetext',
      'aria-valuenow',
      'title',
      'alt',
      'placeholder',
      'href',
    ];
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('body *:not(.figure td)')) {
      const own = [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => node.textContent ?? '');
      const labels = attributes.map((name) => element.getAttribute(name) ?? '');
      const value = element instanceof HTMLInputElement ? [element.value] : [];
      // The only text of the page that names such a value on purpose.
      for (const text of [...own, ...labels, ...value])
        if (leaked.test(text) && !intended.test(text))
          found.push(`${element.className || element.localName}: ${text.trim()}`);
    }
    return [...found, ...(leaked.test(document.title) ? [document.title] : [])];
  });

/** Returns the titles of the visible panels and charts that have a title and nothing else, or a text about missing data. */
export const emptyPanels = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isVisible = (element: Element): boolean => element.checkVisibility() && element.clientHeight > 0;
    const hasContent = (panel: Element): boolean =>
      [...panel.querySelectorAll('*')].some(
        (element) =>
          !element.closest('.card-head, .section-head, .strip:not([open]) h2, .sr-only') &&
          isVisible(element) &&
          (element.matches('canvas, img, svg, input') ||
            [...element.childNodes].some(
              (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
            )),
      );
    const panels = [...document.querySelectorAll('main :is(.card, .chart, .metrics, .figures)')];
    const isEmpty = (panel: Element): boolean =>
      !hasContent(panel) || [...panel.querySelectorAll('.empty')].some(isVisible);
    return panels
      .filter((panel) => isVisible(panel) && isEmpty(panel))
      .map((panel) => panel.id || panel.className);
  });

/** Returns the texts of visible elements without children that are wider than their box and cut there. */
export const cutTexts = (page: Page): Promise<string[]> =>
  page
    .locator('main :visible')
    .evaluateAll((elements) =>
      elements
        .filter(
          (element) =>
            element.children.length === 0 &&
            !element.closest('.sr-only, svg') &&
            getComputedStyle(element).overflowX !== 'visible' &&
            element.clientWidth > 0 &&
            element.scrollWidth > element.clientWidth + 1,
        )
        .map((element) => element.textContent ?? ''),
    );

/** Returns the texts of the page of which a line covers a line of another text, each with the text that it covers. */
export const overlappingTexts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    /** The lines of a text, without the pixel by which lines may touch. */
    interface Line extends Record<'left' | 'right' | 'top' | 'bottom', number> {
      node: Node;
    }
    const isDrawn = (element: Element): boolean => {
      for (let ancestor: Element | null = element; ancestor; ancestor = ancestor.parentElement)
        if (getComputedStyle(ancestor).clipPath !== 'none') return false;
      return element.checkVisibility({ visibilityProperty: true });
    };
    /** Returns whether a line begins below a box that hides what is outside, as the third line of a text that is cut to two does. */
    const isHidden = (element: Element, top: number): boolean => {
      for (let ancestor: Element | null = element; ancestor; ancestor = ancestor.parentElement)
        if (
          getComputedStyle(ancestor).overflowY === 'hidden' &&
          top > ancestor.getBoundingClientRect().bottom - 3
        )
          return true;
      return false;
    };
    const lines: Line[] = [];
    const walker = document.createTreeWalker(document.querySelector('main') as Element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement as Element;
      if (!node.textContent?.trim() || parent.closest('svg, .plot-frame') || !isDrawn(parent)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const { left, right, top, bottom } of range.getClientRects())
        if (!isHidden(parent, top))
          lines.push({ node, left: left + 1, right: right - 1, top: top + 3, bottom: bottom - 3 });
    }
    const covers = (one: Line, other: Line): boolean =>
      one.node !== other.node &&
      one.left < other.right &&
      other.left < one.right &&
      one.top < other.bottom &&
      other.top < one.bottom;
    return lines.flatMap((line, index) =>
      lines
        .slice(index + 1)
        .filter((other) => covers(line, other))
        .map((other) => `${line.node.textContent?.trim()} | ${other.node.textContent?.trim()}`),
    );
  });

/** Returns by how many pixels the page is wider than its window. */
export const overflowWidth = (page: Page): Promise<number> =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));

/** Scrolls every chart into view, which draws it. */
export const drawCharts = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (const chart of document.querySelectorAll('.chart')) {
      chart.scrollIntoView();
      // The observer of the chart reports after one frame, and the chart is drawn in the next.
      await nextFrame();
      await nextFrame();
    }
    scrollTo(0, 0);
    await nextFrame();
  });
