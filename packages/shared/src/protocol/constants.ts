const typesOfVersion1 = [
  'run.started',
  'batch',
  'epoch',
  'samples',
  'system',
  'notice',
  'run.finished',
] as const;

/** Types of events. */
export const eventTypes = [...typesOfVersion1, 'metrics', 'figure', 'layers', 'probe', 'snapshot'] as const;
export type EventType = (typeof eventTypes)[number];

/** The types of events that version 1 has. Its viewers are not sent events of other types. */
export const version1EventTypes: readonly EventType[] = typesOfVersion1;

/** Names of the commands that a viewer can send to a trainer. */
export const commandNames = [
  'pause',
  'resume',
  'stop',
  'start',
  'setLearningRate',
  'enqueue',
  'listQueue',
  'moveQueued',
  'cancelQueued',
] as const;
export type CommandName = (typeof commandNames)[number];
/** The commands of version 1: its viewers know no others. */
export const version1Commands: readonly CommandName[] = [
  'pause',
  'resume',
  'stop',
  'start',
  'setLearningRate',
];

/** WebSocket subprotocols of the live feed, the preferred one first: one for each version of the protocol. */
export const liveSubprotocols = ['mnist-monitor.v2', 'mnist-monitor.v1'] as const;
export type LiveSubprotocol = (typeof liveSubprotocols)[number];
/** Versions of the publishing protocol, one of which a publisher names in its first message. */
export const ingestProtocolVersions = [1, 2] as const;
export type ProtocolVersion = (typeof ingestProtocolVersions)[number];
/** The version of the publishing protocol that the trainer uses. */
export const ingestProtocolVersion = 2;

/** Number of classes of MNIST, and of every dataset in version 1 of the protocol. */
export const classCount = 10;
/** Size of one image of MNIST: 28 × 28 grey values of one byte, row by row. */
export const bytesPerImage = 784;
