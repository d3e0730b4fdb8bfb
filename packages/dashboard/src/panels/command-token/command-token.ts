import type { CommandAccess } from '@mnist-monitor/shared/browser';
import type { Outcome } from '../../net/api.ts';
import { closed, openDialog } from '../../ui/dialog.ts';
import { byId, field, part, setText } from '../../ui/dom.ts';

/** Kept by the tab alone, and gone with it. */
const key = 'mnist-monitor.command-token';

/** Does what may need the command token. */
export interface Authority {
  /**
   * Attempts something with the token where one is needed, asking for it when there is none or a wrong one.
   * Undefined when the viewer would rather not.
   */
  attempt<T>(action: (token: string | undefined) => Promise<Outcome<T>>): Promise<Outcome<T> | undefined>;
}

export function createAuthority(access: () => CommandAccess): Authority {
  return {
    async attempt(action) {
      let complaint = '';
      for (;;) {
        const token = access() === 'token' ? (kept() ?? (await ask(complaint))) : undefined;
        if (token === null) return undefined;
        const outcome = await action(token);
        if (outcome.ok || outcome.code !== 'command.unauthorized') return outcome;
        complaint = 'The gateway knows another token.';
        forget();
        if (access() !== 'token') return outcome;
      }
    },
  };
}

/** Asks for the token; null when it is not given. */
async function ask(complaint: string): Promise<string | null> {
  setText(field('token-error'), complaint);
  const dialog = openDialog('token-dialog');
  const input = part(byId('token-form', HTMLFormElement), 'input') as HTMLInputElement;
  const answer = await closed(dialog);
  const token = input.value;
  input.value = '';
  if (answer !== 'yes' || token === '') return null;
  try {
    sessionStorage.setItem(key, token);
  } catch {
    // A browser that keeps nothing asks each time.
  }
  return token;
}

function kept(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Then it was not kept either.
  }
}
