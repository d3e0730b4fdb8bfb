import type { Action, Plan, Program } from './plan.ts';
import type { RunPlan } from './trainer-process.ts';
import type { ViewerPlan } from './viewer-process.ts';

/** Describes a plan for people, one line for each part. */
export function describePlan(plan: Plan): string[] {
  const { database, gateways, path, limits, keepRuns, operationMs, durationMs } = plan;
  const delay = path.jitterMs > 0 ? `${path.latencyMs} to ${path.latencyMs + path.jitterMs}` : path.latencyMs;
  const network = `${delay} ms, ${path.bytesPerMs} bytes per ms, window of ${path.windowBytes} bytes`;
  const changedLimits = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  let viewers = 0;
  return [
    `${gateways} gateway${gateways === 1 ? '' : 's'} on ${database}, whose operations take up to ${operationMs} ms`,
    `network: ${network}${path.splitChance > 0 ? ', some writes split' : ''}`,
    ...(changedLimits.length > 0 ? [`limits: ${changedLimits.join(', ')}`] : []),
    ...(keepRuns === undefined ? [] : [`the gateways keep ${keepRuns} runs`]),
    ...plan.trainers.map(
      (trainer, index) => `trainer ${index} at ${gatewayName(trainer.gateway)} ${describeTrainer(trainer)}`,
    ),
    ...plan.actions.map((action) => {
      // Viewers are numbered in the order in which they connect.
      const name = action.kind === 'viewer' ? `viewer ${viewers++} ` : '';
      return `${seconds(action.at)}  ${name}${describeAction(action)}`;
    }),
    `${seconds(durationMs)}  every fault ends`,
  ];
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(3).padStart(7)} s`;

const gatewayName = (gateway: number): string => (gateway < 0 ? 'the load balancer' : `gateway ${gateway}`);

const programName = (program: Program): string =>
  'trainer' in program ? `trainer ${program.trainer}` : `viewer ${program.viewer}`;

function describeTrainer({ runs, waits }: Plan['trainers'][number]): string {
  const published = runs.map((run) => `publishes ${describeRun(run)}, then `).join('');
  return published + (waits ? 'waits for starts' : 'ends');
}

function describeRun({ runId, version, epochs, batchesPerEpoch, stepMs, isVerbose }: RunPlan): string {
  const size = version === 1 ? `${epochs} × ${batchesPerEpoch} batches` : 'the sample run of version 2';
  const notices = isVerbose ? ', with long notices' : '';
  return `${runId} (${size}, a step in ${stepMs.toFixed(0)} ms${notices})`;
}

function describeViewer({ run, types, maxRate, complete, isSlow }: ViewerPlan): string {
  const wishes = [
    ...(types ? [`types ${types.join(',')}`] : []),
    ...(maxRate === undefined ? [] : [`maxRate ${maxRate}`]),
    ...(complete ? ['complete'] : []),
    ...(isSlow ? ['a slow network'] : []),
  ];
  return `follows ${run}${wishes.length > 0 ? ` with ${wishes.join(', ')}` : ''}`;
}

const endings = {
  end: 'is killed; its connections end',
  reset: 'is killed; its connections are reset',
  none: 'is killed; nobody notices',
  close: 'is stopped by a signal',
};

function describeAction(action: Action): string {
  const lasting = 'ms' in action && action.ms !== undefined ? ` for ${(action.ms / 1_000).toFixed(3)} s` : '';
  switch (action.kind) {
    case 'cut': {
      const whose = action.of ? `a connection of ${programName(action.of)}` : 'a connection';
      return `${whose} ${action.sign === 'reset' ? 'is reset' : 'is lost without a sign'}`;
    }
    case 'partition':
      return `nothing passes between ${action.hosts.join(' and ')}${lasting}`;
    case 'stall viewer':
      return `viewer ${action.viewer} does not read${lasting}`;
    case 'end gateway':
      return `gateway ${action.gateway} ${endings[action.how]}; starts again after ${(action.ms / 1_000).toFixed(3)} s`;
    case 'kill trainer': {
      const restart =
        action.ms === undefined ? '' : `; starts again after ${(action.ms / 1_000).toFixed(3)} s`;
      return `trainer ${action.trainer} ${endings[action.sign]}${restart}`;
    }
    case 'slow store':
      return `the store is ${action.factor} times slower${lasting}`;
    case 'stall store':
      return `the store stalls${lasting}`;
    case 'fail store':
      return `the store fails (${failures[action.mode]})${lasting}`;
    case 'viewer':
      return `connects to ${gatewayName(action.gateway)} and ${describeViewer(action.plan)}`;
    case 'close viewer':
      return `viewer ${action.viewer} closes`;
    case 'lose events':
      return `the database loses the last ${action.events} events of trainer ${action.trainer}`;
    case 'interrupt bus':
      return `gateway ${action.gateway} loses messages of the others${lasting}`;
    case 'command': {
      const { viewer, command, run, again } = action;
      const target = run === 'followed' ? 'its run' : `run-${run}`;
      const repeated = again ? `; viewer ${again.viewer} sends it again after ${again.afterMs} ms` : '';
      return `viewer ${viewer} sends ${command} for ${target}${repeated}`;
    }
    case 'delete run':
      return `run-${action.run} is deleted at gateway ${action.gateway}`;
    case 'annotate run':
      return `run-${action.run} gets a title at gateway ${action.gateway}`;
  }
}

const failures = {
  before: 'nothing is executed',
  after: 'writes are executed and reported as failed',
  full: 'the disk is full',
  readOnly: 'it is read-only',
};
