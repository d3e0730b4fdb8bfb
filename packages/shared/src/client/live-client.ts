import { formatIssues } from '../protocol/codec.ts';
import { type CommandName, liveSubprotocols } from '../protocol/constants.ts';
import type { Command, CommandData, CommandResult } from '../schemas/commands.ts';
import type { LiveDecoder } from '../schemas/decode-live.ts';
import type { MonitorEvent } from '../schemas/events.ts';
import type { LiveControl } from '../schemas/live-messages.ts';
import { decodeTrusted } from './decode-trusted.ts';
import { FeedPosition } from './feed-position.ts';
import { readFeedUrl } from './feed-url.ts';
import type {
  CommandOptions,
  LiveClient,
  LiveClientCallbacks,
  LiveClientMessage,
  LiveClientOptions,
  WebSocketConstructor,
} from './live-options.ts';
import { commandFailure, newCommandId, PendingCommands } from './pending-commands.ts';
import { type ConnectionState, ReconnectingSocket, type WebSocketLike } from './reconnecting-socket.ts';

/** After this many heartbeat intervals of silence, the connection counts as lost; the half allows for a late heartbeat. */
const missedHeartbeats = 2.5;
/** Time limit of the upgrade and the gateway's `hello`. */
const connectTimeoutMs = 10_000;

/**
 * Follows the live feed. After a loss of the connection, it connects again and continues after the last event received.
 *
 * @example
 * const feed = connectLive({
 *   url: 'ws://localhost:5000/live',
 *   onEvent: (event) => {
 *     if (event.type === 'epoch') console.log(event.data.epoch, event.data.test?.accuracy);
 *   },
 * });
 * feed.close();
 * @throws TypeError when the runtime has no WebSocket and none is passed, or when a parameter in `url` is invalid, is also in the
 *   options, or is set by the client itself.
 */
export const connectLive = (options: LiveClientOptions): LiveClient => new LiveFeed(options);

class LiveFeed implements LiveClient {
  readonly #callbacks: LiveClientCallbacks;
  readonly #decode: LiveDecoder;
  readonly #position: FeedPosition;
  readonly #commands: PendingCommands;
  readonly #connection: ReconnectingSocket<WebSocketLike>;
  /** Whether the current connection has received its hello, and so accepts commands. */
  #isReady = false;

  constructor(options: LiveClientOptions) {
    const { decode = decodeTrusted, clock, random } = options;
    const address = readFeedUrl(options);
    const WebSocket = options.WebSocket ?? globalWebSocket();
    const position = new FeedPosition(address.after);
    this.#callbacks = options;
    this.#decode = decode;
    this.#position = position;
    this.#commands = new PendingCommands({ clock });
    this.#connection = new ReconnectingSocket({
      ...{ connectTimeoutMs, clock, random },
      createSocket: () => new WebSocket(position.address(address), [...liveSubprotocols]),
      onState: (state) => this.#changeState(state),
      onMessage: (text) => this.#receive(text),
    });
    this.#connection.connect();
  }

  command<N extends CommandName>(
    name: N,
    data?: CommandData<N>,
    { id = newCommandId(), token, runId, by }: CommandOptions = {},
  ): Promise<CommandResult> {
    if (!this.#isReady) {
      const message = 'there is no connection to the gateway: nothing was sent';
      return Promise.resolve(commandFailure(id, 'command.not_connected', message));
    }
    // Without a run id, the gateway would choose the followed run, which may be another one after a reconnection.
    const target = runId ?? (name === 'start' ? undefined : this.#position.runId);
    const command = { type: 'command', id, command: name, data, by, token, runId: target } as Command;
    return this.#commands.send(command, this.#send);
  }

  retryNow(): void {
    this.#connection.retryNow();
  }

  close(): void {
    this.#connection.close('closed by this client');
  }

  readonly #send = (text: string): void => this.#connection.send(text);

  #changeState(state: ConnectionState): void {
    if (state.name !== 'open') this.#isReady = false;
    if (state.name === 'closed') this.#commands.failAll('the connection is closed for good');
    this.#emit({ type: 'connection', state });
  }

  #receive(text: string): void {
    for (const result of this.#decode(text)) {
      if (!result.ok) this.#emit({ type: 'invalid', description: formatIssues(result.error.issues) });
      else if ('v' in result.value) this.#receiveEvent(result.value);
      else this.#receiveControl(result.value);
    }
  }

  #receiveEvent(event: MonitorEvent): void {
    if (this.#position.advance(event)) this.#emit({ type: 'event', event });
  }

  #receiveControl(message: LiveControl): void {
    switch (message.type) {
      case 'heartbeat':
        return;
      case 'commandResult':
        this.#commands.receive(message);
        return;
      case 'hello':
        this.#connection.resetBackoff();
        this.#connection.allowSilence(message.heartbeatMs * missedHeartbeats);
        if (!this.#isReady) this.#commands.resend(this.#send);
        this.#isReady = true;
        this.#position.enterRun({
          ...{ runId: message.run?.runId, stream: message.run?.stream },
          after: message.after,
        });
        break;
      case 'live':
        this.#position.skipTo(message.seq);
        break;
      case 'gap':
        this.#position.skipTo(message.to);
        break;
      case 'removed':
        this.#position.removeRun(message.runId);
        break;
    }
    this.#emit(message);
  }

  #emit(message: LiveClientMessage): void {
    this.#callbacks.onMessage?.(message);
    notify(this.#callbacks, message);
  }
}

/** Calls the callback for the kind of a message. */
function notify(callbacks: LiveClientCallbacks, message: LiveClientMessage): void {
  switch (message.type) {
    case 'connection':
      return callbacks.onState?.(message.state);
    case 'event':
      return callbacks.onEvent?.(message.event);
    case 'invalid':
      return callbacks.onInvalid?.(message.description);
    case 'hello':
      return callbacks.onHello?.(message);
    case 'live':
      return callbacks.onLive?.(message.seq);
    case 'gap':
      return callbacks.onGap?.(message);
    case 'store':
      return callbacks.onStore?.(message);
    case 'status':
      return callbacks.onStatus?.(message);
    case 'trainers':
      return callbacks.onTrainers?.(message.waiting);
    case 'annotated':
      return callbacks.onAnnotated?.(message);
    case 'removed':
      return callbacks.onRemoved?.(message.runId);
  }
}

function globalWebSocket(): WebSocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor };
  if (WebSocket) return WebSocket;
  throw new TypeError('expected a WebSocket: this runtime has none; pass one as options.WebSocket');
}
