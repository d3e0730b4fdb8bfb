import { describe, expect, test } from '@jest/globals';
import type { Version1EventOf as EventOf } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { type ConsoleOutput, ConsoleReport } from '../../src/console/report.ts';

const run = sampleRun({ epochs: 2, batchesPerEpoch: 10 });

function display(options: { isTTY: boolean; stepMs: number; intervalSeconds?: number }): string {
  let text = '';
  let now = 0;
  const output = {
    isTTY: options.isTTY,
    columns: 120,
    write: (part: string) => {
      text += part;
    },
  };
  const report = new ConsoleReport({
    output,
    folder: 'runs/test',
    intervalSeconds: options.intervalSeconds ?? 1,
    now: () => now,
  });
  for (const event of run) {
    if (event.type === 'batch') now += options.stepMs;
    report.display(event);
  }
  return text;
}

describe('ConsoleReport', () => {
  test('displays device, GPU, engine, data, network and training parameters before the first step', () => {
    const [head] = display({ isTTY: false, stepMs: 10 }).split('%') as [string];
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

  test('summarizes each epoch: training and test loss and accuracy', () => {
    const lines = display({ isTTY: false, stepMs: 10 }).split('\n');
    expect(lines.filter((line) => line.includes('Epoch '))).toEqual([
      expect.stringMatching(
        /Epoch 1\/2 {3}train loss [\d.]+ {2}accuracy [\d.]+ % {3}test loss [\d.]+ {2}accuracy 91.00 %/,
      ),
      expect.stringMatching(/Epoch 2\/2 .*accuracy 95.50 %/),
    ]);
  });

  test('writes progress lines at the interval, and always for the last step', () => {
    const lines = display({ isTTY: false, stepMs: 300, intervalSeconds: 1 })
      .split('\n')
      .filter((line) => line.includes('images/s'));
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toContain('100 %');
  });

  test('displays the precision and why it was selected', () => {
    const started = run[0] as EventOf<'run.started'>;
    const precision = { precision: 'bfloat16', precisionReason: '1.8 times as fast as float32 here' };
    let text = '';
    const output = { write: (part: string) => (text += part) };
    const report = new ConsoleReport({ output, folder: 'runs/test', intervalSeconds: 1 });
    report.display({
      ...started,
      data: { ...started.data, device: { ...started.data.device, ...precision } },
    });
    expect(text).toContain('  Precision bfloat16: 1.8 times as fast as float32 here\n');
  });

  test('writes a notice and a reason with line breaks as one line each', () => {
    let text = '';
    const output = { write: (part: string) => (text += part) };
    const report = new ConsoleReport({ output, folder: 'runs/test', intervalSeconds: 1 });
    report.display({
      type: 'notice',
      data: { level: 'warning', code: 'x', message: 'one\n  two\r\nthree\n', step: null },
    });
    const finished = run.at(-1) as EventOf<'run.finished'>;
    report.display({ ...finished, data: { ...finished.data, reason: 'out of\nmemory', files: [] } });
    const [notice, , end, ...rest] = text.split('\n');
    expect(notice).toBe('  Warning: one two three');
    expect(end).toMatch(/^Run completed \(out of memory\): /);
    expect(rest).toEqual(['']);
  });

  test('redraws the progress line on a terminal, and clears it before another line', () => {
    const text = display({ isTTY: true, stepMs: 300 });
    expect(text.match(/\r {2}/g)).toHaveLength(20);
    expect(text).toContain('\r\x1b[J  Epoch 1/2');
  });

  test('ends with the result and the saved files', () => {
    const text = display({ isTTY: false, stepMs: 10 });
    expect(text).toMatch(
      /Run completed \(all epochs done\): [\d.]+ % test accuracy, .*best epoch 2, in 0:06/,
    );
    expect(text).toContain('Saved in runs/test: model/model.json, mnist_cnn.safetensors');
  });

  describe('on a terminal', () => {
    const clearBelow = '\x1b[J';
    const batches = run.filter((event) => event.type === 'batch');

    /** Displays one batch per width. @returns The texts that were written. */
    function redraw(widths: (number | undefined)[], terminalType = 'xterm'): string[] {
      const written: string[] = [];
      let now = 0;
      const output: ConsoleOutput = { isTTY: true, write: (text) => written.push(text) };
      const report = new ConsoleReport({
        output,
        folder: 'runs/test',
        intervalSeconds: 0,
        now: () => now,
        terminalType,
      });
      report.display(run[0] as EventOf<'run.started'>);
      for (const [at, columns] of widths.entries()) {
        now += 1_000;
        if (columns !== undefined) output.columns = columns;
        report.display(batches[at] as EventOf<'batch'>);
      }
      return written.slice(1);
    }

    test('draws one bar at the new width, also where a narrower terminal has wrapped the old one', () => {
      const [first, narrow, wide] = redraw([120, 40, 120]);
      expect(first?.startsWith('\r')).toBe(true);
      expect(first?.endsWith(clearBelow)).toBe(true);
      // The first line fills three rows of 40: the cursor is two rows below its start.
      expect(narrow?.startsWith('\x1b[2A\r')).toBe(true);
      expect(narrow).toHaveLength('\x1b[2A\r'.length + 39 + clearBelow.length);
      expect(wide?.startsWith('\r')).toBe(true);
    });

    test.each([[0], [undefined]])('has 80 columns when it reports %p', (columns) => {
      expect(redraw([columns])).toEqual(redraw([80]));
    });

    test('gets lines without escape sequences when it is dumb', () => {
      const text = redraw([120, 120], 'dumb').join('');
      expect(text).not.toContain('\x1b');
      expect(text).not.toContain('\r');
      expect(text.split('\n')).toHaveLength(3);
    });
  });
});
