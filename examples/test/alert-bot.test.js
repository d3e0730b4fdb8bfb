import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { afterTest } from '../../packages/gateway/dist/test/support/cleanup.js';
import { startGateway } from '../../packages/gateway/dist/test/support/gateway.js';
import { Program } from './support/program.js';
import { openPublisher, sample } from './support/publish.js';

const secretPath = '/hooks/s3cret';

/** Starts a server that refuses the first `refusals` posts; `received(n)` resolves with the accepted posts when there are n. */
async function startReceiver(refusals = 0) {
  const posts = [];
  let refused = 0;
  let wake = () => {};
  const server = createServer(async (request, response) => {
    const post = await json(request);
    if (refused++ < refusals) return response.writeHead(503).end();
    posts.push({ path: request.url, ...post });
    response.end('ok');
    wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => server.close());
  const received = async (count) => {
    while (posts.length < count)
      await new Promise((resolve) => {
        wake = resolve;
      });
    return posts;
  };
  return { url: `http://127.0.0.1:${server.address().port}${secretPath}`, received };
}

async function watch(gateway, receiver) {
  const bot = new Program(process.execPath, ['alert-bot/alert-bot.js', gateway.liveUrl], {
    WEBHOOK_URL: receiver.url,
  });
  await bot.waitForOutput('watching');
  return bot;
}

const numbered = (runId, events) => events.map((event, index) => ({ ...event, runId, seq: index + 1 }));
const [started] = sample;
const batch = sample.find(({ type }) => type === 'batch');
const finished = sample.at(-1);
const ended = (status, reason) => ({ ...finished, data: { ...finished.data, status, reason, test: null } });

describe('the alert bot', () => {
  test('posts once when a run diverges, and when it fails', async () => {
    const [gateway, receiver] = [await startGateway(), await startReceiver()];
    const bot = await watch(gateway, receiver);
    const diverged = { ...batch, data: { ...batch.data, loss: Number.NaN } };
    const divergedAgain = { ...diverged, data: { ...diverged.data, step: 2, batch: 2 } };
    const publisher = await openPublisher(gateway.ingestUrl, 'a');
    await publisher.publish(
      numbered('a', [started, diverged, divergedAgain, ended('failed', 'the disk is full')]),
    );

    const posts = await receiver.received(2);
    expect(posts).toEqual([
      expect.objectContaining({ path: secretPath, alert: 'diverged', runId: 'a' }),
      expect.objectContaining({ alert: 'failed', text: 'Run a has failed (the disk is full)' }),
    ]);
    expect(bot.output + bot.errors).not.toContain('s3cret');
  });

  test('posts when a run stalls, and when a run other than the followed one ends', async () => {
    const gateway = await startGateway({ limits: { stalledAfterMs: 300 } });
    const receiver = await startReceiver();
    await watch(gateway, receiver);
    const older = await openPublisher(gateway.ingestUrl, 'older');
    await older.publish(numbered('older', [started, batch]));
    const [stalled] = await receiver.received(1);
    expect(stalled).toMatchObject({ alert: 'stalled', runId: 'older' });

    const newer = await openPublisher(gateway.ingestUrl, 'newer');
    await newer.publish(numbered('newer', [started]));
    await older.publish(numbered('older', [started, batch, ended('stopped', 'from the page')]).slice(2));
    // The newer run may stall in the meantime, which is another alert.
    let stopped;
    for (let count = 2; !stopped; count++)
      stopped = (await receiver.received(count)).find(({ alert }) => alert === 'stopped');
    expect(stopped).toMatchObject({ runId: 'older' });
  });

  test('ignores runs that ended before it started, and retries when the webhook is down', async () => {
    const [gateway, receiver] = [await startGateway(), await startReceiver(1)];
    const before = await openPublisher(gateway.ingestUrl);
    await before.publish(sample);
    await watch(gateway, receiver);
    const publisher = await openPublisher(gateway.ingestUrl, 'next');
    await publisher.publish(numbered('next', sample));
    const posts = await receiver.received(1);
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatchObject({ alert: 'completed', runId: 'next' });
    expect(posts[0].text).toMatch(/^Run next is done \(all epochs done; test accuracy \d\d\.\d\d %\)$/);
  });

  test('names the variable to set when it has no URL to post to', async () => {
    const bot = new Program(process.execPath, ['alert-bot/alert-bot.js'], { WEBHOOK_URL: 'nowhere' });
    expect(await bot.exited).toBe(2);
    expect(bot.errors).toMatch(/^WEBHOOK_URL: expected the address of a webhook, .*\n$/);
  });
});
