import type { CommandRelay } from '../commands/router.ts';
import type { GatewayMessage } from './messages.ts';

export interface BusListener {
  /** Another gateway has said something. */
  onMessage(message: GatewayMessage, from: string): void;
  /** The bus is there again: what was said meanwhile was not heard. */
  onReconnect(): void;
}

/** Between the gateways that share a store. What is said may be lost; it reaches those who listen at that moment. */
export interface ClusterBus {
  /** Name of this gateway. */
  readonly gatewayId: string;
  send(message: GatewayMessage): void;
  listen(listener: BusListener): void;
  close(): Promise<void>;
}

/** Of a gateway that is alone. */
export const standaloneBus: ClusterBus = { gatewayId: '', send() {}, listen() {}, async close() {} };

/** Tells the desks of other gateways what happens at this one's. */
export const commandRelayOver = (bus: ClusterBus): CommandRelay => ({
  forwarded: (command, publisherId) => bus.send({ type: 'ordered', to: bus.gatewayId, publisherId, command }),
  answered: (result, publisherId) => bus.send({ type: 'answered', publisherId, result }),
});
