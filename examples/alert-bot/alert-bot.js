// Posts to a webhook when a run diverges, stalls, fails or ends. The URL is a secret (it is all that is needed to post), so it
// is read from the environment and never printed.
//
//     npm ci && npm run build
//     WEBHOOK_URL=https://chat.example.org/hooks/… node examples/alert-bot/alert-bot.js [ws://localhost:5000/live]
//
// Each alert is a POST of {"text", "alert", "runId", "time"}; Slack, Mattermost and Rocket.Chat display `text`.
import { connectLive } from '@mnist-monitor/shared';
import { WebSocket } from 'ws';
import { Alerts } from './alerts.js';
import { Webhook } from './webhook.js';

const [url = 'ws://localhost:5000/live'] = process.argv.slice(2);
const { WEBHOOK_URL } = process.env;
if (!URL.canParse(WEBHOOK_URL ?? '')) {
  console.error(
    'WEBHOOK_URL: expected the address of a webhook, such as https://chat.example.org/hooks/1234',
  );
  process.exit(2);
}

const webhook = new Webhook(WEBHOOK_URL);
const alerts = new Alerts((alert) => {
  console.log(alert.text);
  webhook.post(alert);
});

connectLive({
  url,
  WebSocket,
  types: ['batch', 'notice', 'run.finished'],
  maxRate: 1,
  onHello({ run, restart }) {
    if (!run) return;
    if (restart) alerts.restart(run.runId);
    alerts.setStatus(run.runId, run.status);
  },
  onStatus: ({ runId, status }) => alerts.setStatus(runId, status),
  onEvent: (event) => alerts.addEvent(event),
  onLive: () => alerts.begin(),
  onState(state) {
    if (state.name === 'open') console.log('watching');
    if (state.name === 'waiting')
      console.error(`${state.reason}; next attempt in ${Math.round(state.retryInMs)} ms`);
    if (state.name === 'closed') {
      console.error(state.reason);
      process.exitCode = 1;
    }
  },
});
