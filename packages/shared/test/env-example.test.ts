import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { optionTable } from '../src/options/index.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const text = read('.env.example');
const compose = ['', '.cpu', '.scale'].map((kind) => read(`docker-compose${kind}.yml`)).join('');

/** Each variable of the file, commented out, with the comment in the line above. */
const entries = (part: string): { help: string; variable: string; value: string }[] =>
  [...part.matchAll(/^# (.+)\n#([A-Z_]+)=(.*)$/gm)].map(([, help = '', variable = '', value = '']) => ({
    help,
    variable,
    value,
  }));
const variables = (part: string): string[] =>
  entries(part)
    .map(({ variable }) => variable)
    .sort();

describe('.env.example', () => {
  test('contains every option with its help and its default, and nothing else', () => {
    const expected = Object.entries(optionTable).map(([name, option]) => ({
      help: option.help,
      variable: `MONITOR_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
      value: option.default === undefined ? '' : String(option.default),
    }));
    const given = entries(text).filter(({ variable }) => variable.startsWith('MONITOR_'));
    const byVariable = (a: { variable: string }, b: { variable: string }): number =>
      a.variable.localeCompare(b.variable);
    expect(given.sort(byVariable)).toEqual(expected.sort(byVariable));
  });

  test('starts with the variables that Compose and the compose files read', () => {
    const taken = [...compose.matchAll(/^ +(MONITOR_\w+):$|\$\{(\w+)/gm)].map(
      ([, passed, named]) => passed ?? named,
    );
    const [forCompose = ''] = text.split('Not for containers');
    expect(variables(forCompose)).toEqual([...new Set([...taken, 'COMPOSE_FILE'])].sort());
  });

  test('sets nothing, so that a copy changes nothing', () => {
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});
