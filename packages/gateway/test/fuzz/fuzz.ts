import { readFileSync } from 'node:fs';
import { closeCodes } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { limits } from '../../src/limits.ts';
import { helloOf } from '../support/publisher.ts';
import { type Attack, Attacker } from './messages.ts';
import { frame, RawSocket } from './raw-socket.ts';

export interface FuzzOptions {
  liveUrl: string;
  ingestUrl: string;
  /** The total number of messages to send. */
  messages: number;
  seed: number;
}

export interface FuzzReport {
  sent: number;
  /** The number of closed connections by close code. */
  closed: Record<number, number>;
  /** The number of messages that were refused by an answer with an error code. */
  answered: number;
  /** Invalid messages that were not refused: there must be none. */
  accepted: string[];
}

/** Close codes with which a gateway may refuse a message. */
const refusalCodes = new Set<number>(Object.values(closeCodes).map(({ code }) => code));
/** Valid messages of a viewer. */
const commands = [
  { command: 'pause', runId: 'fuzzed' },
  { command: 'setLearningRate', data: { learningRate: 0.01 }, token: 'sesame' },
  { command: 'start', data: { epochs: 3, recipe: 'best', augment: true } },
].flatMap((command) => Array(10).fill({ type: 'command', id: 'command-1', ...command }));
const connectionsAtOnce = 40;

/** Sends invalid messages to both sockets over many connections, and reports how each was refused. */
export async function fuzz({ liveUrl, ingestUrl, messages, seed }: FuzzOptions): Promise<FuzzReport> {
  const report: FuzzReport = { sent: 0, closed: {}, answered: 0, accepted: [] };
  const valid = sampleRun({ runId: 'fuzzed', epochs: 2, batchesPerEpoch: 5 });
  const live = new Attacker({ seed, valid: [...valid, ...commands], limit: limits.livePayloadBytes });
  const ingest = new Attacker({ seed: seed + 1, valid, limit: limits.ingestPayloadBytes });
  let connections = 0;

  const attackLive = (): Promise<void> => attack(liveUrl, live);
  const attackIngest = (): Promise<void> => {
    connections++;
    return live.below(10) === 0
      ? attack(ingestUrl, ingest)
      : attack(ingestUrl, ingest, `fuzzed-${connections}`);
  };

  /** Attacks over one connection until it is closed: as the publisher of a run if one is given, else without a hello. */
  async function attack(url: string, attacker: Attacker, runId?: string): Promise<void> {
    const socket = await RawSocket.open(url);
    if (runId) {
      socket.send(frame(Buffer.from(JSON.stringify(helloOf(runId)))));
      await socket.settled();
    }
    let answers = 0;
    while (report.sent < messages && socket.closeCode === undefined) {
      const next = attacker.next(runId ? { runId, seq: answers + 1 } : undefined);
      report.sent++;
      socket.send(next.bytes);
      await socket.settled();
      const answered = socket.texts.filter(isRefusal).length - answers;
      answers += answered;
      record(socket, next, answered);
    }
    socket.destroy();
  }

  function record(socket: RawSocket, { name, isInvalid }: Attack, answers: number): void {
    const { closeCode } = socket;
    if (closeCode !== undefined) report.closed[closeCode] = (report.closed[closeCode] ?? 0) + 1;
    else if (answers > 0) report.answered++;
    if (closeCode === undefined ? isInvalid && answers === 0 : !refusalCodes.has(closeCode))
      report.accepted.push(`${name} (${closeCode ?? 'no answer'})`);
  }

  const attackers = Array.from({ length: connectionsAtOnce }, async (_, at) => {
    while (report.sent < messages) await (at % 2 ? attackLive() : attackIngest());
  });
  await Promise.all(attackers);
  return report;
}

/** Returns whether a reply refuses a message with an error code. */
const isRefusal = (text: string): boolean =>
  /"type":"(reject|commandResult)"/.test(text) && /"code":/.test(text);

/** Returns the resident memory of a process on Linux, in MiB. */
export function residentMiB(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
