import type { TrainerConfig } from '../config.ts';
import type { RunResources } from './run-resources.ts';

/** The message that lets a waiting trainer start, with the address of the gateway's ingest endpoint. */
interface BeginMessage {
  type: 'begin';
  gateway: string;
}

/**
 * Loads the dataset and the engine while the parent process starts the gateway, and waits for its `begin` message, so
 * that training starts as soon as the gateway listens. Sends `held` first. Writes no file; an error of loading surfaces
 * when the run is prepared.
 * @returns The configuration with the gateway's address; undefined when the signal is aborted first.
 */
export async function waitForGateway(
  resources: RunResources,
  config: TrainerConfig,
  signal: AbortSignal,
): Promise<TrainerConfig | undefined> {
  const message = receiveBegin(signal);
  process.send?.({ type: 'held' }, undefined, undefined, () => {}); // A parent that has exited is handled as `disconnect`.
  // A resumed run may need another dataset and engine than this configuration names.
  if (!config.resume && !config.wait) resources.acquire(config).catch(() => {});
  const begin = await message;
  return begin && { ...config, gatewayUrl: begin.gateway };
}

const receiveBegin = (signal: AbortSignal): Promise<BeginMessage | undefined> =>
  new Promise((resolve) => {
    const settle = (begin?: BeginMessage): void => {
      process.off('message', settle);
      process.channel?.unref(); // A referenced channel keeps the process alive.
      resolve(begin);
    };
    process.channel?.ref();
    process.on('message', settle);
    if (signal.aborted) settle();
    signal.addEventListener('abort', () => settle(), { once: true });
  });
