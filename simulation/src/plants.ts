import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A change of a compiled file: the text to find, which it has once, and the text in its place. */
interface Edit {
  file: string;
  find: string;
  replace: string;
}

/** A fault that is planted into a copy of the programs, to check that simulations find it. */
export interface Plant {
  name: string;
  edits: readonly Edit[];
}

const plant = (name: string, ...edits: readonly [file: string, find: string, replace: string][]): Plant => ({
  name,
  edits: edits.map(([file, find, replace]) => ({ file, find, replace })),
});

const gateway = (file: string): string => `packages/gateway/dist/src/${file}.js`;
const trainer = (file: string): string => `packages/trainer/dist/src/${file}.js`;
const shared = (file: string): string => `packages/shared/dist/src/${file}.js`;

/** The faults: most are one forgotten line. */
export const plants: readonly Plant[] = [
  plant('acknowledge before commit', [
    gateway('ingest/run-writer'),
    'this.#queue.push(event);',
    'this.#queue.push(event); this.#options.onCommit(event.seq);',
  ]),
  plant('show before commit', [
    gateway('ingest/run-writer'),
    'this.#committedSeq = await store.append(',
    'hub.publish(runId, events, stream, 2); this.#committedSeq = await store.append(',
  ]),
  plant('gateway forgets after', [
    gateway('live/viewer-session'),
    "restart: 'beyondEnd' } : { after };",
    "restart: 'beyondEnd' } : { after: 0 };",
  ]),
  plant('client forgets after', [
    shared('client/feed-position'),
    "query.set('after', String(this.#seq));",
    '',
  ]),
  plant('client keeps its position after a restart', [
    shared('client/feed-position'),
    'this.#seq = after;\n        else if',
    'this.#seq = Math.max(after, this.#seq);\n        else if',
  ]),
  plant('double publish on reconnect', [
    trainer('runner/publisher'),
    'this.#sent = after;',
    'this.#sent = Math.max(0, after - 1);',
  ]),
  plant('resume after an event that is not stored', [
    gateway('ingest/publisher-session'),
    "type: 'resume', after: lastSeq, stream }",
    "type: 'resume', after: lastSeq + 1, stream }",
  ]),
  plant('lost gap', [
    gateway('live/cursor'),
    'return this.#reportsGaps && first <= last ? { first, last } : undefined;',
    'return undefined;',
  ]),
  plant('history skips an event', [gateway('live/history'), 'through: last,', 'through: last + 1,']),
  plant(
    'events between history and live are lost',
    [
      gateway('live/viewer-session'),
      'return this.#goLive();',
      '{ await new Promise((resolve) => setTimeout(resolve, 5)); return this.#goLive(); }',
    ],
    [gateway('live/cursor'), 'if (events.first !== this.#seq + 1)\n            return undefined;', ''],
  ),
  plant('events in the history are shown live again', [
    gateway('live/cursor'),
    'if (events.first !== this.#seq + 1)\n            return undefined;',
    '',
  ]),
  plant('latest stays on an old run', [
    gateway('live/viewer-session'),
    'return this.#followsLatest && this.#context.hub.newestRunId !== this.#runId;',
    'return false;',
  ]),
  plant('stale presence', [
    gateway('presence/publishers'),
    'presence.disconnectedAt ??= performance.now();',
    '',
  ]),
  plant('runs are never interrupted', [
    gateway('runs/run-status'),
    "return 'interrupted';",
    "return 'running';",
  ]),
  plant('no broadcasts to viewers', [
    gateway('live/viewer-session'),
    'if (!this.#peer.isClosed)\n            hub.addViewer(this);',
    '',
  ]),
  plant(
    'command for the wrong run',
    [
      gateway('commands/router'),
      'const publisher = this.#options.publishers.publisherOf(runId);\n        if (!publisher)',
      'const publisher = [...this.#targets].at(-1);\n        if (!publisher)',
    ],
    [
      trainer('runner/command-handler'),
      'command.runId !== undefined && command.runId !== currentRun.runId',
      'false',
    ],
  ),
  plant(
    'command reaches the next run of its trainer',
    [
      gateway('commands/router'),
      'return this.#options.publishers.publisherOf(command.runId) === target;',
      'return true;',
    ],
    [
      trainer('runner/command-handler'),
      'command.runId !== undefined && command.runId !== currentRun.runId',
      'false',
    ],
  ),
  plant('repeated command chooses its trainer again', [
    gateway('commands/router'),
    'const known = this.#commands.get(command.id);',
    'const known = undefined;',
  ]),
  plant('command that nobody waits for is sent again', [
    gateway('commands/router'),
    '&& !result && waiting.size > 0)',
    '&& !result)',
  ]),
  plant('command executed twice', [
    trainer('runner/command-handler'),
    'if (known)\n            return known;',
    '',
  ]),
  plant('unbounded queue of a publisher', [
    gateway('ingest/run-writer'),
    '#updateBackpressure() {',
    '#updateBackpressure() { return;',
  ]),
  plant('unbounded queue of a viewer', [
    gateway('live/viewer-stream'),
    'get #hasRoom() {',
    'get #hasRoom() { return true;',
  ]),
  plant('client never notices silence', [
    shared('client/reconnecting-socket'),
    "this.#lose('no sign of life from the gateway');",
    '{}',
  ]),
  plant('gateway never notices silence', [
    gateway('sockets/keep-alive'),
    'return target.reset();',
    'return;',
  ]),
  plant('heartbeat before hello', [
    gateway('sockets/create-peer'),
    'checksSinceMessage = Number.NEGATIVE_INFINITY;',
    'checksSinceMessage = 0;',
  ]),
  plant('loss of events is not noticed', [
    gateway('live/hub'),
    'await this.reportLoss(runId, position, lastSeq);',
    '',
  ]),
  plant('events of another gateway are not read', [
    gateway('cluster/sync'),
    'this.#logFailure(hub.pull(runId));',
    '',
  ]),
  plant('no catch-up after the bus failed', [
    gateway('cluster/sync'),
    'onReconnect: () => this.catchUp(),',
    'onReconnect() {},',
  ]),
  plant('retention removes runs that go on', [
    gateway('runs/retention'),
    'const isRemovable = (run) => !run.pinned && !run.connected && isFinished(run);',
    'const isRemovable = (run) => !run.pinned;',
  ]),
  plant('a closing gateway forgets its store', [
    gateway('app'),
    'await store.close();',
    'await new Promise(() => {});',
  ]),
];

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Copies the compiled programs with a planted fault into a temporary folder.
 * @returns The path of the copy, whose simulation runs the faulty programs.
 */
