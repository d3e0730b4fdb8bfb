import { expect, it } from '@jest/globals';
import { inEachBrowser, phone } from '../support/browsers/in-each-browser.ts';
import { colorsOn, overflow, shows, textsOf, waitFor } from '../support/browsers/page.ts';
import { chartPart, field, runOf, untilStep } from '../support/page-elements.ts';

inEachBrowser('a run', (site) => {
  const caption = chartPart('loss', 'caption');

  it('appears, is drawn and updates its figures as its events arrive', async () => {
    const runId = '20261124-100000-live';
    const events = runOf(runId);
    const tab = await site.visit();
    await shows(tab, field('title'), 'No run yet');
    const half = untilStep(events, 30);
    const publisher = await site.publish({ runId, events: events.slice(0, half) });
    await shows(tab, field('health-state'), 'Live');
    await shows(tab, field('phase'), 'Running');
    await shows(tab, caption, '30 points');
    const [loss] = await textsOf(tab, field('loss'));
    expect(loss).toMatch(/\d/);
    expect(await colorsOn(tab, '#loss-chart canvas')).toBeGreaterThan(2);
    const halfway = await tab.screenshot();

    publisher.send(...events.slice(half));
    await shows(tab, caption, '60 points');
    await shows(tab, field('phase'), 'Completed');
    expect(await textsOf(tab, field('loss'))).not.toEqual([loss]);
    expect((await tab.screenshot()).equals(halfway)).toBe(false);
    expect(await tab.problems()).toEqual([]);
  });

  it('continues after a lost connection, without missing or repeated events', async () => {
    const runId = '20261124-110000-cut';
    const events = runOf(runId);
    const publisher = await site.publish({ runId, events: events.slice(0, untilStep(events, 25)) });
    const tab = await site.visit(`?run=${runId}`);
    await shows(tab, caption, '25 points');
    site.cut();
    await shows(tab, field('phase'), 'Reconnecting');
    await shows(tab, field('banner'), 'Connection lost');
    const until45 = untilStep(events, 45);
    publisher.send(...events.slice(untilStep(events, 25), until45));
    await publisher.waitForAck(until45);
    site.restore();
    await shows(tab, caption, '45 points');
    await shows(tab, field('phase'), 'Running');
    await waitFor(
      tab,
      'the chart to have each of the 45 batches once',
      () => document.querySelector<HTMLElement>('#loss-chart')?.dataset.points === '45',
    );
    // Browsers report the connections that were refused.
    expect((await tab.problems()).filter((text) => !/WebSocket|net::ERR_|[Cc]onnect/.test(text))).toEqual([]);
  });

  it.each([
    ['while it trains', 30],
    ['at its end', 60],
  ])('fits a window of 390 pixels %s', async (_, step) => {
    const runId = `20261124-120000-phone-${step}`;
    const events = runOf(runId);
    const published = step === 60 ? events : events.slice(0, untilStep(events, step));
    await site.publish({ runId, events: published, commands: ['pause', 'stop', 'setLearningRate'] });
    const tab = await site.visit(`?run=${runId}`, phone);
    await shows(tab, caption, `${step} points`);
    expect(await overflow(tab)).toEqual({ width: 0, by: [] });
    expect(await tab.problems()).toEqual([]);
  });
});
