import { describe, expect, test } from '@jest/globals';
import { MonitorError } from '../../src/index.ts';
import {
  flagName,
  helpText,
  isHelpRequested,
  type Options,
  optionTable,
  parseOptions,
  requestedText,
} from '../../src/options/index.ts';

function mistakesOf(argv: string[], env: NodeJS.ProcessEnv = {}): string[] {
  let caught: unknown;
  try {
    parseOptions(argv, env);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(MonitorError);
  expect(caught).toMatchObject({ code: 'option.invalid', exitCode: 2 });
  return (caught as MonitorError).message.split('\n');
}

describe('parseOptions', () => {
  test('returns the default of every option', () => {
    const defaults = Object.fromEntries(
      Object.entries(optionTable).map(([name, option]) => [name, option.default]),
    );
    expect(parseOptions([], {})).toEqual(defaults);
    expect(parseOptions([], {})).toMatchObject({ recipe: 'default', seed: 42, port: 5000 });
  });

  test.each([
    [['--batch-size', '64'], { batchSize: 64 }],
    [['--batch-size=64'], { batchSize: 64 }],
    [['--learning-rate', '1e-3'], { learningRate: 0.001 }],
    [['--once', '--epochs', '2'], { once: true, epochs: 2 }],
    [['--once=false'], { once: false }],
    [['--data', 'a=b'], { data: 'a=b' }],
    [['--gateway', 'wss://[::1]:5001/ingest?a=b'], { gateway: 'wss://[::1]:5001/ingest?a=b' }],
    [['--proxies', '192.0.2.1,10.0.0.0/8,::1'], { proxies: ['192.0.2.1', '10.0.0.0/8', '::1'] }],
    [
      ['--origins', 'https://a.example,http://localhost:8000'],
      { origins: ['https://a.example', 'http://localhost:8000'] },
    ],
    [
      ['--embed', 'https://a.example,http://[::1]:8888'],
      { embed: ['https://a.example', 'http://[::1]:8888'] },
    ],
    [['--epochs', '2', '--epochs', '3'], { epochs: 3 }],
  ])('reads %p', (argv, expected) => {
    expect(parseOptions(argv, {})).toMatchObject(expected);
  });

  test('reads the environment, ignores empty variables, and lets a flag override its variable', () => {
    const env = {
      MONITOR_BATCH_SIZE: '64',
      MONITOR_SEED: '',
      MONITOR_PORT: '8080',
      MONITOR_ONCE: '1',
      OTHER: 'x',
    };
    expect(parseOptions(['--port', '9090'], env)).toMatchObject({
      batchSize: 64,
      seed: 42,
      port: 9090,
      once: true,
    });
  });

  test('reads --resume with the id of a run, or without a value for the last one', () => {
    expect(parseOptions(['--resume'], {}).resume).toBe('latest');
    expect(parseOptions(['--resume', '--once'], {})).toMatchObject({ resume: 'latest', once: true });
    expect(parseOptions(['--resume', '20261124-100000-test'], {}).resume).toBe('20261124-100000-test');
    expect(parseOptions(['--resume='], {}).resume).toBe('latest');
    expect(parseOptions([], { MONITOR_RESUME: '1' }).resume).toBe('latest');
  });

  test('reports every mistake on a line of its own', () => {
    const mistakes = mistakesOf(['--epochs', '0', '--batchsize', '--seed', '--port=http', 'stray'], {
      MONITOR_ENGINE: 'abacus',
    });
    expect(mistakes).toEqual([
      'MONITOR_ENGINE: expected one of auto, tensorflow, webgpu, wasm, got "abacus"',
      '--epochs: expected a whole number from 1 to 10000, got "0"',
      '--batchsize: unknown (did you mean --batch-size?); --help lists all options',
      '--seed: expected a whole number from 0 to 2147483647, got nothing',
      '--port: expected a whole number from 0 to 65535, got "http"',
      'stray: unknown; --help lists all options',
    ]);
  });

  test.each([
    ['--epochs', ''],
    ['--epochs', ' '],
    ['--epochs', '1.5'],
    ['--epochs', 'NaN'],
    ['--learning-rate', 'Infinity'],
    ['--learning-rate', '-1'],
    ['--run-id', '../etc'],
    ['--once', 'maybe'],
    ['--origins', 'null'],
    ['--origins', 'file://'],
    ['--origins', '*'],
    ['--origins', 'https://a.example/page'],
    ['--origins', 'a.example'],
    ['--origins', 'https://*.a.example'],
    ['--embed', 'https://a.example;script-src'],
    ['--embed', "'self'"],
    ['--embed', '*'],
    ['--embed', 'https://*.a.example'],
    ['--embed', 'https://a.example/'],
    ['--gateway', 'foo'],
    ['--gateway', 'ws://'],
    ['--gateway', '127.0.0.1:5001'],
    ['--gateway', 'ftp://host/ingest'],
    ['--gateway', 'ws://host/ingest#run'],
    ['--gateway', 'ws://host:99999/ingest'],
    ['--proxies', '10.0.0.0/99'],
    ['--proxies', '192.0.2.1,proxy.example'],
    ['--proxies', '0.0.0.0/0'],
    ['--proxies', '10.0.0.1,::/0'],
  ])('rejects %s=%p', (flag, value) => {
    expect(mistakesOf([`${flag}=${value}`])).toHaveLength(1);
  });

  test.each([
    ['--token', 'MONITOR_TOKEN'],
    ['--command-token', 'MONITOR_COMMAND_TOKEN'],
  ])('never repeats the value of %s (S-28)', (flag, variable) => {
    const secret = 's'.repeat(5_000);
    const mistakes = [...mistakesOf([flag, secret]), ...mistakesOf([], { [variable]: secret })];
    expect(mistakes).toEqual([
      `${flag}: expected a secret of 16 to 500 characters, got another value (not shown)`,
      `${variable}: expected a secret of 16 to 500 characters, got another value (not shown)`,
    ]);
  });

  test('repeats addresses without the password in them', () => {
    expect(mistakesOf(['--gateway', 'http://ada:secret@host', '--gatway=ws://ada:secret@host'])).toEqual([
      '--gateway: expected an address such as ws://127.0.0.1:5001/ingest or wss://host/ingest, got "http://host/"',
      '…@host: unknown (did you mean --gateway?); --help lists all options',
    ]);
  });

  test('rejects a token that can be guessed, and one token for both purposes (S-27)', () => {
    expect(mistakesOf(['--token', 'fifteen letters'])).toHaveLength(1);
    expect(mistakesOf(['--token', ' '.repeat(20)])).toHaveLength(1);
    expect(
      parseOptions(['--token', 'sixteen letters.', '--command-token', 'sixteen letters,'], {}),
    ).toMatchObject({
      token: 'sixteen letters.',
      commandToken: 'sixteen letters,',
    });
    expect(mistakesOf(['--token', 'sixteen letters.', '--command-token', 'sixteen letters.', '--x'])).toEqual(
      [
        '--x: unknown; --help lists all options',
        '--command-token: expected another secret than that of --token, got the same',
      ],
    );
  });

  test('reports an empty value as nothing', () => {
    expect(mistakesOf(['--token=', '--epochs='])).toEqual([
      '--token: expected a secret of 16 to 500 characters, got nothing',
      '--epochs: expected a whole number from 1 to 10000, got nothing',
    ]);
  });

  test.each([
    ['--prot', '--port'],
    ['--epcohs', '--epochs'],
    ['--learning', '--learning-rate'],
    ['-port', '--port'],
    ['--command-tokens', '--command-token'],
  ])('suggests the flag that %s probably means', (flag, meant) => {
    expect(mistakesOf([flag])).toEqual([
      `${flag}: unknown (did you mean ${meant}?); --help lists all options`,
    ]);
  });

  test.each(['--colour', '--', '-x', '--x'])('suggests nothing for %s', (flag) => {
    expect(mistakesOf([flag])).toEqual([`${flag}: unknown; --help lists all options`]);
  });

  test.each<[string[], string[]]>([
    [['stray', '--once'], ['stray']],
    [
      ['--colour', 'red', 'stray'],
      ['--colour', 'stray'],
    ],
    [
      ['--colour=red', 'stray'],
      ['--colour=red', 'stray'],
    ],
    [
      ['-x', '5'],
      ['-x', '5'],
    ],
    [['--once', 'true'], ['true']],
    [
      ['--', '--once'],
      ['--', '--once'],
    ],
  ])('reports each argument of %p that is no flag, but not the value of an unknown flag', (argv, unknown) => {
    const named = mistakesOf(argv).map((mistake) => mistake.split(': unknown')[0]);
    expect(named).toEqual(unknown);
  });

  test.each<[keyof Options, number, number]>([
    ['threads', 1, 256],
    ['viewers', 1, 100_000],
    ['port', 0, 65_535],
    ['ingestPort', 0, 65_535],
    ['reportInterval', 0, 3_600],
  ])('reads %s from %s to %s', (name, min, max) => {
    const flag = flagName(name);
    for (const value of [min, max]) expect(parseOptions([`${flag}=${value}`], {})[name]).toBe(value);
    for (const value of [min - 1, max + 1])
      expect(mistakesOf([`${flag}=${value}`])).toEqual([
        expect.stringMatching(
          new RegExp(`^${flag}: expected a (whole )?number from ${min} to ${max}, got "${value}"$`),
        ),
      ]);
  });

  test.each([
    ['--classes=', 'a file'],
    ['--to=', 'a file'],
    ['--heartbeat=', 'a file'],
    ['--data=', 'a folder'],
    ['--runs=', 'a folder'],
    ['--host=', 'an address'],
    ['--bind=', 'an address'],
    ['--ingest-host=', 'an address'],
    ['--once=maybe', 'true or false'],
    ['--optimizer=magic', 'one of sgd, adam, adamw'],
    ['--log-level=all', 'one of trace, debug, info, warn, error, silent'],
    ['--keep=all', 'an age, a number of runs, a size, or several of them, such as 30d,100runs,5GB'],
    ['--uploads=1', 'a size such as 500MB or 10GB'],
    [
      '--redis-url=redis://:a#b@host',
      'an address such as redis://user:password@host:6379, rediss://host or unix:///run/redis.sock, with /, ?, # and % of the password as %2F, %3F, %23 and %25',
    ],
    [
      '--run-id=latest',
      'letters, digits, ".", "_" and "-", 64 at most, no dot at the end, and not "latest" or a name like CON that Windows reserves',
    ],
    ['--name=', 'a line of 1 to 200 characters'],
    ['--tag=', 'at most 20 texts of 1 to 40 characters, separated by commas'],
    ['--resume=../a', 'the id of a run, or nothing for the last interrupted one'],
    [
      '--proxies=0.0.0.0/0',
      'addresses or networks, such as 10.0.0.0/8 but not all addresses (/0), separated by commas',
    ],
    ['--origins=a', 'origins of pages, such as https://notes.example.org, separated by commas'],
    ['--embed=a', 'origins of pages, such as https://notes.example.org, separated by commas'],
    ['--gateway=a', 'an address such as ws://127.0.0.1:5001/ingest or wss://host/ingest'],
    ['--token=a', 'a secret of 16 to 500 characters'],
    ['--command-token=a', 'a secret of 16 to 500 characters'],
  ])('states what was expected instead of %s', (argument, expected) => {
    const [flag, value] = argument.split('=', 2) as [string, string];
    const isSecret = ['--token', '--command-token', '--redis-url'].includes(flag);
    const got = value === '' ? 'nothing' : isSecret ? 'another value (not shown)' : `"${value}"`;
    expect(mistakesOf([argument])).toEqual([`${flag}: expected ${expected}, got ${got}`]);
  });

  test.each([
    'redis://host',
    'redis://host:6379/15',
    'rediss://ada:a%2Fb@host/',
    'redis://[::1]:6379',
    'unix:///run/redis.sock',
  ])('accepts the address %s of Redis', (url) => {
    expect(parseOptions(['--redis-url', url], {}).redisUrl).toBe(url);
  });

  test.each([
    'host:6379',
    'http://host',
    'redis://',
    'redis://host/zero',
    'redis://host?db=1',
    'redis://host#1',
    'redis://ada:100%@host',
    'redis://ad%a:secret@host',
    'unix://',
    'unix:///',
    'unix://host/run/redis.sock',
    'unix:///run/redis.sock?db=1',
  ])('rejects the address %s of Redis', (url) => {
    expect(mistakesOf([`--redis-url=${url}`])).toHaveLength(1);
  });

  test('joins the tags of a repeated flag, each once and without spaces around it', () => {
    expect(parseOptions(['--tag', 'a, b', '--tag', 'b,c'], {}).tag).toEqual(['a', 'b', 'c']);
    expect(parseOptions([], { MONITOR_TAG: 'a,b' }).tag).toEqual(['a', 'b']);
    expect(parseOptions(['--tag', 'c'], { MONITOR_TAG: 'a,b' }).tag).toEqual(['c']);
    expect(parseOptions(['--tag', 'a'.repeat(40)], {}).tag).toEqual(['a'.repeat(40)]);
    for (const tags of ['a,', 'a'.repeat(41), Array.from({ length: 21 }, (_, index) => index).join()])
      expect(mistakesOf([`--tag=${tags}`])).toHaveLength(1);
  });

  test('reads a name of one line', () => {
    expect(parseOptions(['--name', 'n'.repeat(200)], {}).name).toBe('n'.repeat(200));
    for (const name of ['n'.repeat(201), 'two\nlines', 'a\u001bb'])
      expect(mistakesOf([`--name=${name}`])).toHaveLength(1);
  });

  test('reports a value of several lines in one line', () => {
    expect(mistakesOf(['--name=two\nlines', 'stray\nargument'])).toEqual([
      '--name: expected a line of 1 to 200 characters, got "two\\nlines"',
      'stray\\nargument: unknown; --help lists all options',
    ]);
  });

  test('reads texts of at most 4,096 characters, and secrets of at most 500', () => {
    expect(parseOptions(['--data', 'a'.repeat(4_096), '--token', 's'.repeat(500)], {})).toMatchObject({
      data: 'a'.repeat(4_096),
      token: 's'.repeat(500),
    });
    for (const argument of [
      `--data=${'a'.repeat(4_097)}`,
      `--host=${'a'.repeat(4_097)}`,
      `--token=${'s'.repeat(501)}`,
    ])
      expect(mistakesOf([argument])).toHaveLength(1);
  });

  test.each([
    ['1', true],
    ['true', true],
    ['yes', true],
    ['on', true],
    ['0', false],
    ['false', false],
    ['no', false],
    ['off', false],
  ])('reads %s as %s', (text, value) => {
    expect(parseOptions([], { MONITOR_ONCE: text }).once).toBe(value);
    expect(parseOptions([`--wait=${text}`], {}).wait).toBe(value);
  });

  test('reads a number below zero as a value, not as a flag', () => {
    expect(mistakesOf(['--learning-rate', '-1'])).toEqual([expect.stringMatching(/got "-1"$/)]);
  });

  test('rejects a variable whose name is close to that of an option, and ignores variables of other programs', () => {
    expect(mistakesOf([], { MONITOR_EPOCS: '3', MONITOR_LOG: 'info' })).toEqual([
      'MONITOR_EPOCS: unknown (did you mean MONITOR_EPOCHS?); --help lists all options',
      'MONITOR_LOG: unknown (did you mean MONITOR_LOG_LEVEL?); --help lists all options',
    ]);
    const unrelated = {
      MONITOR_AWAIT_GATEWAY: 'true',
      MONITOR_SERVICE_HOST: '10.0.0.1',
      MONITOR_EPOCS: '',
      EPOCS: '3',
    };
    expect(parseOptions([], unrelated)).toEqual(parseOptions([], {}));
  });

  test('recognises --help and -h', () => {
    expect([['--help'], ['--once', '-h'], ['--host', '::1']].map(isHelpRequested)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('answers --version, and --help with the flags of the program alone', () => {
    expect(requestedText(['--version'], 'start')).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = requestedText(['--help'], 'backup', ['runs', 'to']);
    expect(help?.match(/^ {2}--\S+/gm)).toEqual(['  --runs', '  --to']);
    expect(requestedText(['--once'], 'start')).toBeUndefined();
  });

  test('accepts an IPv6 address in brackets', () => {
    expect(parseOptions(['--host', '[::1]', '--ingest-host', '::1'], {})).toMatchObject({
      host: '::1',
      ingestHost: '::1',
    });
  });

  test.each(['CON', 'nul.txt', 'com1', 'a.'])('rejects the id %s, which Windows cannot store', (id) => {
    expect(mistakesOf(['--run-id', id])).toEqual([expect.stringContaining('--run-id: expected letters')]);
  });

  test.each(['console', 'con-1', 'a.b'])('accepts the id %s', (id) => {
    expect(parseOptions(['--run-id', id], {}).runId).toBe(id);
  });

  test('lists the choices of an option in the help', () => {
    expect(helpText('start')).toMatch(/--engine +auto\|tensorflow\|webgpu\|wasm: library that computes;/);
  });

  test('contains a line of help for every flag', () => {
    const help = helpText('start');
    for (const name of Object.keys(optionTable))
      expect(help).toContain(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} `);
    expect(help).toContain('(42)');
  });
});
