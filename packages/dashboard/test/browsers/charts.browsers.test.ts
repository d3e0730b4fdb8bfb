import { expect, it } from '@jest/globals';
import { inEachBrowser } from '../support/browsers/in-each-browser.ts';
import { click, dragOver, focus, press, savedFile, shows } from '../support/browsers/page.ts';
import { chartPart, runOf } from '../support/page-elements.ts';

inEachBrowser('the charts', (site) => {
  const caption = chartPart('loss', 'caption');
  const open = async (runId: string) => {
    await site.publish({ runId, events: runOf(runId) });
    const tab = await site.visit(`?run=${runId}`);
    await shows(tab, caption, '60 points');
    return tab;
  };

  it('zoom with the keyboard and by dragging', async () => {
    const tab = await open('20261124-100000-zoom');
    await focus(tab, chartPart('loss', 'plot'));
    await press(tab, '+');
    await shows(tab, caption, /^(2\d|3[0-4]) points/);
    await shows(tab, chartPart('accuracy', 'caption'), /^(2\d|3[0-4]) points/);
    await press(tab, '0');
    await shows(tab, caption, '60 points');
    await dragOver(tab, '#loss-chart .u-over', [0.25, 0.5], [0.75, 0.5]);
    await shows(tab, caption, /^3[0-4] points/);
    await click(tab, '#zoom-reset');
    await shows(tab, caption, '60 points');
    expect(await tab.problems()).toEqual([]);
  });

  it('announce the values at the cursor, which the arrow keys move', async () => {
    const tab = await open('20261124-110000-cursor');
    await focus(tab, chartPart('loss', 'plot'));
    await press(tab, 'ArrowLeft', 'ArrowLeft');
    await shows(tab, chartPart('accuracy', 'at'), 'Batch 59, epoch 3');
    await shows(tab, '#announcer', /Batch 59, epoch 3/);
    await press(tab, 'Escape');
    await shows(tab, chartPart('loss', 'at'), 'Latest');
    expect(await tab.problems()).toEqual([]);
  });

  it('go back in time with the keyboard, and return to the present', async () => {
    const tab = await open('20261124-120000-time');
    await focus(tab, '#timeline-position');
    await press(tab, 'ArrowLeft', 'ArrowLeft');
    await shows(tab, '#timeline-text', 'Batch 58 of 60');
    await press(tab, 'Home');
    await shows(tab, '#timeline-text', 'Batch 1 of 60');
    await press(tab, 'End');
    await shows(tab, '#timeline-text', 'Now: batch 60');
    expect(await tab.problems()).toEqual([]);
  });

  it('are saved as PNG, and the run as CSV', async () => {
    const tab = await open('20261124-130000-saved');
    await click(tab, chartPart('loss', 'picture'));
    const png = await savedFile(site.downloads, /loss\.png$/);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    await click(tab, '#export summary');
    await click(tab, '#export-csv');
    const csv = await savedFile(site.downloads, /\.csv$/);
    expect(csv.toString().split('\n')[0]).toContain('loss');
    expect(await tab.problems()).toEqual([]);
  });
});
