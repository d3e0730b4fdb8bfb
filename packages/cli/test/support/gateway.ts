import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { openScriptedPublisher, type ScriptedPublisher } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';

const main = fileURLToPath(new URL('../../../../gateway/dist/src/main.js', import.meta.url));

/** A gateway process for the tests of a file. */
export interface TestGateway {
  /** Address of the page and the API, such as `http://localhost:40123`. */
  url: string;
  /** Connects a publisher, which sends the events, and resolves when they are stored. */
  publish(options: {
    runId: string;
    events?: readonly MonitorEvent[];
    commands?: NonNullable<ScriptedOptions['commands']>;
    onCommand?: NonNullable<ScriptedOptions['onCommand']>;
  }): Promise<ScriptedPublisher>;
}

type ScriptedOptions = Parameters<typeof openScriptedPublisher>[0];

/** Starts a gateway before the tests of a file. Closes publishers after each test, the gateway at the end. */
export function useGateway(flags: readonly string[] = []): TestGateway {
  const runs = mkdtempSync(join(tmpdir(), 'mnist-cli-'));
  const publishers: ScriptedPublisher[] = [];
  let gateway: ChildProcess;
  let ingestUrl: string;
  const result: TestGateway = {
    url: '',
    async publish({ events = [], ...options }) {
      const publisher = await openScriptedPublisher({ url: ingestUrl, WebSocket, ...options });
      publishers.push(publisher);
      publisher.send(...events);
      if (events.length > 0) await publisher.waitForAck(events.at(-1)?.seq ?? 0);
      return publisher;
    },
  };
  beforeAll(async () => {
    const own = ['--port', '0', '--ingest-port', '0', '--runs', runs, '--log-level', 'silent'];
    gateway = fork(main, [...own, ...flags], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [message] = (await once(gateway, 'message')) as [{ url: string; ingestUrl: string }];
    result.url = message.url;
    ingestUrl = message.ingestUrl;
  });
  afterEach(() => {
    for (const publisher of publishers.splice(0)) publisher.close();
  });
  afterAll(async () => {
    if (gateway.kill('SIGTERM')) await once(gateway, 'exit');
    rmSync(runs, { recursive: true, force: true });
  });
  return result;
}
