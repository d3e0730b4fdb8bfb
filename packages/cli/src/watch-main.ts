// `mnist-training-monitor watch`: follows a run in a terminal.
import { describeFailure, MonitorError } from '@mnist-monitor/shared/errors';
import { parseClientFlags } from './client/flags.ts';
import { MonitorApi } from './client/monitor-api.ts';
import { KeyReader } from './watch/keys.ts';
import { Screen } from './watch/terminal.ts';
import { Watch } from './watch/watch.ts';

const usage = `Usage: mnist-training-monitor watch [latest|RUN] [--url ADDRESS] [--no-colour]

Follows a run in the terminal: curves, progress, test accuracy, confusion matrix and notices.

  --url        address of the gateway (http://localhost:5000)
  --no-colour  without colours; the variable NO_COLOR does the same

Keys: p pause or resume, s stop, l learning rate, ← → other run, q quit. The variable MONITOR_COMMAND_TOKEN is the command
token, where the gateway requires one.
`;

/** Follows the run until the viewer quits. */
async function run(id: string, base: URL, hasColours: boolean): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY)
    throw new MonitorError(
      'option.invalid',
      'watch: expected a terminal; mnist-training-monitor show prints a run',
    );
  const api = new MonitorApi(base);
  const screen = new Screen(stdout, { hasColours });
  const watch = new Watch({
    ...{ base, api, screen, token: process.env.MONITOR_COMMAND_TOKEN || undefined },
    onQuit: () => quit(0),
    onSuspend: () => {
      leave();
      process.kill(process.pid, 'SIGTSTP');
    },
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
  process.on('SIGCONT', enter);
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
const { flags, words, base } = parseClientFlags(process.argv.slice(2), ['no-colour']);
const hasColours = !flags['no-colour'] && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
if (flags.help) process.stdout.write(usage);
else await run(words[0] ?? 'latest', base, hasColours);
