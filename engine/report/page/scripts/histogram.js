// The histogram of all scores with the cut-offs, which can be dragged.

const histogramHeight = 150;
const axisWidth = 36; // left of the plot, where the counts stand

// bins are the left edges and the width of the histogram's bars; the last edge is where they end.
const bins = (() => {
  const count = Math.min(Math.max(Math.ceil(2.5 * Math.sqrt(befores.length)), 10), 60);
  let low = befores.length ? befores[0] : 0;
  let high = befores.length ? befores[befores.length - 1] : 1;
  if (!(high > low)) {
    const room = Math.max(Math.abs(low) / 10, 1e-6);
    low -= room;
    high += room;
  }
  const width = (high - low) / (count - 1); // the largest score lies within the last bar
  const edges = Array.from({ length: count + 1 }, (_, i) => low + (i - 0.25) * width);
  return { edges, width };
})();

// extent is what the histogram and the slider show: all scores, and the run's levels.
const extent = (() => {
  const values = [bins.edges[0], bins.edges[bins.edges.length - 1]];
  if (runLevels) {
    values.push(runLevels.threshold + bins.width, runLevels.review - bins.width);
  }
  return { low: Math.min(...values), high: Math.max(...values) };
})();

// stacked are the series of the plot: bars up to all, up to review, up to good, painted in this
// order over each other.
function stacked(levels) {
  const { edges } = bins;
  const places = edges.slice(0, -1);
  const share = (upTo) => places.map((edge, i) =>
    Math.max(0, below(Math.min(edges[i + 1], upTo)) - below(edge)));
  const all = share(Infinity);
  if (!levels) {
    return [places, all.map(() => null), all.map(() => null), all];
  }
  const notDefective = share(levels.threshold);
  const good = share(levels.review);
  // What lies wholly below another bar would show at its edges.
  const over = (bar, next) => bar.map((height, i) => (height === next[i] ? null : height));
  return [places, over(all, notDefective), over(notDefective, good), good];
}

function Histogram({ levels, setThreshold, theme }) {
  const root = useRef(null);
  const plot = useRef(null);
  const latest = useRef({});
  latest.current = { levels, setThreshold };
  useLayoutEffect(() => {
    const colour = (name) => getComputedStyle(root.current).getPropertyValue(name).trim();
    const u = new uPlot(histogramOptions(root.current.clientWidth, colour, latest), stacked(levels),
      root.current);
    plot.current = u;
    dragThreshold(u, latest);
    const observer = new ResizeObserver(() =>
      u.setSize({ width: root.current.clientWidth, height: histogramHeight }));
    observer.observe(root.current);
    return () => {
      observer.disconnect();
      u.destroy();
    };
  }, [theme]);
  useLayoutEffect(() => plot.current.setData(stacked(levels)), [levels]);
  return html`<div class="histogram" ref=${root} role="img" aria-label=${describe(levels)}></div>`;
}

function describe(levels) {
  if (!befores.length) {
    return "Histogram without scores";
  }
  const range = `${number(befores[0])} to ${number(befores[befores.length - 1])}`;
  const text = `Histogram of ${plural(befores.length, "score", "scores")} from ${range}`;
  return levels ? `${text}; review from ${number(levels.review)}, defective from ` +
    number(levels.threshold) : text;
}

function histogramOptions(width, colour, latest) {
  const bars = uPlot.paths.bars({ size: [1, Infinity, 3], align: 1, gap: 1 }); // 3: seen at any scale
  const series = (name) => ({ paths: bars, fill: colour(name), width: 0, points: { show: false } });
  const text = { stroke: colour("--faint"), font: "11px system-ui, sans-serif" };
  const wholes = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((power) => [power, 2 * power, 5 * power]);
  const line = { stroke: colour("--line"), width: 1 };
  return {
    width,
    height: histogramHeight,
    padding: [18, 14, 0, 0], // right: half of the last label
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [extent.low, extent.high] },
      y: { range: (_, __, most) => [0, Math.max(most, 1)] },
    },
    axes: [
      { ...text, size: 24, gap: 3, space: 64, grid: { show: false }, ticks: { ...line, size: 4 },
        values: (_, ticks) => ticks.map(tickText) },
      { ...text, size: axisWidth, gap: 4, space: 36, grid: line, ticks: { show: false },
        incrs: wholes },
    ],
    series: [{}, series("--defective"), series("--review"), series("--good")],
    hooks: { draw: [(u) => drawLevels(u, latest.current.levels, colour)] },
  };
}

