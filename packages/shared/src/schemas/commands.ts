import { z } from 'zod';
import { type DecodeFailure, validate } from '../protocol/codec.ts';
import { type CommandName, commandNames } from '../protocol/constants.ts';
import { eventLimits } from '../protocol/event-limits.ts';
import { closedObject } from './closed-object.ts';
import { runIdSchema } from './envelope.ts';
import { learningRateSchema, startDataSchema } from './settings.ts';
import { lineSchema, textSchema } from './values.ts';

/** Whether a viewer may send commands: `open`, only with the command token (`token`), or not at all (`off`). */
export const commandAccessSchema = z.enum(['open', 'token', 'off']);

const id = textSchema(8, 64).describe(
  'Chosen by the client. A command that is sent again with the same id, also over another connection, is executed only once and gets the same answer.',
);

const noData = closedObject('setting', {}).default({});

/** Schema of the `data` of each command. */
export const commandDataSchemas = {
  pause: noData,
  resume: noData,
  stop: noData.describe('Ends the run for good after the current step.'),
  start: startDataSchema.default({}).describe('Starts a new run on an idle trainer.'),
  enqueue: startDataSchema
    .default({})
    .describe(
      "Adds a start to the end of a trainer's queue; it begins when the starts before it have ended.",
    ),
  listQueue: noData.describe('Returns the starts that wait.'),
  moveQueued: closedObject('setting', {
    queuedId: id,
    position: z
      .int()
      .min(0)
      .max(eventLimits.queuedStarts - 1),
  }).describe('Moves a waiting start to a position of the queue, counted from 0.'),
  cancelQueued: closedObject('setting', { queuedId: id }).describe('Removes a waiting start from the queue.'),
  setLearningRate: closedObject('setting', { learningRate: learningRateSchema }).describe(
    'Applies from the next step; with a schedule it sets the peak.',
  ),
} as const satisfies Record<CommandName, z.ZodType>;

const commandOf = <N extends CommandName>(name: N) =>
  z.object({
    type: z.literal('command'),
    id,
    command: z.literal(name),
    data: commandDataSchemas[name],
    runId: runIdSchema.optional().describe('Id of the run; by default the one that the viewer follows.'),
    by: textSchema(1, eventLimits.by)
      .optional()
      .describe(
        'Who gives the command: `page`, `assistant`, or the name of a program. The notice about its effect repeats it.',
      ),
    token: textSchema(0, 500)
      .optional()
      .describe('Command token, required if `hello` has `"commands":"token"`; never forwarded.'),
  });

export const commandSchema = z
  .discriminatedUnion('command', [
    commandOf('pause'),
    commandOf('resume'),
    commandOf('stop'),
    commandOf('start'),
    commandOf('setLearningRate'),
    commandOf('enqueue'),
    commandOf('listQueue'),
    commandOf('moveQueued'),
    commandOf('cancelQueued'),
  ])
  .describe('A command from a viewer, which the gateway forwards to a trainer.');

const identifiedCommand = z.object({ type: z.literal('command'), id });

/** Returns the id of a command that is otherwise invalid, to answer it; undefined when there is no valid id. */
export function commandIdOf({ raw }: DecodeFailure): string | undefined {
  const result = validate(identifiedCommand, raw);
  return result.ok ? result.value.id : undefined;
}

export const commandNameSchema = z.enum(commandNames);

/** A start that waits in a trainer's queue. */
export const queuedStartSchema = z.object({
  queuedId: id.describe('Id of the command `enqueue` that added it.'),
  data: startDataSchema.strip(),
  by: textSchema(0, eventLimits.by).optional(),
});

export const commandResultSchema = z
  .discriminatedUnion('ok', [
    z.object({
      type: z.literal('commandResult'),
      id,
      ok: z.literal(true),
      runId: runIdSchema.optional().describe('Id of the new run, after `start`.'),
      queue: z
        .array(queuedStartSchema)
        .max(eventLimits.queuedStarts)
        .optional()
        .describe('The starts that wait, in order, after a command about the queue.'),
    }),
    z.object({
      type: z.literal('commandResult'),
      id,
      ok: z.literal(false),
      code: textSchema(0, 64).describe('Error code.'),
      message: lineSchema.describe('Text for people: what was expected, what was found, what to do.'),
    }),
  ])
  .describe('The answer to a command from a trainer, which the gateway forwards to the viewer.');

export type QueuedStart = z.infer<typeof queuedStartSchema>;
export type CommandAccess = z.infer<typeof commandAccessSchema>;
export type CommandData<N extends CommandName> = z.input<(typeof commandDataSchemas)[N]>;
export type Command = z.infer<typeof commandSchema>;
export type CommandResult = z.infer<typeof commandResultSchema>;
