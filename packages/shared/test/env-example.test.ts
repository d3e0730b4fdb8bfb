import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { optionTable } from '../src/options/index.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const text = read('.env.example');
const composeFiles = ['', '.cpu', '.scale'].map((kind) => read(`docker-compose${kind}.yml`)).join('');

/** Finds the commented-out variables of a part of the file, each with the help in the line above it. */
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
    const readVariables = [...composeFiles.matchAll(/^ +(MONITOR_\w+):$|\$\{(\w+)/gm)].map(
      ([, passedOn, interpolated]) => passedOn ?? interpolated,
    );
    const [composePart = ''] = text.split('Not for containers');
    expect(variables(composePart)).toEqual([...new Set([...readVariables, 'COMPOSE_FILE'])].sort());
  });

  test('has every variable commented out, so that a copy as .env changes nothing', () => {
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});
