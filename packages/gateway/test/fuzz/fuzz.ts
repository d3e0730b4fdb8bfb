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
  /** How many messages in all. */
  messages: number;
  seed: number;
}

export interface FuzzReport {
  sent: number;
  /** How often each close code came, and how many messages were answered with a code instead. */
  closed: Record<number, number>;
  answered: number;
  /** Wrong messages that were neither answered nor led to a close: there must be none. */
  taken: string[];
}

/** Codes with which a gateway may refuse. */
const refusals = new Set<number>(Object.values(closeCodes).map(({ code }) => code));
/** What a viewer may send. */
const commands = [
  { command: 'pause', runId: 'fuzzed' },
  { command: 'setLearningRate', data: { learningRate: 0.01 }, token: 'sesame' },
  { command: 'start', data: { epochs: 3, recipe: 'best', augment: true } },
].flatMap((command) => Array(10).fill({ type: 'command', id: 'command-1', ...command }));
const connectionsAtOnce = 40;

/** Sends wrong messages to both sockets over many connections and sees what becomes of each. */
export async function fuzz({ liveUrl, ingestUrl, messages, seed }: FuzzOptions): Promise<FuzzReport> {
  const report: FuzzReport = { sent: 0, closed: {}, answered: 0, taken: [] };
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

  /** Attacks over one connection until it is closed; as a publisher of a run, or before any hello. */
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
      note(socket, next, answered);
    }
    socket.destroy();
  }

  function note(socket: RawSocket, { name, wrong }: Attack, answers: number): void {
    const { closeCode } = socket;
    if (closeCode !== undefined) report.closed[closeCode] = (report.closed[closeCode] ?? 0) + 1;
    else if (answers > 0) report.answered++;
    if (closeCode === undefined ? wrong && answers === 0 : !refusals.has(closeCode))
      report.taken.push(`${name} (${closeCode ?? 'no answer'})`);
  }

  const attackers = Array.from({ length: connectionsAtOnce }, async (_, at) => {
    while (report.sent < messages) await (at % 2 ? attackLive() : attackIngest());
  });
  await Promise.all(attackers);
  return report;
}

/** A reply that names what was wrong. */
const isRefusal = (text: string): boolean =>
  /"type":"(reject|commandResult)"/.test(text) && /"code":/.test(text);

/** Resident memory of a process on Linux, in MiB. */
export function residentMiB(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
