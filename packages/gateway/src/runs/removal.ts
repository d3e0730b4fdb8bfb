import type { RunDeletion } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import type { Hub } from '../live/hub.ts';
import type { Store } from '../store/store.ts';
import type { RunFolders } from './run-folders.ts';

/** The parts of the gateway that removing a run needs. */
export interface RemovalContext {
  store: Store;
  hub: Hub;
  folders: RunFolders;
  log: FastifyBaseLogger;
}

/**
 * Removes a run: first its folder, then its events. A folder that cannot be removed is kept. The folder comes first
 * because on a full disk, removing the events needs space; if that fails, the run is still listed and can be removed
 * again.
 * @returns `removed`, `none` or `kept`: the outcome for the folder; undefined when there is no such run.
 */
export async function removeRun(
  { store, hub, folders, log }: RemovalContext,
  runId: string,
): Promise<RunDeletion['folder'] | undefined> {
  if (!(await store.position(runId))) return undefined;
  const folder = await removeFolder({ folders, log }, runId);
  if (!(await store.remove(runId))) return undefined;
  await hub.endOutdatedChannel(runId);
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
