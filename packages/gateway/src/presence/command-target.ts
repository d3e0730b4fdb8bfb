import type { Command, CommandName } from '@mnist-monitor/shared';

/** A connected trainer, or another connected publisher, to which commands can be sent. */
export interface CommandTarget {
  /** Identifies the process; all its connections have the same id. */
  readonly publisherId: string;
  /** The commands that the program accepts. */
  readonly commands: readonly CommandName[];
  /** The gateway to which the program is connected; undefined when it is this one. */
  readonly gatewayId?: string;
  send(command: Command): void;
}
