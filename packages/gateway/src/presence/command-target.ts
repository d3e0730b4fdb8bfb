import type { Command, CommandName } from '@mnist-monitor/shared';

/** A connection of a trainer, or of another program that publishes, as commands see it. */
export interface CommandTarget {
  /** Of the process: the same for all its connections. */
  readonly publisherId: string;
  /** Those that it takes. */
  readonly commands: readonly CommandName[];
  /** The gateway that it is connected to, when that is another. */
  readonly gatewayId?: string;
  send(command: Command): void;
}
