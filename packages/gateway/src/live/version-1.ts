import { type CommandName, type LiveControl, version1Commands } from '@mnist-monitor/shared';

/**
 * Returns a message as viewers of version 1 of the protocol can read it: their schemas list the commands, and refuse a
 * message with any other one. Returns the same object if nothing has to be left out.
 */
export function forVersion1(message: LiveControl): LiveControl {
  if (message.type === 'status' && hasNewCommands(message.commands))
    return { ...message, commands: withoutNewCommands(message.commands) };
  if (message.type === 'hello' && message.run && hasNewCommands(message.run.commands))
    return { ...message, run: { ...message.run, commands: withoutNewCommands(message.run.commands) } };
  return message;
}

const isOfVersion1 = (command: CommandName): boolean => version1Commands.includes(command);
const hasNewCommands = (commands: readonly CommandName[]): boolean => !commands.every(isOfVersion1);
const withoutNewCommands = (commands: readonly CommandName[]): CommandName[] => commands.filter(isOfVersion1);
