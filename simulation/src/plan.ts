import type { CommandName } from '@mnist-monitor/shared';
import type { Limits } from '../../packages/gateway/dist/src/limits.js';
import type { DatabaseKind, FailureMode } from './database.ts';
import type { GatewayEnd } from './gateway-process.ts';
import { databaseHost } from './network.ts';
import { Random } from './random.ts';
import type { RunPlan } from './trainer-process.ts';
import type { ViewerPlan } from './viewer-process.ts';
import type { PathOptions } from './virtual-socket.ts';

/** The program whose connections an action is about; undefined for those of all programs. */
export type Program = { trainer: number } | { viewer: number };

/** Something that happens at a moment of a simulation. A plan without some of its actions is a plan too. */
export type Action = { at: number } & (
  | { kind: 'cut'; of?: Program; pick: number; sign: 'reset' | 'silence' }
  | { kind: 'partition'; hosts: [string, string]; ms: number }
  | { kind: 'stall viewer'; viewer: number; ms: number }
  | { kind: 'end gateway'; gateway: number; how: GatewayEnd; ms: number }
  | { kind: 'kill trainer'; trainer: number; sign: 'end' | 'reset' | 'none'; ms: number | undefined }
  | { kind: 'slow store'; factor: number; ms: number }
  | { kind: 'stall store'; ms: number }
  | { kind: 'fail store'; mode: FailureMode; ms: number }
  | { kind: 'viewer'; plan: ViewerPlan; gateway: number }
  | { kind: 'close viewer'; viewer: number }
  | { kind: 'lose events'; trainer: number; events: number; ms: number }
  | { kind: 'interrupt bus'; gateway: number; ms: number }
  | ({ kind: 'command'; viewer: number } & CommandPlan)
  | { kind: 'delete run'; gateway: number; run: number }
  | { kind: 'annotate run'; gateway: number; run: number; title: string }
);

type CommandAction = Extract<Action, { kind: 'command' }>;

/** A command of a viewer. */
export interface CommandPlan {
  command: CommandName;
  /** The run that the command is for: the one that the viewer follows, or a run by its number. */
  run: 'followed' | number;
  /** A viewer that sends the command again, with the same id. */
  again?: { viewer: number; afterMs: number };
}

/** Everything about a simulation that is decided before it begins. */
export interface Plan {
  seed: string;
  database: DatabaseKind;
  gateways: number;
  /** The gateway that a client uses; -1 lets a load balancer choose one for each connection. */
  trainers: { runs: RunPlan[]; waits: boolean; gateway: number }[];
  /** How many runs the gateways keep; undefined keeps all. */
  keepRuns: number | undefined;
  path: PathOptions;
  operationMs: number;
  msPerReading: number;
  limits: Partial<Limits>;
  durationMs: number;
  actions: Action[];
}

const oneOf = <T>(random: Random, usual: T, ...others: T[]): T =>
  random.chance(0.5) ? usual : random.pick(others);

/** Draws a plan from a seed. Each plan uses some kinds of faults only, so that rare combinations occur. */
export function drawPlan(seed: string): Plan {
  const random = new Random(`plan ${seed}`);
  const database: DatabaseKind = random.chance(0.6) ? 'sqlite' : 'redis';
  const gateways = database === 'redis' && random.chance(0.7) ? 2 : 1;
  const anyGateway = (): number => random.integer(gateways > 1 ? -1 : 0, gateways - 1);
  const durationMs = random.pick([5_000, 15_000, 40_000]);
  const count = random.pick([1, 1, 2, 3]);
  const trainers = Array.from({ length: count }, (_, index) => {
    const waits = random.chance(0.4);
    return {
      runs: [
        // A trainer that is idle from the beginning can be sent a start at any time.
        ...(random.chance(waits ? 0.6 : 0.9) ? [drawRun(random, `run-${index}`, durationMs)] : []),
        ...(random.chance(0.25) ? [drawShortRun(random, `run-${index + count}`, durationMs)] : []),
      ],
      waits,
      gateway: anyGateway(),
    };
  });
  const viewers = random.integer(1, 4);
  const viewerActions = Array.from({ length: viewers }, (): Action => {
    const at = random.chance(0.5) ? 0 : random.between(0, durationMs);
    return {
      at,
      kind: 'viewer',
      plan: drawViewer(random, trainers.length),
      gateway: anyGateway(),
    };
  });
  const path: PathOptions = {
    latencyMs: random.pick([0.2, 2, 40]),
    jitterMs: random.pick([0, 1, 30]),
    bytesPerMs: random.pick([100_000, 1_000, 50, 8]),
    windowBytes: random.pick([256 * 1024, 16 * 1024, 1_500]),
    splitChance: random.pick([0, 0.1, 0.5]),
  };
  const range = { database, gateways, trainers: trainers.length, viewers, durationMs, path };
  return {
    ...{ seed, database, gateways, trainers, durationMs },
    keepRuns: random.chance(0.15) ? random.integer(1, 2) : undefined,
    path,
    operationMs: random.pick([0.5, 5, 60]),
    msPerReading: random.pick([0.001, 0.001, 0.05]),
    limits: drawLimits(random),
    actions: [
      ...viewerActions,
      ...drawActions(random, range),
      ...drawCommands(random, { ...range, plans: trainers }),
    ].sort((one, other) => one.at - other.at),
  };
}

