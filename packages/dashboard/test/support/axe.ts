import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Returns the violations of WCAG and of good practice within the selected element, a line each. */
export async function violations(page: Page, selector = 'html'): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  return page.evaluate(async (inside) => {
    const { violations: found } = await (globalThis as unknown as Axe).axe.run(inside, {
      resultTypes: ['violations'],
    });
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    );
  }, selector);
}

/** Returns the violations in the light and in the dark theme of the system. */
export async function violationsInBothThemes(page: Page, selector?: string): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await violations(page, selector)).map((violation) => `${colorScheme}: ${violation}`));
  }
  return found;
}

interface Axe {
  axe: {
    run(
      selector: string,
      options: { resultTypes: string[] },
    ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
  };
}
