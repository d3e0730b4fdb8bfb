import { html, render } from 'lit-html';
import { type RunNews, RunWatch, type WatchedRun } from '../../state/run-news.ts';

const watch = new RunWatch();

/** Notifies the viewer of what has happened to the run, unless they are looking at the page. */
export function notifyOf(watched: WatchedRun): void {
  for (const news of watch.update(watched)) if (document.hidden || !document.hasFocus()) show(news);
}

function show({ title, text }: RunNews): void {
  try {
    const notification = new Notification(title, { body: text });
    notification.addEventListener('click', () => {
      window.focus();
      notification.close();
    });
  } catch {
    // Some browsers of phones have the class, but forbid pages to use it.
  }
}

/** Asks the browser for its permission. Returns why it is refused; empty when it is granted. */
async function permissionProblem(): Promise<string> {
  if (!('Notification' in globalThis) || !isSecureContext)
    return 'This browser allows notifications only over HTTPS, or from localhost.';
  if ((await Notification.requestPermission()) === 'granted') return '';
  return 'The browser does not allow this page to send notifications. Its settings for this site can change that.';
}

/** The viewer's choice whether to be notified. */
export interface NotificationChoice {
  isOn: boolean;
  set(on: boolean): void;
}

/**
 * Returns the switch for notifications. The browser asks for the viewer's permission when they switch it on, and not before.
 */
export function notificationField(choice: NotificationChoice): HTMLElement {
  const field = document.createElement('div');
  const change = async ({ target }: Event): Promise<void> => {
    const input = target as HTMLInputElement;
    const problem = input.checked ? await permissionProblem() : '';
    if (problem !== '') input.checked = false;
    choice.set(input.checked);
    show(problem);
  };
  const show = (problem: string): unknown =>
    render(
      html`
        <label class="tool help-choice">
          <input type="checkbox" id="notifications-on" .checked=${choice.isOn} @change=${change} />
          Notify me on the desktop when a run ends, diverges or stalls, while this page is open in a tab
        </label>
        <p class="alarm" role="alert" id="notifications-problem" ?hidden=${problem === ''}>${problem}</p>`,
      field,
    );
  show('');
  return field;
}