function drawRun(random: Random, runId: string, durationMs: number): RunPlan {
  const [epochs, batchesPerEpoch] = [random.integer(1, 4), random.pick([3, 10, 30])];
  const version = random.chance(0.8) ? 1 : 2;
  const steps = stepsOf({ version, epochs, batchesPerEpoch });
  const stepMs = (durationMs / steps) * random.between(0.2, 1.2);
  // More bytes than a slow store takes: what waits for it reaches the limits of the gateway's queues.
  if (random.chance(0.1))
    return {
      ...{ runId, version: 1, epochs: 1, batchesPerEpoch: 100, isVerbose: true },
      stepMs: random.pick([1, 30, 90]),
    };
  return {
    ...{ runId, version, epochs, batchesPerEpoch },
    stepMs: random.chance(0.1) ? 1 : stepMs,
    ...(random.chance(0.1) && { isVerbose: true }),
  };
}

const stepsOf = ({ version, epochs, batchesPerEpoch }: Omit<RunPlan, 'runId' | 'stepMs'>): number =>
  version === 1 ? epochs * batchesPerEpoch : 40;

const drawShortRun = (random: Random, runId: string, durationMs: number): RunPlan => ({
  ...{ runId, version: 1, epochs: 1, batchesPerEpoch: 10 },
  stepMs: (durationMs / 10) * random.between(0.1, 0.5),
});

function drawViewer(random: Random, runs: number): ViewerPlan {
  return {
    run: random.chance(0.6) ? 'latest' : `run-${random.integer(0, runs - 1)}`,
    validates: random.chance(0.1),
    ...(random.chance(0.2) && { isSlow: true }),
    ...(random.chance(0.15) && {
      types: random.pick([['batch'], ['epoch', 'run.finished'], ['notice']] as const),
    }),
    ...(random.chance(0.15) && { maxRate: random.pick([1, 5, 50]) }),
    ...(random.chance(0.3) && { complete: true }),
  };
}

/** Small limits let a simulation reach them with few events. */
const drawLimits = (random: Random): Partial<Limits> => ({
  staleEvents: oneOf(random, 4_000, 5, 20),
  unreadBytes: oneOf(random, 256 * 1024, 2_000, 20_000),
  unreadBroadcastBytes: oneOf(random, 128 * 1024, 20_000),
  recentEvents: oneOf(random, 1_000, 4, 30),
  recentBytes: oneOf(random, 16 * 1024 * 1024, 3_000, 30_000),
  pageEvents: oneOf(random, 500, 3, 20),
  commitEvents: oneOf(random, 1_000, 1, 5),
  uncommittedBytes: oneOf(random, 1024 * 1024, 2_000, 20_000),
  bundleBytes: oneOf(random, 64 * 1024, 3_000),
  sweepIntervalMs: oneOf(random, 60_000, 2_000, 10_000),
});

/** The commands that have an effect on a run or begin one. */
const effectiveCommands: readonly CommandName[] = [
  ...(['setLearningRate', 'setLearningRate', 'setLearningRate', 'resume', 'resume', 'pause'] as const),
  ...(['stop', 'start'] as const),
];

const commandsToDraw: readonly CommandName[] = [
  ...(['pause', 'resume', 'resume', 'stop', 'setLearningRate', 'setLearningRate'] as const),
  ...(['start', 'enqueue', 'listQueue', 'moveQueued', 'cancelQueued'] as const),
];

interface ActionRange {
  database: DatabaseKind;
  gateways: number;
  trainers: number;
  viewers: number;
  durationMs: number;
  path: PathOptions;
}

