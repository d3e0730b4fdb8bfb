/**
 * Runs in the page before its own scripts, and records the work of each frame and the time when a chart with more points was
 * painted. A frame ends when the first task after its animation callbacks runs: styles, layout and painting are done then.
 */
export function recordFrames() {
  const frameRecords = { frames: [], paints: [], points: 0, received: 0, origin: performance.timeOrigin };
  frameRecords.reset = () => {
    frameRecords.frames.length = 0;
    frameRecords.paints.length = 0;
  };
  window.frameRecords = frameRecords;

  const { port1, port2 } = new MessageChannel();
  let frame;
  let lastBegin = 0;
  port2.onmessage = () => {
    const now = performance.now();
    frameRecords.frames.push({ script: frame.script, work: now - frame.begin, interval: frame.interval });
    const points = Number(document.getElementById('loss-chart')?.dataset.points ?? 0);
    if (points > frameRecords.points) {
      frameRecords.points = points;
      frameRecords.paints.push({ points, at: now });
    }
    const received = /[\d,]+/.exec(
      document.querySelector('[data-field="stream-received"]')?.textContent ?? '',
    );
    frameRecords.received = Number(received?.[0].replaceAll(',', '') ?? 0);
    frame = undefined;
  };
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    request((time) => {
      const begin = performance.now();
      if (!frame) {
        frame = { begin, script: 0, interval: begin - lastBegin };
        lastBegin = begin;
        port1.postMessage(null);
      }
      callback(time);
      frame.script += performance.now() - begin;
    });
}
