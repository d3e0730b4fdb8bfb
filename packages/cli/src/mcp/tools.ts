import {
  type CommandData,
  type CommandName,
  type CommandResult,
  type MonitorEvent,
  type RunSummary,
  runIdSchema,
  seriesFieldSchema,
  startDataSchema,
} from '@mnist-monitor/shared';
import { z } from 'zod';
import { describeHistory, describeMistakes, describeNotice, describeNotices } from '../answers/events.ts';
import { compareRuns, describeRun, describeRuns } from '../answers/runs.ts';
import { shortText, withoutEmpty } from '../answers/values.ts';
import type { MonitorApi } from '../client/monitor-api.ts';
import type { WaitOptions, WaitOutcome } from '../client/run-feed.ts';

/** Size of an answer whose length the caller has not chosen, in bytes of JSON. */
const maxAnswerBytes = 2_000;

/** The connections that the tools use. */
export interface ToolContext {
  api: MonitorApi;
  /** Sends a command, with the token and as `assistant`, and resolves with the trainer's answer. */
  command<N extends CommandName>(
    name: N,
    options: { data?: CommandData<N>; runId?: string },
  ): Promise<object>;
  wait(options: WaitOptions): Promise<WaitOutcome>;
}

/** A tool of the MCP server. */
export interface Tool {
  name: string;
  title: string;
  description: string;
  input: z.ZodObject;
  /** Whether the tool changes a run. */
  changes: boolean;
  /** Whether what it changes cannot be undone. */
  destructive?: boolean;
  run(input: never, context: ToolContext, signal?: AbortSignal): Promise<object>;
}

/** Defines a tool whose input has the type of its schema. */
const defineTool = <S extends z.ZodObject>(
  tool: Omit<Tool, 'run' | 'input'> & {
    input: S;
    run(input: z.output<S>, context: ToolContext, signal?: AbortSignal): Promise<object>;
  },
): Tool => tool;

const anyRun = z
  .union([z.literal('latest'), runIdSchema])
  .default('latest')
  .describe('Id of a run, or `latest`, the newest one.');
const namedRun = runIdSchema.describe(
  'Id of the run. Commands need the id itself, so that no other run is changed.',
);
const limited = (most: number, what: string) => z.int().min(1).max(most).optional().describe(what);

/** Lengths to which the texts of an answer are cut that is too large with one entry. */
const textLengths = [60, 30, 10, 4];

/** Returns the answer with as many entries as fit, or with `chosen` ones where the caller has chosen a number. */
function fit(build: (count: number) => object, most: number, chosen: number | undefined): object {
  if (chosen !== undefined) return build(chosen);
  let count = most;
  let answer = build(count);
  while (!isFitting(answer) && count > 1) {
    count = Math.ceil(count / 2);
    answer = build(count);
  }
  for (const length of textLengths) if (!isFitting(answer)) answer = withCutTexts(answer, length);
  return answer;
}

const isFitting = (answer: object): boolean => Buffer.byteLength(JSON.stringify(answer)) <= maxAnswerBytes;

/** Returns a copy of an answer in which the texts of publishers and viewers have at most `length` characters. */
function withCutTexts(answer: object, length: number): object {
  const copy = (value: unknown, isText: boolean): unknown => {
    if (typeof value === 'string') return isText ? shortText(value, length) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => copy(each, isText));
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, copy(each, isText || name === 'texts')]),
    );
  };
  return copy(answer, false) as object;
}

/** Returns the description of a run, with as many settings and custom metrics as fit. */
const fittingRun = (run: RunSummary): object => fit((count) => describeRun(run, count), 16, undefined);

const withFittingRun = (what: object, run: RunSummary): object =>
  fit((count) => ({ ...what, run: describeRun(run, count) }), 16, undefined);

const compareFitting = (runs: readonly RunSummary[]): object =>
  fit((count) => compareRuns(runs, count), 16, undefined);

