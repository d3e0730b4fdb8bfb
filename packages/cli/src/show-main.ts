// `mnist-training-monitor show`: prints a run, or the list of runs, for people or as JSON.
import { describeNotices } from './answers/events.ts';
import { describeRun, describeRuns } from './answers/runs.ts';
import { readClientArguments } from './client/flags.ts';
import { MonitorApi } from './client/monitor-api.ts';
import { asText } from './show/as-text.ts';

const usage = `Usage: mnist-training-monitor show [latest|RUN|runs] [--url ADDRESS] [--json]

Prints the state, results, settings and newest notices of a run, by default of the newest one; or the list of runs.

  --url   address of the gateway (http://localhost:5000), with user:password@ for a proxy that asks for them
  --json  as JSON in one line
`;

// The command that runs this program reports its errors.
const { requested, switches, word, base } = readClientArguments(process.argv.slice(2), {
  usage,
  switches: ['json'],
  words: ['latest', 'runs'],
});
if (requested !== undefined) {
  process.stdout.write(requested);
} else {
  const api = new MonitorApi(base);
  const answer = word === 'runs' ? describeRuns(await api.listRuns({ limit: 50 })) : await readRun(api, word);
  process.stdout.write(switches.has('json') ? `${JSON.stringify(answer)}\n` : asText(answer));
}

async function readRun(api: MonitorApi, id: string): Promise<object> {
  const run = await api.getRun(id);
  return { ...describeRun(run), notices: describeNotices(await api.notices(run.runId), 5) };
}
