import { expect, test } from '@jest/globals';
import { MonitorError } from '../../src/protocol/errors.ts';
import { printable, withoutCredentials } from '../../src/protocol/printable.ts';

test.each([
  ['\x1b[2J', '\\u001b[2J'],
  ['a\rb', 'a\\u000db'],
  ['\0\x7f\x9b', '\\u0000\\u007f\\u009b'],
  ['\u202eabc\u2066', '\\u202eabc\\u2066'],
  ['two\nlines\tand é, 漢字, 🙂', 'two\nlines\tand é, 漢字, 🙂'],
])('escapes control and invisible characters of %j, and nothing else (S-13)', (text, expected) => {
  expect(printable(text)).toBe(expected);
  expect(new MonitorError('option.invalid', text).message).toBe(expected);
  expect(new MonitorError('internal', text).message).toBe(expected.replaceAll('\n', '\\n'));
});

test('escapes within JSON are parsed back to the same text', () => {
  const text = '\x9b\u202e\x1b';
  expect(JSON.parse(printable(JSON.stringify(text)))).toBe(text);
});

test.each([
  ['http://localhost:5000', 'http://localhost:5000'],
  ['ws://ada:secret@host:5001/ingest?a=b', 'ws://host:5001/ingest?a=b'],
  ['http://secret@host', 'http://host/'],
  ['redis://:secret@host:6379/1', 'redis://host:6379/1'],
  ['http://host/@name', 'http://host/@name'],
  ['unix:///run/a@b.sock', 'unix:///run/a@b.sock'],
  ['ada:secret@host:5000', '…@host:5000'],
  ['http://ada:se/cret@host', '…@host'],
  ['http://ada:se cr@et@:80', '…@:80'],
  ['runs', 'runs'],
])('the address %s is shown without user name and password (S-70)', (address, expected) => {
  expect(withoutCredentials(address)).toBe(expected);
});