const readTools = [
  defineTool({
    name: 'list_runs',
    title: 'List runs',
    description: 'Lists runs, the newest first: id, status, progress, loss and best test accuracy.',
    input: z.object({
      search: z.string().max(200).optional().describe('Only runs that contain each of these words.'),
      limit: limited(100, 'Number of runs; by default as many as fit into 2 kB, at most 10.'),
    }),
    changes: false,
    async run({ search, limit }, { api }) {
      const list = await api.listRuns({ limit: limit ?? 10, ...(search !== undefined && { search }) });
      return fit((count) => describeRuns({ ...list, runs: list.runs.slice(0, count) }), 10, limit);
    },
  }),
  defineTool({
    name: 'get_run',
    title: 'Get a run',
    description: 'Returns the state, latest batch and epoch, settings and texts of a run.',
    input: z.object({ runId: anyRun }),
    changes: false,
    run: async ({ runId }, { api }) => fittingRun(await api.getRun(runId)),
  }),
  defineTool({
    name: 'get_metric_history',
    title: 'Get curves',
    description:
      'Returns curves of a run as pairs of step and value, thinned so that minima, maxima and the last point stay. Fields are batch.loss, batch.accuracy, batch.learningRate, epoch.train.loss, epoch.test.loss, epoch.test.accuracy and others, or metrics. and the name of a custom metric.',
    input: z.object({
      runId: anyRun,
      fields: z.array(seriesFieldSchema).min(1).max(8).default(['batch.loss', 'epoch.test.accuracy']),
      points: z
        .int()
        .min(2)
        .max(1_000)
        .optional()
        .describe('Points of each curve; by default about 40 in all.'),
      fromStep: z.number().nonnegative().optional(),
      toStep: z.number().nonnegative().optional(),
    }),
    changes: false,
    async run({ runId, fields, points, fromStep, toStep }, { api }) {
      const run = await api.getRun(runId);
      const range = {
        ...(fromStep !== undefined && { from: fromStep }),
        ...(toStep !== undefined && { to: toStep }),
      };
      const each = points ?? Math.max(4, Math.floor(40 / fields.length));
      return describeHistory(await api.getSeries(run.runId, { fields, points: each, ...range }));
    },
  }),
  defineTool({
    name: 'get_steps_around',
    title: 'Look at single steps',
    description:
      'Returns the loss, accuracy and learning rate of the single steps around one, and the notices there.',
    input: z.object({
      runId: anyRun,
      step: z.int().nonnegative(),
      span: z.int().min(1).max(50).default(5).describe('Steps before and after it.'),
    }),
    changes: false,
    async run({ runId, step, span }, { api }) {
      const run = await api.getRun(runId);
      const [from, to] = [Math.max(0, step - span), step + span];
      const fields = ['batch.loss', 'batch.accuracy', 'batch.learningRate'] as const;
      const [series, notices] = await Promise.all([
        api.getSeries(run.runId, { fields, points: 4 * span + 4, from, to }),
        api.notices(run.runId),
      ]);
      const near = notices.filter(({ data }) => (data.step ?? -1) >= from && (data.step ?? -1) <= to);
      const history = describeHistory(series);
      return fit(
        (count) => ({ ...history, notices: near.slice(0, count).map(describeNotice) }),
        5,
        undefined,
      );
    },
  }),
  defineTool({
    name: 'compare_runs',
    title: 'Compare runs',
    description:
      'Returns the results of two to six runs side by side, and those of their settings that differ.',
    input: z.object({ runIds: z.array(runIdSchema).min(2).max(6) }),
    changes: false,
    run: async ({ runIds }, { api }) =>
      compareFitting(await Promise.all(runIds.map((runId) => api.getRun(runId)))),
  }),
  defineTool({
    name: 'get_worst_mistakes',
    title: 'Get the worst mistakes',
    description:
      'Returns the wrong test samples of the last epoch of which the network was surest, and the pairs of classes that it confuses most often.',
    input: z.object({
      runId: anyRun,
      limit: limited(50, 'Entries of each list; by default as many as fit into 2 kB.'),
    }),
    changes: false,
    async run({ runId, limit }, { api }) {
      const run = await api.getRun(runId);
      const { samples, epoch } = await api.lastResults(run.runId);
      const classes = run.started?.dataset?.classes ?? [];
      return fit(
        (count) => ({ runId: run.runId, ...describeMistakes(samples, epoch, classes, count) }),
        10,
        limit,
      );
    },
  }),
  defineTool({
    name: 'get_notices',
    title: 'Get notices',
    description: 'Returns what a run has reported, the newest first: a diverging loss, fallbacks, commands.',
    input: z.object({
      runId: anyRun,
      limit: limited(100, 'Number of notices; by default as many as fit into 2 kB.'),
    }),
    changes: false,
    async run({ runId, limit }, { api }) {
      const run = await api.getRun(runId);
      const notices = await api.notices(run.runId);
      return fit((count) => ({ runId: run.runId, ...describeNotices(notices, count) }), 10, limit);
    },
  }),
  defineTool({
    name: 'wait_until',
    title: 'Wait for an event',
    description:
      'Waits until a run reaches a step or a test accuracy, has a warning or an error, or ends, whichever comes first, and returns what happened and the state of the run. The end always counts, and so does a run that is interrupted: its trainer has been disconnected for long, and may resume it.',
    input: z.object({
      runId: anyRun,
      step: z.int().nonnegative().optional(),
      testAccuracy: z.number().min(0).max(1).optional().describe('A share from 0 to 1.'),
      notice: z.boolean().default(true).describe('Whether a new warning or error ends the wait.'),
      afterSeq: z
        .int()
        .nonnegative()
        .optional()
        .describe(
          '`lastSeq` of an earlier answer, so that nothing since then is missed; by default from now on.',
        ),
      timeoutSeconds: z.number().min(1).max(3_600).default(45).describe('Many clients give up after 60 s.'),
    }),
    changes: false,
    async run({ runId, step, testAccuracy, notice, afterSeq, timeoutSeconds }, { api, wait }, signal) {
      const run = await api.getRun(runId);
      const after = afterSeq ?? run.lastSeq;
      const hasEnded = run.finished !== null || run.status === 'interrupted';
      const isReached =
        (step !== undefined && (run.batch?.step ?? -1) >= step) ||
        (testAccuracy !== undefined && (run.bestAccuracy ?? -1) >= testAccuracy) ||
        (hasEnded && run.lastSeq <= after);
      if (isReached) return withFittingRun({ happened: 'it was so already' }, run);
      const outcome = await wait({
        ...{ runId: run.runId, after, timeoutMs: timeoutSeconds * 1_000 },
        types: ['batch', 'epoch', 'notice', 'run.finished'],
        isExpected: (event) => expects(event, { step, testAccuracy, notice }),
        ...(signal && { signal }),
      });
      const isNotice = typeof outcome === 'object' && outcome.type === 'notice';
      const what = { happened: nameOf(outcome), ...(isNotice && { notice: describeNotice(outcome) }) };
      return withFittingRun(what, await api.getRun(run.runId));
    },
  }),
];

