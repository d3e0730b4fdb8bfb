import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from '@jest/globals';
import { inEachBrowser } from '../support/browsers/in-each-browser.ts';
import { click, counts, dragOver, focus, press, savedFile, shows } from '../support/browsers/page.ts';
import type { Tab } from '../support/browsers/test-browser.ts';
import { chartPart, field } from '../support/page-elements.ts';
import { hostileName, tenEpochRun } from '../support/ten-epochs.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Returns the violations of WCAG and of good practice, a line each. */
async function violations(tab: Tab): Promise<string[]> {
  // A function, because a script element would violate the file's policy.
  await tab.evaluate(new Function(`${axe}; return true;`) as () => boolean);
  return tab.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations: found } = await checker.run();
    return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

inEachBrowser('a page saved as one file', (site) => {
  it('opens from the disk without a gateway or a request: charts, matrix, timeline, drawing (S-21)', async () => {
    const runId = '20261201-100000-saved';
    await site.publish({ runId, events: tenEpochRun(runId, site.runs) });
    const live = await site.visit(`?run=${runId}`);
    await shows(live, field('phase'), 'Completed');
    await click(live, '#export summary');
    await click(live, '#save-page');
    const content = await savedFile(site.downloads, /-saved\.html$/);
    expect(content.length).toBeLessThanOrEqual(2_000_000);
    const path = join(site.runs, 'saved.html');
    writeFileSync(path, content);
    site.cut();

    const tab = await site.visit(pathToFileURL(path).href);
    await shows(tab, field('health-state'), /^Saved \d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d$/);
    await shows(tab, field('title'), hostileName);
    await shows(tab, chartPart('loss', 'caption'), 'of 1,180 points');
    await counts(tab, '.matrix tbody tr', 10);
    await focus(tab, chartPart('loss', 'plot'));
    await press(tab, '+');
    await counts(tab, '#zoom-reset', 1);
    await press(tab, '0');
    await focus(tab, '#timeline-position');
    await press(tab, 'ArrowLeft');
    await shows(tab, '#timeline-text', '1,179 of 1,180');
    await press(tab, 'End');
    await click(tab, '#draw-open');
    await shows(tab, field('draw-note'), 'Weights of batch 1,180');
    await dragOver(tab, '.pad', [0.5, 0.2], [0.5, 0.8]);
    await shows(tab, '.drawn-read', /^7/);
    expect(
      await tab.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)),
    ).toEqual([]);
    expect(await tab.problems()).toEqual([]);
    expect(await violations(tab)).toEqual([]);
  });
});
