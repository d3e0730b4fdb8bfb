/** Types of events. */
export const eventTypes = [
  'run.started',
  'batch',
  'epoch',
  'samples',
  'system',
  'notice',
  'run.finished',
] as const;
export type EventType = (typeof eventTypes)[number];

/** Names of the commands that a viewer can send to a trainer. */
export const commandNames = ['pause', 'resume', 'stop', 'start', 'setLearningRate'] as const;
export type CommandName = (typeof commandNames)[number];

/** WebSocket subprotocol of the live feed. */
export const liveSubprotocol = 'mnist-monitor.v1';
/** Version of the publishing protocol, sent in a publisher's first message. */
export const ingestProtocolVersion = 1;

/** Number of classes of every dataset (MNIST, Fashion-MNIST: ten). */
export const classCount = 10;
/** Size of one image: 28 × 28 grey values of one byte, row by row. */
export const bytesPerImage = 784;