function drawActions(random: Random, range: ActionRange): Action[] {
  const { database, gateways, trainers, viewers, durationMs } = range;
  const gateway = (): number => random.integer(0, gateways - 1);
  const trainer = (): number => random.integer(0, trainers - 1);
  const viewer = (): number => random.integer(0, viewers - 1);
  const ms = (): number => random.pick([100, 1_000, 5_000, 20_000]) * random.between(0.5, 1.5);
  const redisFaults: ((at: number) => Action)[] = [
    (at) => ({ at, kind: 'partition', hosts: [`gateway ${gateway()}`, databaseHost], ms: ms() }),
    (at) => ({ at, kind: 'lose events', trainer: trainer(), events: random.integer(1, 10), ms: ms() }),
    (at) => ({ at, kind: 'interrupt bus', gateway: gateway(), ms: ms() }),
  ];
  const kinds: ((at: number) => Action)[] = [
    (at) => drawCut(random, { at }),
    (at) => ({
      at,
      kind: 'partition',
      hosts: [`gateway ${gateway()}`, random.chance(0.5) ? `trainer ${trainer()}` : `viewer ${viewer()}`],
      ms: ms(),
    }),
    (at) => ({ at, kind: 'stall viewer', viewer: viewer(), ms: ms() }),
    (at) => ({
      at,
      kind: 'end gateway',
      gateway: gateway(),
      how: random.pick(['end', 'reset', 'none', 'close']),
      ms: ms(),
    }),
    (at) => ({
      at,
      kind: 'kill trainer',
      trainer: trainer(),
      sign: random.pick(['end', 'reset', 'none']),
      ms: random.chance(0.8) ? ms() : undefined,
    }),
    (at) => ({ at, kind: 'slow store', factor: random.pick([5, 50]), ms: ms() }),
    (at) => ({ at, kind: 'stall store', ms: ms() }),
    (at) => ({
      at,
      kind: 'fail store',
      mode: random.pick(['before', 'after', 'full', 'readOnly']),
      ms: ms(),
    }),
    (at) => ({ at, kind: 'close viewer', viewer: viewer() }),
    (at) => ({ ...drawCommand(random, { at, trainers, viewers }), command: random.pick(commandsToDraw) }),
    (at) => ({ at, kind: 'delete run', gateway: gateway(), run: trainer() }),
    (at) => ({
      at,
      kind: 'annotate run',
      gateway: gateway(),
      run: trainer(),
      title: `title ${at.toFixed(0)}`,
    }),
    ...(database === 'redis' ? redisFaults : []),
  ];
  const chosen = kinds.filter(() => random.chance(0.4));
  if (chosen.length === 0) return [];
  const count = random.integer(0, random.pick([3, 10, 25]));
  return Array.from({ length: count }, () => random.pick(chosen)(random.between(0, durationMs)));
}

const drawCut = (random: Random, given: { at: number; of?: Program }): Action => ({
  ...{ ...given, kind: 'cut', pick: random.uint32() },
  sign: random.pick(['reset', 'silence']),
});

function drawCommand(
  random: Random,
  { at, trainers, viewers }: { at: number; trainers: number; viewers: number },
): CommandAction {
  // The first viewer to connect sends most of the commands.
  const viewer = (): number => (random.chance(0.5) ? 0 : random.integer(0, viewers - 1));
  return {
    ...{ at, kind: 'command', viewer: viewer(), command: random.pick(effectiveCommands) },
    run: random.chance(0.6) ? 'followed' : random.integer(0, trainers),
    ...(random.chance(0.3) && { again: { viewer: viewer(), afterMs: random.pick([10, 300, 3_000]) } }),
  };
}

/** Draws groups of commands, many of which are under way when their trainer or their viewer loses its connection. */
function drawCommands(random: Random, range: ActionRange & { plans: Plan['trainers'] }): Action[] {
  const { trainers, viewers, durationMs, path, plans } = range;
  const groups = random.chance(0.6) ? random.integer(1, 4) : 0;
  // From the viewer to the trainer and back.
  const roundTripMs = 4 * (path.latencyMs + path.jitterMs) + 2;
  return Array.from({ length: groups }, (): Action[] => {
    const trainer = random.integer(0, trainers - 1);
    const [run, nextRun] = plans[trainer]!.runs;
    // At the end of a run, the connection of the trainer's next run may be opened before that of this run is opened again.
    const isAtEnd = run !== undefined && nextRun !== undefined && random.chance(0.5);
    // Most runs go on then.
    const at = isAtEnd
      ? Math.max(0, lengthOf(run) - random.between(0, 800))
      : random.between(0.02, 0.6) * durationMs;
    const soon = (): number => at + random.between(0, roundTripMs);
    const commands = Array.from({ length: random.integer(1, 3) }, () => {
      const command = drawCommand(random, { at: soon(), trainers, viewers });
      if (isAtEnd) return { ...command, run: trainer };
      return random.chance(0.1) ? asRepeatedStart(random, command) : command;
    });
    const of = isAtEnd || random.chance(0.6) ? { trainer } : { viewer: random.integer(0, viewers - 1) };
    return isAtEnd || random.chance(0.7) ? [...commands, drawCut(random, { at: soon(), of })] : commands;
  }).flat();
}

/** Returns about how long a run takes. */
const lengthOf = ({ version, epochs, batchesPerEpoch, stepMs }: RunPlan): number =>
  stepsOf({ version, epochs, batchesPerEpoch }) * stepMs;

/** Turns a command into a start that is sent again: an idle trainer that has accepted it must get it, and no other one. */
const asRepeatedStart = (random: Random, command: CommandAction): CommandAction => ({
  ...{ ...command, command: 'start' },
  again: { viewer: command.viewer, afterMs: random.pick([10, 300, 3_000]) },
});