// tickText is a tick of the scores; there is none where the plot's right edge would cut it off.
function tickText(tick) {
  const fits = tick < extent.high - 0.03 * (extent.high - extent.low);
  return fits ? String(Number(tick.toFixed(digits + 1))) : "";
}

// drawLevels draws a line for each cut-off, and where the run had its threshold.
function drawLevels(u, levels, colour) {
  const { ctx } = u;
  const ratio = uPlot.pxRatio;
  const { left, top, width, height } = u.bbox;
  const line = (value, stroke, dash, text, side) => {
    const x = Math.round(u.valToPos(value, "x", true)) + 0.5;
    if (x < left || x > left + width) {
      return;
    }
    ctx.strokeStyle = stroke;
    ctx.setLineDash(dash.map((d) => d * ratio));
    ctx.lineWidth = 1.5 * ratio;
    ctx.beginPath();
    ctx.moveTo(x, top - 4 * ratio);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    if (text) {
      ctx.fillStyle = stroke;
      ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
      const room = ctx.measureText(text).width + 6 * ratio;
      const right = side > 0 ? x + room < left + width : x - room < left;
      ctx.textAlign = right ? "left" : "right";
      ctx.fillText(text, x + (right ? 4 : -4) * ratio, top - 5 * ratio);
    }
  };
  ctx.save();
  ctx.textBaseline = "alphabetic";
  if (runLevels && levels && levels.threshold !== runLevels.threshold) {
    line(runLevels.threshold, colour("--faint"), [2, 3], "", 1);
  }
  if (levels) {
    if (levels.review < levels.threshold) {
      line(levels.review, colour("--review-ink"), [4, 3], "review", -1);
    }
    line(levels.threshold, colour("--defective-ink"), [], "defective", 1);
  }
  ctx.restore();
}

function dragThreshold(u, latest) {
  const move = (event) => {
    const value = u.posToVal(event.clientX - u.over.getBoundingClientRect().left, "x");
    latest.current.setThreshold(Math.min(Math.max(value, extent.low), extent.high));
  };
  u.over.addEventListener("pointerdown", (event) => {
    u.over.setPointerCapture(event.pointerId);
    event.preventDefault();
    move(event);
  });
  u.over.addEventListener("pointermove", (event) => {
    if (u.over.hasPointerCapture(event.pointerId)) {
      move(event);
    }
  });
}

// Slider sets the threshold by keyboard as well, and by number.
function Slider({ levels, setThreshold }) {
  const step = Number(((extent.high - extent.low) / 500).toPrecision(1));
  if (!levels) {
    return html`<div class="slider"><button type="button" onClick=${() => setThreshold(
      befores.length ? befores[befores.length - 1] : 0)}>Set a threshold by hand</button></div>`;
  }
  const set = (event) => Number.isFinite(event.target.valueAsNumber) &&
    setThreshold(event.target.valueAsNumber);
  const moved = !runLevels || levels.threshold !== runLevels.threshold;
  return html`<div class="slider">
    <input type="range" class="wide" aria-label="Threshold" min=${extent.low} max=${extent.high}
      step="any" value=${levels.threshold} aria-valuetext=${number(levels.threshold)}
      onInput=${set} onKeyDown=${(event) => stepByKey(event, levels, step, setThreshold)} />
    <div class="levels">
      <label>Threshold <input type="number" id="threshold" step=${step}
        value=${Number(levels.threshold.toFixed(digits + 1))} onChange=${set} /></label>
      ${levels.review < levels.threshold && html`<span class="faint">review from
        ${" "}${number(levels.review)}</span>`}
      <button type="button" class="quiet" disabled=${!moved}
        onClick=${() => setThreshold(runLevels ? runLevels.threshold : null)}>
        ${runLevels ? `Reset to ${number(runLevels.threshold)}` : "Without a threshold"}</button>
    </div>
  </div>`;
}

// A slider of any step moves by a hundredth of its range on a key: here, by a five-hundredth.
function stepByKey(event, levels, step, setThreshold) {
  const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
  if (by[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const value = levels.threshold + by[event.key] * step;
    setThreshold(Math.min(Math.max(value, extent.low), extent.high));
  }
}
