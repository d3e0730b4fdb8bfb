import type { TrainerConfig } from '../config.ts';
import type { RunResources } from './run-resources.ts';

/** The parent's message that the gateway listens, with the address of its ingest endpoint. */
interface BeginMessage {
  type: 'begin';
  gateway: string;
}

/** The message channel to the process that started this one. */
export type ParentChannel = Pick<NodeJS.Process, 'on' | 'off' | 'send' | 'channel'>;

/** Options of `waitForGateway`. */
export interface WaitForGatewayOptions {
  config: TrainerConfig;
  resources: Pick<RunResources, 'acquire'>;
  /** Ends the wait. */
  signal: AbortSignal;
  parent?: ParentChannel;
}

/**
 * Loads the dataset and the engine while the parent process starts the gateway, and waits for the parent's `begin` message,
 * so that training starts as soon as the gateway listens. Sends `waitingForGateway` to the parent first. Writes no file. An
 * error while loading is ignored here, because the preparation of the run reports it.
 * @returns The configuration with the gateway's address; undefined when the signal is aborted first.
 */
export async function waitForGateway({
  config,
  resources,
  signal,
  parent = process,
}: WaitForGatewayOptions): Promise<TrainerConfig | undefined> {
  const message = receiveBegin(parent, signal);
  // An error of `send` is ignored: it means that the parent has ended, and then the event `disconnect` aborts `signal`.
  parent.send?.({ type: 'waitingForGateway' }, undefined, undefined, () => {});
  // A run that is resumed, or started on the page, may need another dataset and engine than this configuration names.
  if (!config.resume && !config.wait) resources.acquire(config).catch(() => {});
  const begin = await message;
  return begin && { ...config, gatewayUrl: begin.gateway };
}

const receiveBegin = (parent: ParentChannel, signal: AbortSignal): Promise<BeginMessage | undefined> =>
  new Promise((resolve) => {
    const onMessage = (message: { type: string }): void => {
      if (message.type === 'begin') settle(message as BeginMessage);
    };
    const settle = (begin?: BeginMessage): void => {
      parent.off('message', onMessage);
      parent.channel?.unref(); // A referenced channel keeps the process alive.
      resolve(begin);
    };
    parent.channel?.ref();
    parent.on('message', onMessage);
    if (signal.aborted) settle();
    signal.addEventListener('abort', () => settle(), { once: true });
  });
