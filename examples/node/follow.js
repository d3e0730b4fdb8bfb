// Follows the newest run and prints its events, with the typed client, which reconnects and continues by itself.
//
//     npm ci && npm run build
//     node examples/node/follow.js [ws://localhost:5000/live]
import { connectLive } from '@mnist-monitor/shared';
import { WebSocket } from 'ws'; // Node 22 and newer have a global WebSocket: leave out this import and the option.

const [url = 'ws://localhost:5000/live'] = process.argv.slice(2);
const percent = (fraction) => (fraction == null ? 'unknown' : `${(fraction * 100).toFixed(2)} %`);

const client = connectLive({
  url,
  WebSocket,
  types: ['batch', 'epoch', 'run.finished'],
  onHello({ run, restart }) {
    if (restart) console.error('the run was replaced or has lost events; from the beginning');
    console.log(run ? `run ${run.runId}` : 'no run yet');
  },
  onEvent({ type, data }) {
    if (type === 'batch') console.log(`step ${data.step}: loss ${data.loss.toFixed(4)}`);
    else if (type === 'epoch')
      console.log(`epoch ${data.epoch}: test accuracy ${percent(data.test?.accuracy)}`);
    else {
      console.log(`${data.status}: ${data.reason}`);
      client.close();
    }
  },
  onState(state) {
    if (state.name === 'waiting')
      console.error(`${state.reason}; next attempt in ${Math.round(state.retryInMs)} ms`);
    if (state.name === 'closed') console.error(state.reason);
  },
});
