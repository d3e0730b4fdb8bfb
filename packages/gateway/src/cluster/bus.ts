import type { CommandRelay } from '../commands/router.ts';
import type { GatewayMessage } from './messages.ts';

/** Receives the messages of the other gateways. */
export interface BusListener {
  /** Called with each message of another gateway, and that gateway's id. */
  onMessage(message: GatewayMessage, from: string): void;
  /** Called when the bus works again after a failure. Messages sent during the failure are lost. */
  onReconnect(): void;
}

/** Carries messages between the gateways that share a store. A message may be lost; it is not sent again. */
export interface ClusterBus {
  /** The id of this gateway. */
  readonly gatewayId: string;
  send(message: GatewayMessage): void;
  listen(listener: BusListener): void;
  close(): Promise<void>;
}

/** The bus of a gateway without a cluster. */
export const standaloneBus: ClusterBus = { gatewayId: '', send() {}, listen() {}, async close() {} };

/** Returns a relay that informs the command routers of the other gateways over a bus. */
export const commandRelayOver = (bus: ClusterBus): CommandRelay => ({
  // `to` names this gateway, which has sent the command to its trainer already: the other gateways only remember it.
  forwarded: (command, publisherId) =>
    bus.send({ type: 'commandAccepted', to: bus.gatewayId, publisherId, command }),
  answered: (result, publisherId) => bus.send({ type: 'commandAnswered', publisherId, result }),
});
