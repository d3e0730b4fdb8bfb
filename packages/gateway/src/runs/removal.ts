import type { RunDeletion } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import type { Hub } from '../live/hub.ts';
import type { Store } from '../store/store.ts';
import type { RunFolders } from './run-folders.ts';

export interface RemovalContext {
  store: Store;
  hub: Hub;
  folders: RunFolders;
  log: FastifyBaseLogger;
}

/**
 * Removes a run: first its folder, which is left if it cannot be removed, then its events. On a full disk the space of
 * the folder helps to remove the events, and a run whose events could not be removed can be removed again.
 * @returns Whether there was a folder and it was removed; undefined when there is no such run.
 */
export async function removeRun(
  { store, hub, folders, log }: RemovalContext,
  runId: string,
): Promise<RunDeletion['folder'] | undefined> {
  if ((await store.lastSeq(runId)) === 0) return undefined;
  const folder = await removeFolder({ folders, log }, runId);
  if (!(await store.remove(runId))) return undefined;
  await hub.removeRun(runId);
  hub.broadcast({ type: 'removed', runId });
  return folder;
}

async function removeFolder(
  { folders, log }: Pick<RemovalContext, 'folders' | 'log'>,
  runId: string,
): Promise<RunDeletion['folder']> {
  try {
    return (await folders.remove(runId)) ? 'removed' : 'none';
  } catch (error) {
    log.warn({ err: error, runId }, 'the folder of a removed run could not be removed');
    return 'kept';
  }
}
