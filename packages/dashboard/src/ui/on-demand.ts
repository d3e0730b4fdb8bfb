import { html, render } from 'lit-html';
import { gatewayResponds } from '../net/gateway-responds.ts';
import { openDialog } from './dialog.ts';

/** Time between two attempts to load code. */
const retryAfterMs = 1_000;

const noConnection = 'There is no connection to the gateway. This opens when it is back.';
/** After an update of the gateway, the files of the page that is open may be gone. */
const notLoaded = 'This part of the page could not be loaded. Reload the page.';

/** Callbacks of the place where the viewer waits for code. */
export interface Waiting {
  /** Shows why the code is not loaded yet; an empty text when it is. */
  report(problem: string): void;
  /** Returns whether the viewer still waits. */
  isWanted(): boolean;
}

/**
 * Creates a function that loads the code of something that the viewer opens, once. Without a connection, it waits and tries again.
 * @returns A function that resolves with the code; with undefined when the viewer no longer waits.
 */
export function onDemand<T>(load: () => Promise<T>): (waiting: Waiting) => Promise<T | undefined> {
  let code: T | undefined;
  return async ({ report, isWanted }) => {
    while (code === undefined) {
      const problem = (await gatewayResponds()) ? notLoaded : noConnection;
      if (problem === notLoaded) code = await load().catch(() => undefined);
      report(code === undefined ? problem : '');
      if (code !== undefined) break;
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
      if (!isWanted()) break;
    }
    return code;
  };
}

/**
 * Creates a function like `onDemand` that needs no place of its own: while the code cannot be loaded, a dialog explains that, until
 * the viewer closes it.
 * @param title Title of the dialog: the name of what the viewer opens.
 */
export function onDemandDialog<T>(title: string, load: () => Promise<T>): () => Promise<T | undefined> {
  const loadCode = onDemand(load);
  return () => {
    let dialog: HTMLDialogElement | undefined;
    let isWanted = true;
    let giveUp: (result: undefined) => void;
    const givenUp = new Promise<undefined>((resolve) => {
      giveUp = resolve;
    });
    const open = (problem: string): HTMLDialogElement => {
      const opened = openDialog('waiting', template(title, problem));
      opened.addEventListener('close', () => {
        isWanted = false;
        giveUp(undefined);
      });
      return opened;
    };
    const loaded = loadCode({
      report(problem) {
        if (problem === '') dialog?.close();
        else if (dialog) render(template(title, problem), dialog);
        else dialog = open(problem);
      },
      isWanted: () => isWanted,
    });
    // At once, and not when the next attempt is due: until then, the page would ignore the viewer's next command.
    return Promise.race([loaded, givenUp]);
  };
}

const template = (title: string, problem: string) => html`
  <h2 id="waiting-title">${title}</h2>
  <p role="status" data-field="waiting">${problem}</p>
  <div class="dialog-foot"><button class="button" type="button" data-close>Close</button></div>`;
