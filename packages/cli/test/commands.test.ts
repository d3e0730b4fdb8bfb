import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { chooseCommand, commands, overview } from '../src/commands.ts';
import { completionScript } from '../src/completion.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const main = `${root}packages/cli/dist/src/main.js`;

describe('the command mnist-training-monitor', () => {
  test.each([
    [[], 'train', []],
    [['--epochs', '1'], 'train', ['--epochs', '1']],
    [['train', '--epochs', '1'], 'train', ['--epochs', '1']],
    [['gateway', '--port', '0'], 'gateway', ['--port', '0']],
    [['engine', '--cuda'], 'engine', ['--cuda']],
  ])('with the arguments %j runs %s', (argv, name, args) => {
    expect(chooseCommand(argv)).toEqual({ name, args });
  });

  test.each([
    ['trian', 'trian: unknown command (did you mean train?); --help lists all commands'],
    ['constructor', 'constructor: unknown command; --help lists all commands'],
  ])('refuses the word %s', (word, message) => {
    expect(() => chooseCommand([word])).toThrow(message);
  });

  test('lists every command, whose program exists', () => {
    for (const [name, { program, summary }] of Object.entries(commands)) {
      expect(overview()).toContain(`  ${name.padEnd(12)} ${summary}\n`);
      expect(existsSync(root + program)).toBe(true);
    }
  });

  test.each([
    [['--help'], /^Usage: mnist-training-monitor \[command\] \[flags\]\n/],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['train', '--help'], /^Usage: npx mnist-training-monitor train \[flags\]\n[\s\S]* --epochs /],
    [['engine', '--help'], /^Usage: npx mnist-training-monitor engine \[--cuda\]\n/],
    [['backup', '--help'], /^Usage: npx mnist-training-monitor backup \[flags\]\n/],
    [['completion', '--help'], /^Usage: mnist-training-monitor completion bash\|zsh\|fish\n/],
    ...['engine', 'watch', 'show', 'mcp', 'completion'].map(
      (name) => [[name, '--version'], /^\d+\.\d+\.\d+\n$/] as const,
    ),
    ...['engine', 'watch', 'show', 'mcp'].map((name) => [[name, '-h'], /^Usage: /] as const),
  ] as const)('answers %j', (argv, text) => {
    expect(execFileSync(process.execPath, [main, ...argv], { encoding: 'utf8' })).toMatch(text);
  });

  test.each([
    [['mcp', 'latest'], 'latest: unexpected argument; --help lists what is accepted'],
    [['watch', 'a', 'b'], 'b: unexpected argument; --help lists what is accepted'],
    [['watch', 'a b'], 'expected latest or the id of a run, got "a b"'],
    [
      ['watch', '--no-colours'],
      '--no-colours: unexpected argument (did you mean --no-colour?); --help lists what is accepted',
    ],
    [['completion', 'bash', 'zsh'], 'zsh: unexpected argument; --help lists what is accepted'],
    [['completion', '--shell=zsh'], '--shell: unexpected argument; --help lists what is accepted'],
    [['completion'], 'completion: expected one of bash, zsh, fish, got nothing'],
    [
      ['engine', '-version'],
      '-version: unknown flag; npx mnist-training-monitor engine accepts only --cuda and --help',
    ],
    [['gateway', 'now'], 'now: unknown; --help lists all options'],
  ])('refuses %j with exit code 2 and one line', (argv, line) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([2, '', `${line}\n`]);
  });
});

describe('the completion script', () => {
  /** Returns the words that bash offers after the given ones. */
  function completions(...words: string[]): string[] {
    const script = `${completionScript('bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_mnist_training_monitor; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  }

  test('completes commands, and flags of the default command', () => {
    expect(completions('mnist-training-monitor', 'ba')).toEqual(['backup']);
    expect(completions('mnist-training-monitor', '--ep')).toEqual(['--epochs']);
  });

  test('completes only the flags of the named command', () => {
    expect(completions('mnist-training-monitor', 'backup', '--')).toEqual(['--runs', '--to']);
    expect(completions('mnist-training-monitor', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  test('exists for zsh and fish, and for no other shell', () => {
    expect(completionScript('zsh')).toMatch(/^#compdef mnist-training-monitor\n/);
    expect(completionScript('fish')).toContain(
      "complete -c mnist-training-monitor -n '__fish_seen_subcommand_from backup' -l runs\n",
    );
    for (const shell of ['tcsh', 'constructor', undefined])
      expect(() => completionScript(shell)).toThrow(/expected one of bash, zsh, fish/);
  });
});
