import { z } from 'zod';
import { type CommandName, commandNames } from '../protocol/constants.ts';
import { runIdSchema } from './envelope.ts';
import { learningRateSchema, runSettingsSchema } from './settings.ts';

/** Whether a viewer may send commands: `open`, only with the command token (`token`), or not at all (`off`). */
export const commandAccessSchema = z.enum(['open', 'token', 'off']);

const id = z
  .string()
  .min(8)
  .max(64)
  .describe(
    'Chosen by the client. A command that is sent again with the same id, also over another connection, is executed only once and gets the same answer.',
  );

const noData = z.object({}).default({});

/** Schema of the `data` of each command. */
export const commandDataSchemas = {
  pause: noData,
  resume: noData,
  stop: noData.describe('Ends the run for good after the current step.'),
  start: runSettingsSchema.default({}).describe('Starts a new run on an idle trainer.'),
  setLearningRate: z
    .object({ learningRate: learningRateSchema })
    .describe('Applies from the next step; with a schedule it sets the peak.'),
} as const satisfies Record<CommandName, z.ZodType>;

const commandOf = <N extends CommandName>(name: N) =>
  z.object({
    type: z.literal('command'),
    id,
    command: z.literal(name),
    data: commandDataSchemas[name],
    runId: runIdSchema.optional().describe('Id of the run; by default the one that the viewer follows.'),
    token: z
      .string()
      .max(500)
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
  ])
  .describe('A command from a viewer, which the gateway forwards to a trainer.');

export const commandNameSchema = z.enum(commandNames);

export const commandResultSchema = z
  .discriminatedUnion('ok', [
    z.object({
      type: z.literal('commandResult'),
      id,
      ok: z.literal(true),
      runId: runIdSchema.optional().describe('Id of the new run, after `start`.'),
    }),
    z.object({
      type: z.literal('commandResult'),
      id,
      ok: z.literal(false),
      code: z.string().max(64).describe('Error code.'),
      message: z
        .string()
        .max(2_000)
        .describe('Text for people: what was expected, what was found, what to do.'),
    }),
  ])
  .describe('The answer to a command from a trainer, which the gateway forwards to the viewer.');

export type CommandAccess = z.infer<typeof commandAccessSchema>;
export type CommandData<N extends CommandName> = z.input<(typeof commandDataSchemas)[N]>;
export type Command = z.infer<typeof commandSchema>;
export type CommandResult = z.infer<typeof commandResultSchema>;
