import type { CommandRelay } from '../commands/desk.ts';
import type { GatewayMessage } from './messages.ts';

export interface BusListener {
  /** Another gateway has said something. */
  hear(message: GatewayMessage, from: string): void;
  /** The bus is there again: what was said meanwhile was not heard. */
  rejoined(): void;
}

/** Between the gateways that share a store. What is said may be lost; it reaches those who listen at that moment. */
export interface Bus {
  /** Name of this gateway. */
  readonly self: string;
  send(message: GatewayMessage): void;
  listen(listener: BusListener): void;
  close(): Promise<void>;
}

/** Of a gateway that is alone. */
export const loneBus: Bus = { self: '', send() {}, listen() {}, async close() {} };

/** Tells the desks of other gateways what happens at this one's. */
export const relayOver = (bus: Bus): CommandRelay => ({
  passed: (command, publisherId) => bus.send({ type: 'ordered', to: bus.self, publisherId, command }),
  answered: (result, publisherId) => bus.send({ type: 'answered', publisherId, result }),
});
