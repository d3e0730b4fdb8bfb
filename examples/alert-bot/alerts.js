/** The text of each alert. Other statuses need no attention. */
const sentences = {
  diverged: 'has diverged',
  stalled: 'has stalled: its trainer has sent nothing for a while',
  interrupted: 'was interrupted: its trainer is disconnected',
  failed: 'has failed',
  completed: 'is done',
  stopped: 'was stopped',
};

/** Delay of an alert about a status: of the followed run, an event with more detail may arrive in the meantime. */
const graceMs = 2_000;

/**
 * Turns the live feed into alerts, each sent once. Statuses and events from before `begin` are remembered and cause no
 * alert.
 */
export class Alerts {
  #send;
  #begun = false;
  /** Per run, the alerts that were sent or whose cause is older than `begin`. */
  #known = new Map();

  /** @param {(alert: {text: string, alert: string, runId: string, time: string}) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /** Call this when all past events have arrived: only later statuses and events cause alerts. */
  begin() {
    this.#begun = true;
  }

  /** Call this when the feed sends a run again from its beginning. Events until the next `begin` cause no alerts. */
  restart(runId) {
    this.#begun = false;
    this.#known.delete(runId);
  }

  /** Call this with the status of any run. A run that continues may stall again. */
  setStatus(runId, status) {
    if (status === 'running' || status === 'paused') this.#knownAlerts(runId).delete('stalled');
    else if (this.#begun) setTimeout(() => this.#alert(runId, status), graceMs);
    else this.#alert(runId, status);
  }

  /** Call this with each event of the followed run. */
  addEvent({ runId, type, data }) {
    if (type === 'batch' && !Number.isFinite(data.loss))
      this.#alert(runId, 'diverged', `the loss is ${data.loss} at step ${data.step}`);
    if (type === 'notice' && data.code === 'training.diverged') this.#alert(runId, 'diverged', data.message);
    if (type === 'run.finished') this.#alert(runId, data.status, detailOf(data));
  }

  #knownAlerts(runId) {
    if (!this.#known.has(runId)) this.#known.set(runId, new Set());
    return this.#known.get(runId);
  }

  #alert(runId, alert, detail) {
    const known = this.#knownAlerts(runId);
    if (known.has(alert)) return;
    known.add(alert);
    if (!this.#begun) return;
    const text = `Run ${runId} ${sentences[alert]}${detail ? ` (${detail})` : ''}`;
    this.#send({ text, alert, runId, time: new Date().toISOString() });
  }
}

const detailOf = ({ reason, test }) =>
  test?.accuracy != null ? `${reason}; test accuracy ${(test.accuracy * 100).toFixed(2)} %` : reason;
