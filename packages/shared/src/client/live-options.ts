import type { CommandName, EventType } from '../protocol/constants.ts';
import type { CommandData, CommandResult } from '../schemas/commands.ts';
import type { LiveDecoder } from '../schemas/decode-live.ts';
import type { MonitorEvent } from '../schemas/events.ts';
import type {
  LiveControl,
  LiveHello,
  LiveStatus,
  RunAnnotated,
  StoreState,
} from '../schemas/live-messages.ts';
import type { Clock } from './clock.ts';
import type { ConnectionState, WebSocketLike } from './reconnecting-socket.ts';

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** Options of `connectLive`; only `url` is required. */
export interface LiveClientOptions extends LiveClientCallbacks {
  /**
   * Address of the feed, such as `ws://localhost:5000/live`. Parameters of the feed may be in its query instead of the
   * options: `ws://localhost:5000/live?run=a`.
   */
  url: string;
  /** Id of the run to follow; `latest` (the default) follows the newest run and each that begins later. */
  run?: string;
  /** Seq to begin after; 0 (the default) begins with the run's first event. */
  after?: number;
  /** Types of events to receive; all by default. */
  types?: readonly EventType[];
  /** Limit of live `batch` events per second, of which the newest arrive; none by default. */
  maxRate?: number;
  /** Whether to receive every event, as an archive needs; by default, a client that falls far behind gets a gap instead. */
  complete?: boolean;
  /** WebSocket class; the global one by default. Node.js before 22 has none: pass that of the package `ws`. */
  WebSocket?: WebSocketConstructor;
  /**
   * Reads each WebSocket message. The default validates everything against the schemas; the default of
   * `@mnist-monitor/shared/browser` checks only the envelope.
   */
  decode?: LiveDecoder;
  /** Source of time and timers; that of the runtime by default. */
  clock?: Clock;
  /** Returns a number from 0 to 1 for the jitter of reconnection delays; `Math.random` by default. */
  random?: () => number;
}

/** Everything that a client of the live feed reports, as one union with the discriminant `type`. */
export type LiveClientMessage =
  | { type: 'connection'; state: ConnectionState }
  | { type: 'event'; event: MonitorEvent }
  | { type: 'invalid'; description: string }
  | Exclude<LiveControl, { type: 'commandResult' | 'heartbeat' }>;

/** Listeners of `connectLive`: `onMessage` receives everything, each of the others one kind of message. */
export interface LiveClientCallbacks {
  /** Called for every message, before the callback for its kind; suits a reducer. */
  onMessage?: (message: LiveClientMessage) => void;
  /** Called with the next event: in the order of seq and never twice, also across connections. */
  onEvent?: (event: MonitorEvent) => void;
  /**
   * Called first on each connection, and again when the feed continues with another run. If the run's id has changed,
   * or `restart` is present, discard what was drawn: the events follow from the beginning.
   */
  onHello?: (hello: LiveHello) => void;
  /** Called when the client has received everything up to `seq`; later events arrive as they happen. */
  onLive?: (seq: number) => void;
  /** Called when events are skipped: `batch` events that this client reads too slowly, or events missing from the store. */
  onGap?: (gap: { from: number; to: number }) => void;
  /** Called when the gateway stops or resumes storing events. While the gateway cannot store events, none arrive. */
  onStore?: (store: StoreState) => void;
  /** Called when the status of any run or the connection of its publisher changes, or the number of viewers. */
  onStatus?: (status: LiveStatus) => void;
  /** Called when the number of trainers that wait for the command `start` changes. */
  onTrainers?: (waiting: number) => void;
  /** Called when any run's title, note, pin, name or tags change. */
  onAnnotated?: (run: RunAnnotated) => void;
  /** Called when a run is removed; the feed continues with another run or closes with `runDeleted`. */
  onRemoved?: (runId: string) => void;
  /** Called when the status of the connection changes. */
  onState?: (state: ConnectionState) => void;
  /** Called for a message that does not fit the protocol; the client skips it. */
  onInvalid?: (description: string) => void;
}

/** Options of a command, which are all optional. */
export interface CommandOptions {
  /**
   * Id of the run to command; by default the one that is followed. The commands about the queue reach the trainer of that
   * run, also after its end, or else the trainer that has been idle longest; `start` reaches only idle trainers.
   */
  runId?: string;
  /** Who gives the command: `page`, `assistant`, or the name of your program. The notice about its effect repeats it. */
  by?: string;
  /** Command token, required where the gateway's `hello` contains `"commands":"token"`. */
  token?: string;
  /** Id of an earlier command without an answer, to repeat it: the trainer executes commands with one id only once. */
  id?: string;
}

/** A client of the live feed, as `connectLive` returns it. */
export interface LiveClient {
  /**
   * Sends a command to a trainer. The promise always resolves: with the trainer's answer; with
   * `command.not_connected` when nothing was sent; with `command.timeout` when no answer arrived, so that the command
   * may or may not have been executed. A command without an answer is sent again after a reconnection.
   *
   * @example
   * const result = await feed.command('setLearningRate', { learningRate: 0.005 });
   * if (!result.ok) console.error(result.code, result.message);
   *
   * const added = await feed.command('enqueue', { epochs: 3, name: 'Higher rate' }, { by: 'sweep' });
   * if (added.ok) await feed.command('moveQueued', { queuedId: added.queue!.at(-1)!.queuedId, position: 0 });
   */
  command<N extends CommandName>(
    name: N,
    data?: CommandData<N>,
    options?: CommandOptions,
  ): Promise<CommandResult>;
  /** Connects at once if the client waits to connect again. */
  retryNow(): void;
  /** Closes the connection for good. Commands without an answer resolve with `command.timeout`. */
  close(): void;
}
