import type { TrainerConfig } from '../config.ts';
import type { RunResources } from './run-resources.ts';

/** What whoever started this process says over the message channel when the trainer may begin. */
interface Begin {
  type: 'begin';
  gateway: string;
}

/**
 * Says `held` over the message channel, then reads the data and starts the engine while the gateway starts, so that
 * training begins as soon as it listens. Nothing is written, and what is wrong shows when the run is prepared.
 * @returns The configuration with the gateway's address; undefined when the signal came first.
 */
export async function waitForGateway(
  resources: RunResources,
  config: TrainerConfig,
  signal: AbortSignal,
): Promise<TrainerConfig | undefined> {
  const begin = nextBegin(signal);
  process.send?.({ type: 'held' }, undefined, undefined, () => {}); // Whoever is gone already is no trouble here.
  // A run that goes on may have been trained otherwise than this process is told.
  if (!config.resume && !config.wait) resources.acquire(config).catch(() => {});
  const told = await begin;
  return told && { ...config, gatewayUrl: told.gateway };
}

const nextBegin = (signal: AbortSignal): Promise<Begin | undefined> =>
  new Promise((resolve) => {
    const leave = (begin?: Begin): void => {
      process.off('message', leave);
      process.channel?.unref(); // Who listens keeps the process alive.
      resolve(begin);
    };
    process.channel?.ref();
    process.on('message', leave);
    if (signal.aborted) leave();
    signal.addEventListener('abort', () => leave(), { once: true });
  });
