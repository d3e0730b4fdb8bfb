import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { Report } from '../../src/console/report.ts';

const run = sampleRun({ epochs: 2, batchesPerEpoch: 10 });

function told(options: { isTTY: boolean; stepMs: number; intervalSeconds?: number }): string {
  let text = '';
  let now = 0;
  const output = {
    isTTY: options.isTTY,
    columns: 120,
    write: (part: string) => {
      text += part;
    },
  };
  const report = new Report({
    output,
    folder: 'runs/test',
    intervalSeconds: options.intervalSeconds ?? 1,
    now: () => now,
  });
  for (const event of run) {
    if (event.type === 'batch') now += options.stepMs;
    report.tell(event);
  }
  return text;
}

describe('the console', () => {
  test('tells device, GPU, engine, data, network and training parameters before the first step', () => {
    const [head] = told({ isTTY: false, stepMs: 10 }).split('%') as [string];
    for (const part of [
      'Device    Example CPU, 2 cores (CPU)',
      'GPU       none in use',
      'Engine    tensorflow, oneDNN, 2 threads',
      'Data      MNIST, 5,120 training and 10,000 test images',
      '467,818 parameters',
      'Training  2 epochs of 10 batches, batch size 512, seed 42',
      'Learning  momentum, constant learning rate 0.01',
      'Run       runs/test',
    ])
      expect(head).toContain(part);
  });

  test('sums up each epoch: loss and accuracy in training and on the test images', () => {
    const lines = told({ isTTY: false, stepMs: 10 }).split('\n');
    expect(lines.filter((line) => line.includes('Epoch '))).toEqual([
      expect.stringMatching(
        /Epoch 1\/2 {3}train loss [\d.]+ {2}accuracy [\d.]+ % {3}test loss [\d.]+ {2}accuracy 91.00 %/,
      ),
      expect.stringMatching(/Epoch 2\/2 .*accuracy 95.50 %/),
    ]);
  });

  test('writes lines of progress no more often than asked, and the last step always', () => {
    const lines = told({ isTTY: false, stepMs: 300, intervalSeconds: 1 })
      .split('\n')
      .filter((line) => line.includes('images/s'));
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toContain('100 %');
  });

  test('draws one bar over itself on a terminal, and clears it before a line of its own', () => {
    const text = told({ isTTY: true, stepMs: 300 });
    expect(text.match(/\r {2}/g)).toHaveLength(20);
    expect(text).toContain('\r\x1b[2K  Epoch 1/2');
  });

  test('ends with the result and where things are saved', () => {
    const text = told({ isTTY: false, stepMs: 10 });
    expect(text).toMatch(
      /Run completed \(all epochs done\): [\d.]+ % test accuracy, .*best epoch 2, in 0:06/,
    );
    expect(text).toContain('Saved in runs/test: model/model.json, mnist_cnn.safetensors');
  });
});
