import { describe, expect, test } from '@jest/globals';
import { actionOf, KeyReader, type Question } from '../../src/watch/keys.ts';

test('keys that arrive together are separated', () => {
  const keys = ['0', '.', '1', '\r', '\x1b[D', '\x1bOC', '\x1b', 'q', '\x1b'];
  expect(new KeyReader().read(keys.join(''))).toEqual(keys);
});

test('pasted text is no key, also where it arrives in pieces', () => {
  const reader = new KeyReader();
  expect(reader.read('p\x1b[200~sy')).toEqual(['p']);
  expect(reader.read('stem')).toEqual([]);
  expect(reader.read('y\x1b[201~q')).toEqual(['q']);
});

test('the marks of pasted text count also when they arrive in pieces', () => {
  const reader = new KeyReader();
  const pieces = ['\x1b', '[20', '0~sy', '\x1b[', '201~', 'q'];
  expect(pieces.map((piece) => reader.read(piece))).toEqual([['\x1b'], [], [], [], [], ['q']]);
  expect(['\x1b', '[', 'D', '\x1bO', 'C'].map((piece) => reader.read(piece))).toEqual([
    ...[['\x1b'], [], ['\x1b[D'], [], ['\x1bOC']],
  ]);
  expect(['\x1b', '\x1b', 'q'].map((piece) => reader.read(piece))).toEqual([['\x1b'], ['\x1b'], ['q']]);
});

test('Ctrl-C is a key also within pasted text, whose end may be missing', () => {
  expect(new KeyReader().read('\x1b[200~a\x03')).toEqual(['\x03']);
});

describe('a key of the terminal view', () => {
  test.each([
    ['q', { do: 'quit' }],
    ['\x03', { do: 'quit' }],
    ['\x1a', { do: 'suspend' }],
    ['p', { do: 'pauseOrResume' }],
    ['\x1b[D', { do: 'previous' }],
    ['\x1b[C', { do: 'next' }],
    ['s', { do: 'ask', question: { about: 'stop' } }],
    ['\x1b', { do: 'nothing' }],
    ['x', { do: 'nothing' }],
  ])('%j does %j', (key, action) => {
    expect(actionOf(key, undefined)).toEqual(action);
  });

  test('stops the run only after the answer y', () => {
    const question: Question = { about: 'stop' };
    expect(actionOf('y', question)).toEqual({ do: 'stop' });
    for (const key of ['n', '\r', '\x1b', 's']) expect(actionOf(key, question)).toEqual({ do: 'cancel' });
  });

  test('types a learning rate, which is set with Enter when it is in its bounds', () => {
    let question: Question | undefined = { about: 'rate', text: '' };
    for (const key of ['0', '.', '0', '5', 'x', '\x7f', '\x7f', '2']) {
      const action = actionOf(key, question);
      question = action.do === 'ask' ? action.question : undefined;
    }
    expect(question).toEqual({ about: 'rate', text: '0.02' });
    expect(actionOf('\r', question)).toEqual({ do: 'setRate', learningRate: 0.02 });
    for (const text of ['', 'e', '0', '-1', '1e3', '0,01', '0.1 h'])
      expect(actionOf('\r', { about: 'rate', text })).toMatchObject({ do: 'reject' });
    expect(actionOf('\x1b', question)).toEqual({ do: 'cancel' });
  });
});
