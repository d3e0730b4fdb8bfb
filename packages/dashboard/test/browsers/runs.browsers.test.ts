import { expect, it } from '@jest/globals';
import { inEachBrowser } from '../support/browsers/in-each-browser.ts';
import { click, counts, fill, press, shows, waitFor } from '../support/browsers/page.ts';
import { chartPart, field, runOf } from '../support/page-elements.ts';

const token = 'open sesame, open wide';

inEachBrowser(
  'runs',
  (site) => {
    const publishTwo = async (day: string): Promise<[string, string]> => {
      const ids: [string, string] = [`${day}-100000-first`, `${day}-110000-second`];
      for (const runId of ids) (await site.publish({ runId, events: runOf(runId) })).close();
      return ids;
    };

    it('are listed and found, and the dialog returns the focus to its button', async () => {
      const [first, second] = await publishTwo('20261124');
      const tab = await site.visit(`?run=${first}`);
      await shows(tab, field('phase'), 'Completed');
      await click(tab, '#runs-open');
      await shows(tab, '#runs-dialog', second);
      await fill(tab, '#runs-filter', first);
      await shows(tab, '#runs-note', '1 of 1 run.');
      await press(tab, 'Escape', 'Escape');
      await counts(tab, '#runs-dialog', 0);
      await waitFor(tab, 'focus on the button', () => document.activeElement?.id === 'runs-open');
      expect(await tab.problems()).toEqual([]);
    });

    it('are compared, with the curves of both and their settings side by side', async () => {
      const [first, second] = await publishTwo('20261125');
      const tab = await site.visit(`?run=${first}&with=${second}`);
      await shows(tab, '#compare-table', second);
      await shows(tab, chartPart('loss', 'caption'), '120 points');
      await shows(tab, '#compare-table', 'Learning rate');
      expect(await tab.problems()).toEqual([]);
    });

    it('are started and paused by a viewer who has the token', async () => {
      const runId = '20261126-100000-begun';
      const trainer = await site.publish({ commands: ['start'], onCommand: () => ({ ok: true, runId }) });
      const tab = await site.visit();
      await click(tab, '#new-run-open');
      await fill(tab, '#new-run-form [name="epochs"]', '2');
      await click(tab, '#new-run-form [type="submit"]');
      await fill(tab, '#token-form [name="token"]', 'a wrong token, a long one');
      await press(tab, 'Enter');
      await shows(tab, field('token-error'), 'did not accept');
      await shows(tab, field('health-state'), 'Live');
      await fill(tab, '#token-form [name="token"]', token);
      await press(tab, 'Enter');
      await trainer.waitForCommands(1);
      expect(trainer.commands).toMatchObject([{ command: 'start', data: { epochs: 2 } }]);
      await counts(tab, '#new-run-dialog', 0);

      const events = runOf(runId).slice(0, 9);
      const publisher = await site.publish({ runId, events, commands: ['pause'] });
      await shows(tab, chartPart('loss', 'caption'), /\d points/);
      await click(tab, '#pause-run');
      await publisher.waitForCommands(1);
      expect(publisher.commands).toMatchObject([{ command: 'pause', runId }]);
      expect(await tab.problems()).toEqual([]);
    });
  },
  { flags: ['--command-token', token] },
);