export function copyWith({ name, edits }: Plant): string {
  const copy = mkdtempSync(join(tmpdir(), 'plant-'));
  for (const part of ['shared', 'gateway', 'trainer']) {
    const folder = join('packages', part);
    mkdirSync(join(copy, folder), { recursive: true });
    cpSync(join(root, folder, 'dist'), join(copy, folder, 'dist'), { recursive: true });
    cpSync(join(root, folder, 'package.json'), join(copy, folder, 'package.json'));
    if (existsSync(join(root, folder, 'node_modules')))
      symlinkSync(join(root, folder, 'node_modules'), join(copy, folder, 'node_modules'));
  }
  cpSync(join(root, 'simulation/dist'), join(copy, 'simulation/dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  linkModules(copy);
  for (const { file, find, replace } of edits) {
    const text = readFileSync(join(copy, file), 'utf8');
    if (text.split(find).length !== 2)
      throw new Error(`plant "${name}": ${file} does not have once: ${find}`);
    writeFileSync(
      join(copy, file),
      text.replace(find, () => replace),
    );
  }
  return copy;
}

/** Links the installed packages, and this project's own package to its copy. */
function linkModules(copy: string): void {
  const modules = join(copy, 'node_modules');
  mkdirSync(join(modules, '@mnist-monitor'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@mnist-monitor') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  symlinkSync(join(copy, 'packages/shared'), join(modules, '@mnist-monitor/shared'));
}
