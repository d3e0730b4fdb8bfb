import { afterEach, describe, expect, test } from '@jest/globals';
import { commandLine } from '../../src/options/command-line.ts';
import { helpText, requestedText, requestedUsage } from '../../src/options/index.ts';

afterEach(() => {
  delete process.env.MNIST_MONITOR_COMMAND;
});

describe('the command of a program', () => {
  test.each([
    [commandLine('start'), 'npm start'],
    [commandLine('start', '--once'), 'npm start -- --once'],
    [commandLine('engine'), 'npm run engine'],
    [commandLine('engine', '--cuda', '--yes'), 'npm run engine -- --cuda --yes'],
  ])('is a script of npm in the repository: %s', (command, expected) => {
    expect(command).toBe(expected);
  });

  test('is a command of the installed package there, whose `train` starts everything', () => {
    process.env.MNIST_MONITOR_COMMAND = 'npx mnist-training-monitor';
    expect(commandLine('start')).toBe('npx mnist-training-monitor train');
    expect(commandLine('backup', '--to', 'a.db')).toBe('npx mnist-training-monitor backup --to a.db');
    expect(helpText('gateway')).toMatch(/^Usage: npx mnist-training-monitor gateway \[flags\]\n\n/);
  });
});

test('the help begins with the usage, has a line for each flag, and ends with the rule for variables', () => {
  expect(requestedText(['--help'], 'trainer', ['seed', 'batchSize', 'once'])).toBe(
    [
      'Usage: npm run trainer -- [flags]',
      '',
      '  --seed             seed of all random numbers; the same seed gives the same curve (42)',
      '  --batch-size       images per step; smaller is slower and noisier, larger needs more memory; 512, or 256 with --recipe sprint',
      '  --once             exit when the run ends instead of keeping the page available',
      '',
      'Each flag has an environment variable: --batch-size is MONITOR_BATCH_SIZE.',
      '',
    ].join('\n'),
  );
});

test('--help has precedence over --version, and the usage is not made for --version', () => {
  expect(requestedUsage(['--version', '--help'], () => 'usage')).toBe('usage');
  expect(requestedUsage(['--version'], () => 'usage')).toMatch(/^\d+\.\d+\.\d+\n$/);
});
