import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { openScriptedPublisher, sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { temporaryFolder } from '../packages/gateway/dist/test/support/cleanup.js';
import { startProcess } from '../packages/gateway/dist/test/support/process.js';
import { pythonEnvironment, run } from './support/tools.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const commandToken = 'a-command-token-for-tests';

/** Starts the gateway's program with four runs, one of which has a saved model. */
async function startWithRuns(env = {}) {
  const runs = temporaryFolder();
  const flags = ['--port', '0', '--ingest-port', '0', '--runs', runs, '--log-level', 'error'];
  const gateway = startProcess(flags, env);
  const { url, ingestUrl } = await gateway.listening;
  for (const runId of ['a', 'b', 'c', 'd']) {
    const publisher = await openScriptedPublisher({ url: ingestUrl, WebSocket, runId });
    const events = sampleRun({ runId, epochs: 2, batchesPerEpoch: 5 });
    publisher.send(...events);
    await publisher.waitForAck(events.at(-1).seq);
    publisher.close();
  }
  mkdirSync(join(runs, 'a', 'model'), { recursive: true });
  writeFileSync(join(runs, 'a', 'model', 'model.json'), '{}');
  writeFileSync(join(runs, 'a', 'model', 'weights.bin'), 'weights');
  return { ...gateway, url, ingestUrl };
}

/** Runs Schemathesis with a fixed seed, so that a failure can be repeated. */
const schemathesis = (document, options) =>
  run(
    join(pythonEnvironment, 'bin', 'schemathesis'),
    [
      ...['--config-file', join(folder, 'schemathesis.toml')],
      ...['run', document, '--seed', '1', '--max-examples', '12', '--continue-on-failure', '--no-color'],
      ...options,
    ],
    // Schemathesis writes its findings into the working directory.
    { cwd: temporaryFolder(), env: { SCHEMATHESIS_HOOKS: 'schemathesis_hooks', PYTHONPATH: folder } },
  );

const describeWithPython = pythonEnvironment ? describe : describe.skip;

describeWithPython('Schemathesis, with all checks, finds nothing wrong with the REST API', () => {
  test('without a token', async () => {
    const { url, child } = await startWithRuns();
    const { code, stdout } = await schemathesis(`${url}/openapi.json`, ['--checks', 'all']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/No issues found/)]);
    expect(child.exitCode).toBe(null);
  });

  test('with the command token', async () => {
    const { url, child } = await startWithRuns({ MONITOR_COMMAND_TOKEN: commandToken });
    const header = ['--header', `Authorization:Bearer ${commandToken}`];
    const { code, stdout } = await schemathesis(`${url}/openapi.json`, ['--checks', 'all', ...header]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/No issues found/)]);
    expect(child.exitCode).toBe(null);
  });

  test('at the ingest port, where each request is answered with a problem', async () => {
    const { url, ingestUrl, child } = await startWithRuns();
    const ingest = new URL(ingestUrl.replace('ws:', 'http:')).origin;
    const checks = ['--checks', 'not_a_server_error', '--url', ingest];
    const { code, stdout } = await schemathesis(`${url}/openapi.json`, checks);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/No issues found/)]);
    expect((await fetch(`${ingest}/api/runs`)).headers.get('content-type')).toMatch(/problem\+json/);
    expect(child.exitCode).toBe(null);
  });
});
