import type { CommandAccess } from '@mnist-monitor/shared/browser';
import { html } from 'lit-html';
import type { Result } from '../../net/api.ts';
import { dialogFooter, openDialog, whenClosed } from '../../ui/dialog.ts';

/**
 * Key of the token in the session storage, which the browser clears when the tab is closed. It contains the path of the
 * page, because a proxy may serve several gateways at one origin, each with a token of its own.
 */
const storageKey = `mnist-monitor.command-token ${new URL('.', location.href).pathname}`;

/** The failure of an action for which the viewer did not enter the token: there is nothing to report to them. */
const tokenNotEntered = { ok: false, code: 'token.not_entered', message: '' } as const;

/** The open question for the token, which several actions may wait for; undefined without one. */
let question: Promise<string | null> | undefined;

/**
 * Runs an action that may need the gateway's command token. Asks the viewer for the token when the tab has none or the
 * gateway refuses it.
 * @param access Returns the gateway's current rule for commands.
 * @param mayAsk Whether the viewer is asked. They are not for what the page does by itself.
 * @returns The result of the action; `tokenNotEntered`, without the action, when the viewer did not enter a token.
 */
export async function withCommandToken<T>(
  access: () => CommandAccess,
  action: (token: string | undefined) => Promise<Result<T>>,
  mayAsk: boolean,
): Promise<Result<T>> {
  let problem = '';
  for (;;) {
    const token =
      access() === 'token' ? (storedToken() ?? (mayAsk ? await askOnce(problem) : null)) : undefined;
    if (token === null) return tokenNotEntered;
    const result = await action(token);
    if (result.ok || result.code !== 'command.unauthorized') return result;
    problem = 'The gateway did not accept this token.';
    forgetToken();
    // Without a rule that requires a token, another attempt would send none and be refused again.
    if (access() !== 'token') return result;
  }
}

function askOnce(problem: string): Promise<string | null> {
  question ??= askForToken(problem).finally(() => {
    question = undefined;
  });
  return question;
}

/** Asks for the token. Resolves with null when the viewer cancels. */
async function askForToken(problem: string): Promise<string | null> {
  const dialog = openDialog(
    'token',
    html`
      <form method="dialog" id="token-form">
        <h2 id="token-title">Command token</h2>
        <p>
          This gateway accepts commands and changes only with its command token (<code>--command-token</code>). This tab
          keeps the token until you close it.
        </p>
        <label class="field">
          <span>Token</span>
          <input class="input" type="password" name="token" maxlength="500" required autocomplete="off" />
        </label>
        <p class="form-error" role="alert" data-field="token-error">${problem}</p>
        ${dialogFooter('Continue')}
      </form>`,
  );
  const answer = await whenClosed(dialog);
  const token = dialog.querySelector('input')?.value ?? '';
  if (answer !== 'yes' || token === '') return null;
  try {
    sessionStorage.setItem(storageKey, token);
  } catch {
    // Where the browser stores nothing, the page asks each time.
  }
  return token;
}

function storedToken(): string | undefined {
  try {
    return sessionStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}

function forgetToken(): void {
  try {
    sessionStorage.removeItem(storageKey);
  } catch {
    // Where the browser stores nothing, there is nothing to remove.
  }
}
