// `mnist-training-monitor mcp`: serves the Model Context Protocol over standard input and output, for assistants.
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { readClientArguments } from './client/flags.ts';
import { MonitorApi } from './client/monitor-api.ts';
import { sendCommand, waitForEvent } from './client/run-feed.ts';
import { createServer } from './mcp/server.ts';
import { commandAnswer, type ToolContext } from './mcp/tools.ts';

const usage = `Usage: mnist-training-monitor mcp [--url ADDRESS] [--read-only]

Serves the Model Context Protocol over standard input and output.

  --url        address of the gateway (http://localhost:5000), with user:password@ for a proxy that asks for them
  --read-only  without the tools that command trainers

The variable MONITOR_COMMAND_TOKEN is the command token, where the gateway requires one.
`;

// The command that runs this program reports its errors.
const { requested, switches, base } = readClientArguments(process.argv.slice(2), {
  usage,
  switches: ['read-only'],
});
if (requested !== undefined) {
  process.stdout.write(requested);
} else {
  const token = process.env.MONITOR_COMMAND_TOKEN;
  const context: ToolContext = {
    api: new MonitorApi(base),
    command: async (name, options) =>
      commandAnswer(
        name,
        await sendCommand(base, name, { ...options, ...(token && { token }), by: 'assistant' }),
      ),
    wait: (options) => waitForEvent(base, options),
  };
  serveStdio(() => createServer(context, { readOnly: switches.has('read-only') }));
}
