import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { openScriptedPublisher, sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { startGateway } from './support/gateway.ts';
import { startScriptedGateway } from './support/scripted-gateway.ts';

// From dist/test of this package.
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const readme = readFileSync(`${root}packages/shared/README.md`, 'utf8');
const run = promisify(execFile);

/** The programs of the README, by their names. */
const programs = new Map(
  [...readme.matchAll(/```js (\S+)\n([\s\S]*?)```/g)].map(([, name, text]) => [name!, text!]),
);

const npm = (args: string[], cwd = root) => run('npm', [...args, '--no-audit', '--no-fund'], { cwd });

/**
 * Creates another project in which the packed package is installed, and returns its folder. The dependencies are
 * installed from this repository's `node_modules`, so that npm needs no registry.
 */
async function install(): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  const shared = join(root, 'packages/shared');
  const { stdout } = await npm(['pack', '--json', '--pack-destination', folder, shared]);
  const tarball = join(folder, JSON.parse(stdout)[0].filename);
  const dependencies = ['zod', 'ws'].map((name) => join(root, 'node_modules', name));
  await npm(['install', '--offline', '--ignore-scripts', tarball, ...dependencies], folder);
  for (const [name, text] of programs) writeFileSync(join(folder, name), text);
  return folder;
}

/** Runs a program in the folder until it ends, and resolves with its standard output. */
async function node(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, args, { cwd: folder, timeout: 20_000 });
  return stdout;
}

test('packages/shared, packed and installed in another project, runs the programs of its README', async () => {
  const folder = await install();
  const installed = join(folder, 'node_modules', '@mnist-monitor', 'shared');
  expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json', 'src']);
  expect(readdirSync(join(installed, 'dist'))).toEqual(['src']);
  expect([...programs.keys()]).toEqual(['follow.js', 'command.js', 'publish.js']);

  const { liveUrl, ingestUrl } = await startGateway();
  const published = await node(folder, 'publish.js', ingestUrl);
  const [runId] = /\d{8}-\d{6}-\w{4}/.exec(published) ?? [];
  expect(published).toBe(`published ${runId}\n`);
  expect(await node(folder, 'follow.js', liveUrl)).toBe(`${runId} is completed\n`);

  const lossy = await startScriptedGateway([
    (message, { reply, terminate }) => {
      if (message.type === 'hello') reply({ type: 'resume', after: 0, stream: 's-1' });
      if (message.seq === 4) reply({ type: 'ack', seq: 2 });
      if (message.seq === 4) setTimeout(terminate, 50);
    },
    (message, { reply }) => {
      if (message.type === 'hello') reply({ type: 'resume', after: 1, stream: 's-2' });
      if (message.seq === 3) reply({ type: 'ack', seq: 999 });
    },
  ]);
  expect(await node(folder, 'publish.js', lossy.url)).toMatch(/^published /);
  const seqsAndTypes = lossy.received.map(({ seq, type, stream, acknowledged }) =>
    type === 'hello' ? [stream, acknowledged] : [seq, type],
  );
  expect(seqsAndTypes).toEqual([
    [undefined, undefined],
    ...[
      [1, 'run.started'],
      [2, 'batch'],
      [3, 'batch'],
      [4, 'run.finished'],
    ],
    ['s-1', 2],
    ...[
      [2, 'batch'],
      [3, 'run.finished'],
    ],
  ]);

  const trainer = await openScriptedPublisher({
    ...{ url: ingestUrl, WebSocket, runId: 'a', commands: ['setLearningRate'] },
  });
  afterTest(() => trainer.close());
  const events = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 2 });
  trainer.send(...events.slice(0, -1));
  expect(await node(folder, 'command.js', liveUrl, '0.25')).toBe('done\n');
  expect(trainer.commands).toMatchObject([{ command: 'setLearningRate', data: { learningRate: 0.25 } }]);
  trainer.send(events.at(-1)!);
  expect(await node(folder, 'follow.js', liveUrl)).toMatch(
    /^a is completed\nepoch 1: 0\.\d+\nepoch 2: 0\.\d+\n$/,
  );

  const entries = Object.keys(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).exports);
  writeFileSync(
    join(folder, 'typed.ts'),
    `${entries.map((entry, index) => `import * as entry${index} from '@mnist-monitor/shared${entry.slice(1)}';`).join('\n')}
import type { EventOf } from '@mnist-monitor/shared';
export const loss = (event: EventOf<'batch'>): number => event.data.loss;
// @ts-expect-error: no event has such a type
export type None = EventOf<'none'>['data'];
export const entries = [${entries.map((_entry, index) => `entry${index}`)}];
`,
  );
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--types', ''];
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'typed.ts'], {
    cwd: folder,
  });
}, 120_000);
