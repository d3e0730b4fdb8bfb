import { expect, it } from '@jest/globals';
import { inEachBrowser } from '../support/browsers/in-each-browser.ts';
import { click, colorsOn, counts, dragOver, focus, press, shows } from '../support/browsers/page.ts';
import { field } from '../support/page-elements.ts';
import { strokeSnapshotRun } from '../support/stroke-snapshots.ts';

inEachBrowser('the network', (site) => {
  const open = async (runId: string) => {
    await site.publish({ runId, events: strokeSnapshotRun(site.runs, runId) });
    const tab = await site.visit(`?run=${runId}`);
    await shows(tab, field('phase'), 'Completed');
    return tab;
  };

  it('reads a digit that is drawn with the mouse, and shows how it was read over the run', async () => {
    const tab = await open('20261124-100000-drawn');
    await click(tab, '#draw-open');
    await dragOver(tab, '.pad', [0.5, 0.2], [0.5, 0.8]);
    await shows(tab, '.drawn-read', /^7/);
    await shows(tab, field('examine-history'), 'Read as 7 from batch 30 on');
    await counts(tab, '.examine-history .cell.top', 3);
    expect(await tab.problems()).toEqual([]);
  });

  it('reads a digit that is drawn with the keyboard', async () => {
    const tab = await open('20261124-110000-keys');
    await click(tab, '#draw-open');
    await focus(tab, '.pad');
    await press(tab, ' ', ...Array<string>(6).fill('ArrowDown'), ' ');
    await shows(tab, '.drawn-read', /^7/);
    expect(await tab.problems()).toEqual([]);
  });

  it('shows what mattered for a test image, and the maps of its layers', async () => {
    const tab = await open('20261124-120000-inside');
    await focus(tab, '#examine-choice');
    await tab.evaluate(() => {
      const choice = document.querySelector<HTMLSelectElement>('#examine-choice') as HTMLSelectElement;
      choice.value = '7';
      choice.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await shows(tab, field('examine-history'), 'Read as 7 from batch 30 on, which is right');
    await focus(tab, '#examine-mattered summary');
    await press(tab, 'Enter');
    await shows(tab, field('examine-mattered'), /^The answer 7 rests most on the/);
    await counts(tab, '.examine-occlusion rect', 49);
    await click(tab, '#examine-maps summary');
    await shows(tab, '[data-layer="conv1"]', '1 of them active');
    expect(await colorsOn(tab, '#examine-maps canvas')).toBeGreaterThan(1);
    expect(await tab.problems()).toEqual([]);
  });
});