/** Returns what has happened, as the answer of `wait_until` names it. */
function nameOf(outcome: WaitOutcome): string {
  if (outcome === undefined) return 'nothing within the time';
  if (outcome === 'interrupted') return 'the run was interrupted';
  return eventNames[outcome.type] ?? outcome.type;
}

const eventNames: Partial<Record<MonitorEvent['type'], string>> = {
  batch: 'the step was reached',
  epoch: 'the test accuracy was reached',
  notice: 'a warning or an error',
  'run.finished': 'the run has ended',
};

function expects(
  event: MonitorEvent,
  {
    step,
    testAccuracy,
    notice,
  }: { step: number | undefined; testAccuracy: number | undefined; notice: boolean },
): boolean {
  switch (event.type) {
    case 'batch':
      return step !== undefined && event.data.step >= step;
    case 'epoch': {
      const accuracy = event.data.test?.accuracy;
      return testAccuracy !== undefined && typeof accuracy === 'number' && accuracy >= testAccuracy;
    }
    case 'notice':
      return notice && event.data.level !== 'info';
    default:
      return event.type === 'run.finished';
  }
}

const commandTools = [
  defineTool({
    name: 'pause_run',
    title: 'Pause a run',
    description: 'Pauses a run after its current step, or lets a paused one continue.',
    input: z.object({ runId: namedRun, paused: z.boolean().describe('False lets the run continue.') }),
    changes: true,
    run: ({ runId, paused }, { command }) => command(paused ? 'pause' : 'resume', { runId }),
  }),
  defineTool({
    name: 'stop_run',
    title: 'Stop a run',
    description: 'Ends a run for good after its current step; everything so far is saved.',
    input: z.object({ runId: namedRun }),
    changes: true,
    destructive: true,
    run: ({ runId }, { command }) => command('stop', { runId }),
  }),
  defineTool({
    name: 'set_learning_rate',
    title: 'Set the learning rate',
    description: 'Sets the learning rate from the next step on; with a schedule, its peak.',
    input: z.object({ runId: namedRun, learningRate: z.number().min(1e-8).max(100) }),
    changes: true,
    run: ({ runId, learningRate }, { command }) =>
      command('setLearningRate', { runId, data: { learningRate } }),
  }),
  defineTool({
    name: 'start_run',
    title: 'Start a run',
    description:
      'Starts a run on an idle trainer, or adds it to the queue of a busy one. Settings that are left out are the defaults of the trainer.',
    input: z.object({
      settings: startDataSchema.default({}),
      queue: z
        .boolean()
        .default(false)
        .describe('Whether to add it to the queue instead of starting it now.'),
    }),
    changes: true,
    run: ({ settings, queue }, { command }) => command(queue ? 'enqueue' : 'start', { data: settings }),
  }),
];

/** Returns the tools; without those that change runs if the server is read-only. */
export const toolsOf = ({ readOnly }: { readOnly: boolean }): Tool[] =>
  readOnly ? readTools : [...readTools, ...commandTools];

/** The answer of a tool to a command that was not accepted. */
export interface Refusal {
  refused: CommandName;
  code: string;
  hint?: string;
  /** The reason is the trainer's, or the gateway's. */
  texts: { reason: string };
}

/** Turns the answer of a trainer to a command into that of a tool. */
export function commandAnswer(name: CommandName, result: CommandResult): object | Refusal {
  if (result.ok) return withoutEmpty({ accepted: name, runId: result.runId });
  const { code, message } = result;
  return {
    ...{ refused: name, code },
    ...(code === 'command.unauthorized' && {
      hint: 'MONITOR_COMMAND_TOKEN of this program must be the token',
    }),
    texts: { reason: shortText(message) },
  };
}
