/** How each place where a run may stand is told; the others are nothing to wake anybody for. */
const sentences = {
  diverged: 'has diverged',
  stalled: 'has stalled: nothing has come from its trainer for a while',
  interrupted: 'was interrupted: its trainer is gone',
  failed: 'has failed',
  completed: 'is done',
  stopped: 'was stopped',
};

/** So long a status waits for the event behind it, which says more: of the run that is followed both come. */
const graceMs = 2_000;

/**
 * Turns the live feed into alerts, each once. What was there before the bot came is known and not told: only what
 * happens after `begin` is.
 */
export class Alerts {
  #tell;
  #begun = false;
  /** Per run: what was told, or happened before there was anyone to tell. */
  #known = new Map();

  /** @param {(alert: {text: string, alert: string, runId: string, time: string}) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** The feed has sent what there was. */
  begin() {
    this.#begun = true;
  }

  /** Where a run stands now; of any run. A run that goes on may stall again. */
  stands(runId, status) {
    if (status === 'running' || status === 'paused') this.#of(runId).delete('stalled');
    else if (this.#begun) setTimeout(() => this.#alert(runId, status), graceMs);
    else this.#alert(runId, status);
  }

  /** An event of the run that is followed. */
  see({ runId, type, data }) {
    if (type === 'batch' && !Number.isFinite(data.loss))
      this.#alert(runId, 'diverged', `the loss is ${data.loss} at step ${data.step}`);
    if (type === 'notice' && data.code === 'training.diverged') this.#alert(runId, 'diverged', data.message);
    if (type === 'run.finished') this.#alert(runId, data.status, detailOf(data));
  }

  #of(runId) {
    if (!this.#known.has(runId)) this.#known.set(runId, new Set());
    return this.#known.get(runId);
  }

  #alert(runId, alert, detail) {
    const known = this.#of(runId);
    if (known.has(alert)) return;
    known.add(alert);
    if (!this.#begun) return;
    const text = `Run ${runId} ${sentences[alert]}${detail ? ` (${detail})` : ''}`;
    this.#tell({ text, alert, runId, time: new Date().toISOString() });
  }
}

const detailOf = ({ reason, test }) =>
  test ? `${reason}; test accuracy ${(test.accuracy * 100).toFixed(2)} %` : reason;
