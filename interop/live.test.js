import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { encode } from '@mnist-monitor/shared';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { afterTest, temporaryFolder } from '../packages/gateway/dist/test/support/cleanup.js';
import { startGateway } from '../packages/gateway/dist/test/support/gateway.js';
import { helloOf, openPublisher } from '../packages/gateway/dist/test/support/publisher.js';
import { until } from '../packages/gateway/dist/test/support/until.js';
import { followers } from './followers/index.js';

describe.each(followers.map((follower) => [follower.name, follower]))('%s', (_name, follower) => {
  const whereAvailable = follower.isAvailable ? test : test.skip;

  whereAvailable(
    'follows a run from its beginning, live and to its end, with every event once and in order',
    async () => {
      const [program, ...args] = await follower.build(temporaryFolder());
      const gateway = await startGateway();
      const events = sampleRunOfVersion2('followed');
      const publisher = await openPublisher(gateway.ingestUrl, helloOf('followed', { protocol: 2 }));
      publisher.send(events.slice(0, 3));
      await publisher.acked(3);

      const child = spawn(program, [...args, `${gateway.liveUrl}?run=followed&complete=true`]);
      const exited = once(child, 'exit');
      afterTest(() => child.kill());
      let problems = '';
      child.stderr.on('data', (text) => (problems += text));
      const lines = [];
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
      await until(() => lines.some((line) => line.includes('"type":"live"')) || child.exitCode !== null);
      publisher.send(events.slice(3));
      await publisher.acked(events.length);

      const [code] = await exited;
      expect({ code, problems }).toEqual({ code: 0, problems: '' });
      expect(JSON.parse(lines[0])).toMatchObject({ type: 'hello', run: { runId: 'followed' } });
      expect(lines.filter((line) => line.startsWith('{"v":'))).toEqual(events.map((event) => encode(event)));
      publisher.connection.socket.close();
    },
  );
});
