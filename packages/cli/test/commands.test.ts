import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { chooseCommand, commands, overview } from '../src/commands.ts';
import { completionScript } from '../src/completion.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

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
  ])('answers %j', (argv, text) => {
    const main = `${root}packages/cli/dist/src/main.js`;
    expect(execFileSync(process.execPath, [main, ...argv], { encoding: 'utf8' })).toMatch(text);
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
