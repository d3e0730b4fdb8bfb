import { describe, expect, it } from '@jest/globals';
import type { EventBody, MonitorEvent } from '@mnist-monitor/shared';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { counts, field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();
const size = 20;
const base64 = (bytes: readonly number[]): string => Buffer.from(Uint8Array.from(bytes)).toString('base64');

/** Logits in which every image is classified as its label, image `i` of class `i % 10`, except those listed. */
const logits = (step: number, wrong: readonly number[]): EventBody => ({
  type: 'probe',
  data: {
    ...{ step, size },
    logits: {
      ...{ classes: 10, scale: 0.1 },
      values: base64(
        Array.from({ length: size * 10 }, (_, at) => {
          const [image, label] = [Math.floor(at / 10), at % 10];
          return label === (image + (wrong.includes(image) ? 5 : 0)) % 10 ? 100 : 0;
        }),
      ),
    },
  },
});

const images: EventBody = {
  type: 'probe',
  data: {
    ...{ step: 1, size },
    images: {
      first: 0,
      indices: Array.from({ length: size }, (_, at) => at),
      labels: Array.from({ length: size }, (_, at) => at % 10),
      pixels: base64(Array.from({ length: size * 784 }, (_, at) => at % 256)),
    },
  },
};

const layers = (step: number, updateRatio: number): EventBody => ({
  type: 'layers',
  data: {
    step,
    tensors: ['conv1.weight', 'conv1.bias', 'fc1.weight'],
    ...{ weightNorm: [5, 1, 7], gradientNorm: [0.5, 0.1, 0.7], updateRatio: [updateRatio, null, 2e-3] },
    ...{ activations: ['relu1'], dead: [0.125] },
  },
});

(chromiumPath ? describe : describe.skip)('the inside of the network', () => {
  const monitor = useMonitor(chromiumPath);
  const follow = async (runId: string, bodies: readonly EventBody[]) => {
    const [started, ...others] = runOf(runId, 1, 20);
    const events = [started, ...bodies, ...others].map((event, index) => ({
      ...{ v: 1, runId, time: started?.time },
      ...event,
      seq: index + 1,
    })) as MonitorEvent[];
    await monitor.publish({ runId, events });
    return monitor.visit(`?run=${runId}`);
  };

  it('shows the probe images by class, and goes through the misclassified ones with the keyboard', async () => {
    const page = await follow('20261130-140000-probe', [images, logits(1, [3, 14]), logits(7, [14])]);
    await shows(page, field('probe-note'), 'Batch 7: 19 of 20 right (95.0 %)');
    await counts(page, '#probe tbody tr', 10);
    await shows(page, '#probe tbody tr:nth-child(5)', '1 of 2');
    const canvas = page.locator('.probe-canvas');
    await canvas.focus();
    await page.keyboard.press('ArrowRight');
    await shows(page, '.probe-detail', /4, classified as 9 with 99\.9\d*\s%\./);
    await shows(page, '#announcer', /4, classified as 9 with 99\.9\d*\s%\./);
    // The run has neither snapshots nor predictions: the page promises nothing that it cannot show.
    expect(await canvas.getAttribute('aria-label')).not.toContain('inside the network');
    await page.keyboard.press('Escape');
    await counts(page, '.probe-detail p', 0);
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#probe-npy').click()]);
    expect(download.suggestedFilename()).toBe('20261130-140000-probe-probe-logits.npy');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('has a provisional matrix and samples from the probe, until the first epoch replaces them', async () => {
    const runId = '20261130-145000-early';
    const batches = runOf(runId, 1, 20).filter(({ type }) => type === 'run.started' || type === 'batch');
    const results = runOf(runId, 1, 20).filter(({ type }) => type === 'epoch' || type === 'samples');
    const bodies: EventBody[] = [...batches.slice(0, 8), images, logits(7, [3, 14]), ...results];
    const events = bodies.map((body, index) => ({
      ...{ v: 1, runId, seq: index + 1, time: batches[0]?.time, type: body.type, data: body.data },
    })) as MonitorEvent[];
    const publisher = await monitor.publish({ runId, events: events.slice(0, 10) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('confusion-note'), 'Provisional: 20 of the test images, at batch 7; 2 wrong.');
    await shows(page, field('samples-note'), 'Provisional');
    await counts(page, '#sample-grid .sample.wrong', 2);
    await page.locator('#matrix tbody tr').nth(3).locator('td').nth(8).click();
    await counts(page, '#cell-samples canvas', 1);
    publisher.send(...events.slice(10));
    await shows(page, field('confusion-note'), 'Epoch 1');
    await shows(page, field('samples-note'), 'After epoch 1');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('turns the projection, and not when less motion is preferred', async () => {
    const runId = '20261130-150000-turn';
    const page = await follow(runId, [images, logits(1, [])]);
    const draw = () =>
      page.locator('.probe-canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await page.locator('.probe-canvas').scrollIntoViewIfNeeded();
    const first = await draw();
    await page.waitForFunction(
      (before) => document.querySelector<HTMLCanvasElement>('.probe-canvas')?.toDataURL() !== before,
      first,
    );

    const still = await monitor.visit(`?run=${runId}`, { reducedMotion: 'reduce' });
    await still.locator('.probe-canvas').scrollIntoViewIfNeeded();
    const images20 = await still.evaluate(async () => {
      const frames = new Set<string>();
      const canvas = document.querySelector<HTMLCanvasElement>('.probe-canvas');
      // The first frames may resize the canvas.
      for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
      for (let frame = 0; frame < 20; frame++) {
        await new Promise(requestAnimationFrame);
        frames.add(canvas?.toDataURL() ?? '');
      }
      return frames.size;
    });
    expect(images20).toBe(1);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('can be seen from elsewhere: an axis is dragged with the pointer, or moved with the keyboard', async () => {
    const runId = '20261130-151000-drag';
    await follow(runId, [images, logits(1, [])]);
    const page = await monitor.visit(`?run=${runId}`, { reducedMotion: 'reduce' });
    const canvas = page.locator('.probe-canvas');
    await canvas.scrollIntoViewIfNeeded();
    const drawn = (): Promise<string> => canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL());
    const changes = async (action: () => Promise<unknown>): Promise<void> => {
      const before = await drawn();
      await action();
      await page.waitForFunction(
        (old) => document.querySelector<HTMLCanvasElement>('.probe-canvas')?.toDataURL() !== old,
        before,
      );
    };
    const box = (await canvas.boundingBox()) ?? { x: 0, y: 0, width: 0 };
    const [x, y] = [box.x + box.width / 2, box.y + box.width / 2];
    // Without motion, the axis of the first class points to the right.
    await page.mouse.move(x + box.width / 2 - 26, y);
    await changes(() => page.mouse.down());
    await changes(() => page.mouse.move(x, y + box.width / 3, { steps: 4 }));
    await changes(() => page.mouse.up());
    await canvas.focus();
    await changes(() => page.keyboard.press('PageDown'));
    await shows(page, '#announcer', 'Axis 0');
    await changes(() => page.keyboard.press('Shift+ArrowRight'));
    await changes(() => page.keyboard.press('Escape'));
    expect(monitor.browserProblems).toEqual([]);
  });

  it('shows each layer, and says in a sentence which one does not learn', async () => {
    const page = await follow('20261130-160000-layers', [layers(1, 1e-3), layers(2, 0), layers(3, 0)]);
    await counts(page, '#layers tbody tr', 2);
    await shows(page, '#layers [data-layer="fc1"]', '0.20 %');
    await shows(page, '#layers', 'conv1 does not change at all');
    await shows(page, '.layer-dead', '12.5 %');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#layers-csv').click(),
    ]);
    expect(download.suggestedFilename()).toBe('20261130-160000-layers-layers.csv');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('shows how the weights have spread over the run, loaded when it is opened, with the keyboard', async () => {
    const spread = (step: number, width: number): EventBody => {
      const edges = Array.from({ length: 33 }, (_, edge) => width * (edge / 16 - 1));
      const counts = Array.from({ length: 32 }, (_, bin) => 16 - Math.abs(bin - 16));
      const event = layers(step, 1e-3);
      return { ...event, data: { ...event.data, histograms: Array(3).fill({ edges, counts }) } } as EventBody;
    };
    const page = await follow('20261130-161000-weights', [spread(1, 0.25), layers(2, 1e-3), spread(18, 0.5)]);
    await counts(page, '#layers tbody tr', 2);
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(request.url()));
    await page.locator('#layer-weights summary').first().focus();
    await page.keyboard.press('Enter');
    await shows(
      page,
      field('weights-sentence'),
      /^At batch 18, half of the weights are from -0\.\d+ to 0\.\d+, all from -0\.5\d* to 0\.5\d*; at batch 1 /,
    );
    expect(loaded.some((url) => /weights-over-time/.test(url))).toBe(true);
    await counts(page, '.weights-picture svg g', 2);
    await page.locator('#weights-tensor').selectOption('fc1.weight');
    await page.locator('#timeline-position').fill('5');
    await shows(page, field('weights-sentence'), 'At batch 1, half');
    await counts(page, '.weights-picture .now', 1);
    await page.locator('#layer-weights details summary').click();
    await counts(page, '#layer-weights tbody tr', 2);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#weights-csv').click(),
    ]);
    expect(download.suggestedFilename()).toBe('weights-20261130-161000-weights.csv');
    expect(await violationsInBothThemes(page, '#layers')).toEqual([]);
    expect(monitor.browserProblems).toEqual([]);
  });

  /** 120 batches whose accuracy is that of a guess, or of a network that learns. */
  const batches = (accuracy: number): EventBody[] =>
    Array.from({ length: 120 }, (_, at) => ({
      type: 'batch',
      data: { step: at + 1, loss: 2.3, accuracy, elapsedSeconds: at },
    }));
  const measured = (
    conv1: number,
    fc1: number,
    more: { dead?: number; weightNorm?: number } = {},
  ): EventBody => ({
    type: 'layers',
    data: {
      ...{
        step: 120,
        tensors: ['conv1.weight', 'fc1.weight'],
        updateRatio: [conv1, fc1],
        gradientNorm: [0.5, 0.7],
      },
      weightNorm: [more.weightNorm ?? 5, 7],
      ...{ activations: ['relu1'], dead: [more.dead ?? 0] },
    },
  });
  it.each([
    [
      'a learning rate far too high',
      [measured(0.4, 0.6)],
      0.8,
      'conv1 and fc1 change by more than 10 % in a step',
      'tooFast',
    ],
    [
      'a run that has diverged',
      [measured(Number.NaN, 1e-3, { weightNorm: Number.NaN })],
      0.8,
      'conv1 has weights that are not finite',
      'diverged',
    ],
    [
      'a learning rate far too low',
      [measured(1e-5, 2e-5)],
      0.8,
      'A step changes every layer by less than 0.01 %',
      'slow',
    ],
    ['a frozen layer', [measured(0, 1e-3)], 0.8, 'conv1 does not change at all', 'frozen'],
    [
      'dead units',
      [measured(1e-3, 1e-3, { dead: 0.9 })],
      0.8,
      'relu1 has lost at least half of its units',
      'healthy',
    ],
    ['shuffled labels', [measured(1e-3, 1e-3)], 0.1, 'The network still guesses', 'healthy'],
  ] as const)(
    'shows %s in a sentence and in the row of the layer',
    async (fault, bodies, accuracy, sentence, state) => {
      const runId = `20261130-19-${fault.replaceAll(' ', '-')}`;
      const [started] = runOf(runId, 1, 20);
      const events = [started, ...batches(accuracy), ...bodies].map((body, index) => ({
        ...{ v: 1, runId, time: started?.time },
        ...body,
        seq: index + 1,
      })) as MonitorEvent[];
      await monitor.publish({ runId, events });
      const page = await monitor.visit(`?run=${runId}`);
      await shows(page, '.layer-sentence', sentence);
      await page.locator(`#layers [data-layer="conv1"][data-state="${state}"]`).waitFor();
      expect(monitor.browserProblems).toEqual([]);
    },
  );

  it('has no violations of accessibility rules, in both themes', async () => {
    const page = await follow('20261130-170000-axe', [images, logits(1, [3]), layers(1, 1e-3)]);
    await page.locator('.probe-canvas').waitFor();
    await page.locator('#layers').waitFor();
    expect(await violationsInBothThemes(page)).toEqual([]);
  });
});
