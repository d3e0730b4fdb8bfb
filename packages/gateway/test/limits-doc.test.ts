import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { eventLimits } from '@mnist-monitor/shared';
import { limits } from '../src/limits.ts';

// From dist/test of this package.
const page = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');

const kB = (bytes: number): string => `${bytes / 1024} kB`;
const MB = (bytes: number): string => `${bytes / 2 ** 20} MB`;
const s = (ms: number): string => `${ms / 1_000} s`;
const count = (number: number): string => number.toLocaleString('en');

/** What the rule about a limit has to contain. */
const stated: [rule: string, ...numbers: string[]][] = [
  ['(P-101)', s(limits.stalledAfterMs), s(limits.interruptedAfterMs)],
  ['(P-102)', s(limits.interruptedAfterMs), s(limits.interruptedAfterStartMs)],
  ['(P-105)', kB(limits.unreadBytes)],
  ['(P-106)', count(limits.staleEvents)],
  ['(P-108)', s(limits.stallTimeoutMs)],
  ['(P-58)', `${limits.uploadBytes / 1e9} GB`],
  ['(P-235)', kB(limits.livePayloadBytes)],
  ['(P-236)', `${limits.messagesPerSecond} a second`, `${limits.messageBurst} at once`],
  ['(P-237)', `${limits.commandsPerSecond} a second`, `${limits.commandBurst} at once`],
  ['(P-238)', count(limits.pendingCommands), s(limits.commandTimeoutMs)],
  ['(P-239)', MB(limits.ingestPayloadBytes)],
  ['(P-240)', kB(limits.eventBytes), count(limits.jsonDepth)],
  ['(P-241)', s(eventLimits.figureIntervalSeconds * 1_000)],
  ['(P-242)', kB(eventLimits.figureBytes), count(eventLimits.figureSide)],
  ['(P-243)', count(limits.metricNamesPerRun)],
  ['(P-244)', kB(limits.eventBytes), kB(limits.bundleBytes)],
  ['(P-245)', count(limits.maxFragments)],
  ['(P-246)', s(limits.helloTimeoutMs)],
  ['(P-247)', kB(limits.unreadBytes), s(limits.stallTimeoutMs)],
  ['(P-248)', MB(limits.uncommittedBytes)],
  ['(P-249)', s(limits.pingIntervalMs), s(limits.pongTimeoutMs)],
  ['(P-250)', kB(limits.unreadBytes), kB(limits.unreadBroadcastBytes)],
  ['(P-251)', MB(limits.allUnreadBytes)],
  ['(P-252)', count(limits.connections), count(limits.liveClients)],
  ['(P-253)', count(limits.connectionsPerAddress)],
  ['(P-255)', count(limits.liveClients)],
  ['(P-256)', count(limits.publishers)],
  ['(P-257)', count(limits.pendingHellos)],
  ['(P-258)', count(limits.socketsPerAddress)],
  ['(P-259)', `${limits.wrongTokenBurst} at once`, `one in ${1 / limits.wrongTokensPerSecond} s`],
  ['(P-260)', `${limits.upgradesPerSecond} a second`, `${limits.upgradeBurst} at once`],
  ['(P-261)', MB(limits.recentBytes)],
  ['(P-262)', s(limits.stallTimeoutMs)],
  ['(P-263)', MB(limits.allUnreadReplyBytes)],
  ['(P-264)', count(limits.pipelinedRequests)],
  ['(P-265)', s(limits.headersTimeoutMs), s(limits.requestTimeoutMs)],
  ['(P-266)', MB(limits.lingerBytes), s(limits.lingerMs), count(limits.lingeringConnections)],
  ['(P-267)', s(limits.closeTimeoutMs)],
  ['(P-268)', s(limits.flushTimeoutMs), s(limits.closeGraceMs), s(limits.storeCloseTimeoutMs)],
];

test.each(stated)('docs/protocol.md states the limits that the gateway has %s', (rule, ...numbers) => {
  const name = rule.slice(1, -1);
  const text = page.split('\n').find((line) => line.includes(`**${name}** `)) ?? '';
  for (const number of numbers) expect(text).toMatch(new RegExp(`(?<![\\d.,])${number}(?![\\w])`));
});
