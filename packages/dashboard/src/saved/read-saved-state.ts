import { base64Bytes } from '../state/base64.ts';
import type { SavedState } from '../state/saved-run.ts';
import { decodeState } from '../state/state-codec.ts';

/** Reads the state of the page from the element with the data. @throws Error when the file is damaged. */
export async function readSavedState(): Promise<SavedState> {
  const bytes = base64Bytes(document.getElementById('data')?.textContent ?? '');
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return decodeState(await new Response(stream).text()) as SavedState;
}
