import type { CloseName } from '@mnist-monitor/shared';
import { type CommandPort, GatewayLink, type Identity } from './link.ts';

export interface WaitingLineOptions {
  identity: Identity;
  /** Where `start` goes. */
  commands: CommandPort;
  /** The gateway does not want this trainer; nobody will start a run over this line. */
  onRefused: (why: CloseName | 'unknown', reason: string) => void;
}

/** Tells the gateway that this trainer has no run and waits for one, until it is closed. */
export const openWaitingLine = (options: WaitingLineOptions): Pick<GatewayLink, 'close'> =>
  new GatewayLink({ ...options, introduction: { type: 'wait' }, onReply: () => {} });
