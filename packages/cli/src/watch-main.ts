// `mnist-training-monitor watch`: follows a run in a terminal.
import { describeFailure, MonitorError } from '@mnist-monitor/shared/errors';
import { readClientArguments } from './client/flags.ts';
import { MonitorApi } from './client/monitor-api.ts';
import { KeyReader } from './watch/keys.ts';
import { Screen } from './watch/terminal.ts';
import { hasUnicode, type TerminalFeatures } from './watch/text.ts';
import { Watch } from './watch/watch.ts';

const usage = `Usage: mnist-training-monitor watch [latest|RUN] [--url ADDRESS] [--no-colour]

Follows a run in the terminal: curves, progress, test accuracy, confusion matrix and notices.

  --url        address of the gateway (http://localhost:5000), with user:password@ for a proxy that asks for them
  --no-colour  without colours, also --no-color; the variable NO_COLOR does the same

Keys: p pause or resume, s stop, l learning rate, ← → other run, q quit. The variable MONITOR_COMMAND_TOKEN is the command
token, where the gateway requires one.
`;

/** @throws MonitorError `option.invalid` when the program has no terminal that can be drawn on. */
function ensureTerminal(): void {
  const isDumb = process.env.TERM === 'dumb';
  if (process.stdin.isTTY && process.stdout.isTTY && !isDumb) return;
  const found = isDumb ? ', but TERM is dumb' : '';
  throw new MonitorError(
    'option.invalid',
    `watch: expected a terminal${found}; mnist-training-monitor show prints a run`,
  );
}

/** Follows the run until the viewer quits. */
async function run(id: string, base: URL, features: TerminalFeatures): Promise<void> {
  ensureTerminal();
  const { stdin, stdout } = process;
  const api = new MonitorApi(base);
  const screen = new Screen(stdout, features);
  const watch = new Watch({
    ...{ base, api, screen, token: process.env.MONITOR_COMMAND_TOKEN || undefined },
    onQuit: () => quit(0),
    // As the terminal does at Ctrl-Z: the signal is for all programs of the job, such as npx.
    onSuspend: () => process.platform !== 'win32' && process.kill(0, 'SIGTSTP'),
  });
  const enter = (): void => {
    stdin.setRawMode(true);
    screen.open();
    watch.redraw();
  };
  const leave = (): void => {
    screen.close();
    stdin.setRawMode(false);
  };
  const quit = (code: number, message?: string): never => {
    watch.close();
    leave();
    if (message) console.error(message);
    process.exit(code);
  };
  const fail = (error: unknown): never => {
    const { text, exitCode } = describeFailure(error);
    return quit(exitCode, text);
  };
  process.on('uncaughtException', fail);
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
    process.on(signal, () => quit(code));
  process.on('SIGTSTP', () => {
    leave();
    process.kill(process.pid, 'SIGSTOP');
  });
  process.on('SIGCONT', () => {
    // A stopped process receives no signal of a change of the size.
    process.kill(process.pid, 'SIGWINCH');
    enter();
  });
  stdout.on('resize', () => {
    screen.clear();
    watch.redraw();
  });
  const keys = new KeyReader();
  stdin.setEncoding('utf8').on('data', (text) => {
    watch.press(keys.read(String(text)));
  });
  stdin.on('end', () => quit(0));
  enter();
  await watch.follow(id).catch(fail);
}

// The command that runs this program reports its errors.
const { requested, switches, word, base } = readClientArguments(process.argv.slice(2), {
  usage,
  switches: ['no-colour', 'no-color'],
  words: ['latest'],
});
if (requested !== undefined) process.stdout.write(requested);
else
  await run(word, base, {
    hasColours: switches.size === 0 && !process.env.NO_COLOR,
    hasUnicode: hasUnicode(process.env),
  });
