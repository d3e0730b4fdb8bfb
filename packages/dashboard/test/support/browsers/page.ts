import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { timeFactor } from '@mnist-monitor/shared/testing';
import type { Point, Tab } from './test-browser.ts';

const pollEveryMs = 50;
const waitLimitMs = 20_000;

/**
 * Calls a function in the page until its result is neither null nor false, and resolves with that.
 * @throws Error with `description` when that takes too long.
 */
export async function waitFor<Args extends unknown[], Result>(
  tab: Tab,
  description: string,
  run: (...args: Args) => Result | null | false | Promise<Result | null | false>,
  ...args: Args
): Promise<Result> {
  const giveUpAt = Date.now() + waitLimitMs * timeFactor();
  for (;;) {
    const result = await tab.evaluate(run, ...args);
    if (result !== null && result !== false) return result as Result;
    if (Date.now() > giveUpAt) throw new Error(`expected ${description}`);
    await delay(pollEveryMs);
  }
}

/** Returns the texts of the visible elements that match a selector. */
export const textsOf = (tab: Tab, selector: string): Promise<string[]> =>
  tab.evaluate(
    (wanted) =>
      [...document.querySelectorAll(wanted)]
        .filter((element) => element.checkVisibility())
        .map((element) => element.textContent?.replace(/\s+/g, ' ').trim() ?? ''),
    selector,
  );

/** Resolves with the first of these texts that contains the text or matches the pattern, once there is one. */
export async function shows(tab: Tab, selector: string, expected: string | RegExp): Promise<string> {
  const giveUpAt = Date.now() + waitLimitMs * timeFactor();
  for (;;) {
    const texts = await textsOf(tab, selector);
    const found = texts.find((text) =>
      typeof expected === 'string' ? text.includes(expected) : expected.test(text),
    );
    if (found !== undefined) return found;
    if (Date.now() > giveUpAt)
      throw new Error(`expected ${selector} to show ${expected}, got ${JSON.stringify(texts).slice(0, 400)}`);
    await delay(pollEveryMs);
  }
}

/** Resolves when the selector finds this number of visible elements. */
export const counts = (tab: Tab, selector: string, count: number): Promise<boolean> =>
  waitFor(
    tab,
    `${count} visible elements ${selector}`,
    (wanted, total) =>
      [...document.querySelectorAll(wanted)].filter((element) => element.checkVisibility()).length === total,
    selector,
    count,
  );

/**
 * Resolves with the middle of the first visible element that matches, scrolled into view, once it is enabled, has stopped moving
 * and is covered by nothing.
 */
const middleOf = (tab: Tab, selector: string): Promise<Point> =>
  waitFor(
    tab,
    `${selector} to be ready for a click`,
    async (wanted): Promise<[number, number] | null> => {
      const element = [...document.querySelectorAll(wanted)].find((each) => each.checkVisibility());
      if (!element || element.matches(':disabled')) return null;
      const middle = (): [number, number] => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return [Math.round(x + width / 2), Math.round(y + height / 2)];
      };
      element.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
      await new Promise(requestAnimationFrame);
      const before = middle();
      await new Promise(requestAnimationFrame);
      const after = middle();
      const hit = document.elementFromPoint(...after);
      if (before.join() !== after.join() || !hit || !(element.contains(hit) || hit.contains(element)))
        return null;
      const page = globalThis as unknown as { isClicked?: boolean };
      page.isClicked = false;
      element.addEventListener('click', () => (page.isClicked = true), { capture: true, once: true });
      return after;
    },
    selector,
  );

/** Clicks the first visible element that matches: again where it moved away just before the click. */
export async function click(tab: Tab, selector: string): Promise<void> {
  const isMissed = (): boolean => (globalThis as unknown as { isClicked?: boolean }).isClicked === false;
  do await tab.drag([await middleOf(tab, selector)]);
  while (await tab.evaluate(isMissed));
}

/** Replaces the text of a field by typing. */
export async function fill(tab: Tab, selector: string, text: string): Promise<void> {
  await click(tab, selector);
  await tab.evaluate((wanted) => document.querySelector<HTMLInputElement>(wanted)?.select(), selector);
  await tab.type(text);
}

/** Moves the focus to the first element that matches. */
export const focus = (tab: Tab, selector: string): Promise<boolean> =>
  waitFor(
    tab,
    `${selector} to take the focus`,
    (wanted) => {
      const element = document.querySelector<HTMLElement>(wanted);
      element?.focus();
      return element !== null && document.activeElement === element;
    },
    selector,
  );

/** Presses keys one after another. */
export async function press(tab: Tab, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await tab.press(key);
}

/** Drags over an element, between points that are given as shares of its width and height. */
export async function dragOver(tab: Tab, selector: string, from: Point, to: Point): Promise<void> {
  await middleOf(tab, selector);
  const box = await waitFor(
    tab,
    `${selector}`,
    (wanted) => {
      const { x, y, width, height } =
        document.querySelector(wanted)?.getBoundingClientRect() ?? new DOMRect();
      return width > 0 && { x, y, width, height };
    },
    selector,
  );
  const points = [0, 0.25, 0.5, 0.75, 1].map((share): Point => {
    const at = (index: 0 | 1): number => from[index] + (to[index] - from[index]) * share;
    return [Math.round(box.x + box.width * at(0)), Math.round(box.y + box.height * at(1))];
  });
  await tab.drag(points);
}

/** Returns the number of colours on a canvas: one on an empty canvas. */
export const colorsOn = (tab: Tab, selector: string): Promise<number> =>
  tab.evaluate((wanted) => {
    const canvas = document.querySelector<HTMLCanvasElement>(wanted);
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return 0;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, selector);

/** Returns by how many pixels the page is wider than its window, and the elements that reach out of it. */
export const overflow = (tab: Tab): Promise<{ width: number; by: string[] }> =>
  tab.evaluate(() => {
    const width = Math.max(0, document.documentElement.scrollWidth - innerWidth);
    const isOut = (element: Element): boolean => element.getBoundingClientRect().right > innerWidth + 0.5;
    const by =
      width === 0
        ? []
        : [...document.querySelectorAll('body *')]
            .filter(isOut)
            .map(({ id, className }) => `${id} ${className}`);
    return { width, by: by.slice(0, 5) };
  });

/** Resolves with the content of a saved file whose name matches, once it is complete. */
export async function savedFile(folder: string, name: RegExp): Promise<Buffer> {
  const giveUpAt = Date.now() + waitLimitMs * timeFactor();
  let size = 0;
  for (;;) {
    const found = readdirSync(folder).find((each) => name.test(each));
    const content = found ? readFileSync(join(folder, found)) : Buffer.alloc(0);
    // A file that grows no more is complete: browsers write it under its name or rename it at its end.
    if (content.length > 0 && content.length === size) return content;
    size = content.length;
    if (Date.now() > giveUpAt) throw new Error(`expected a file ${name}, got ${readdirSync(folder).join()}`);
    await delay(pollEveryMs);
  }
}
