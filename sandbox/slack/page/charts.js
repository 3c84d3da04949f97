// The data_visualization block as inline SVG, with a table for screen readers.
import { html, useRef, useState } from "./vendor/preact-htm.js";

const WIDTH = 640;
const HEIGHT = 260;
const EDGE = { top: 12, right: 12, bottom: 30, left: 52 };
const COLORS = 12;

const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
const exact = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 });

const colour = (index) => `series-${index % COLORS}`;

/** About `count` round ticks that include both ends. */
export function niceTicks(low, high, count = 5) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999);
  const ticks = [];
  for (let at = Math.floor(low / step + 1e-9); at <= Math.ceil(high / step - 1e-9); at += 1) {
    ticks.push(Number((at * step).toPrecision(12)));
  }
  if (ticks.length < 2) ticks.push(ticks[0] + step);
  return ticks;
}

function frameOf(chart) {
  const labels = chart.axis_config?.categories ?? chart.series[0].data.map(({ label }) => label);
  const rows = chart.series.map(({ data }) => {
    const known = new Map(data.map(({ label, value }) => [label, value]));
    return labels.map((label, at) => Number(known.get(label) ?? data[at]?.value ?? 0));
  });
  const all = rows.flat();
  const ticks = niceTicks(Math.min(0, ...all), Math.max(0, ...all));
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const left =
    Math.max(EDGE.left, 14 + 7 * Math.max(...ticks.map((tick) => short.format(tick).length))) +
    (chart.axis_config?.y_label ? 16 : 0);
  const bottom = EDGE.bottom + (chart.axis_config?.x_label ? 18 : 0);
  const inner = { left, right: WIDTH - EDGE.right, top: EDGE.top, bottom: HEIGHT - bottom };
  const slot = (inner.right - inner.left) / labels.length;
  return {
    labels,
    rows,
    ticks,
    inner,
    slot,
    x: (at) => inner.left + slot * (at + 0.5),
    y: (value) => inner.bottom - ((value - low) / (high - low)) * (inner.bottom - inner.top),
  };
}

/** Which labels fit: each, every second, every third … */
function labelStep({ labels, slot }) {
  const widest = Math.max(...labels.map((label) => [...label].length)) * 6.6 + 10;
  return Math.max(1, Math.ceil(widest / slot));
}

function Axes({ frame, axis }) {
  const { inner, ticks, labels } = frame;
  const step = labelStep(frame);
  const middle = (inner.top + inner.bottom) / 2;
  return html`<g class="axes">
    ${ticks.map(
      (tick) =>
        html`<line class=${tick === 0 ? "zero" : "tick"} x1=${inner.left} x2=${inner.right} y1=${frame.y(tick)} y2=${frame.y(tick)} />
      <text x=${inner.left - 8} y=${frame.y(tick) + 4} text-anchor="end">${short.format(tick)}</text>`,
    )}
    ${labels.map((label, at) => at % step === 0 && html`<text x=${frame.x(at)} y=${inner.bottom + 18} text-anchor="middle">${label}</text>`)}
    ${axis?.x_label && html`<text class="axis-name" x=${(inner.left + inner.right) / 2} y=${HEIGHT - 6} text-anchor="middle">${axis.x_label}</text>`}
    ${axis?.y_label && html`<text class="axis-name" transform=${`translate(12 ${middle}) rotate(-90)`} text-anchor="middle">${axis.y_label}</text>`}
  </g>`;
}

const Bars = ({ frame }) => {
  const count = frame.rows.length;
  const width = Math.min(48, (frame.slot * 0.72) / count);
  return frame.rows.map((row, series) =>
    row.map((value, at) => {
      const [top, bottom] = [frame.y(Math.max(0, value)), frame.y(Math.min(0, value))];
      const x = frame.x(at) + (series - count / 2) * width;
      return html`<rect class=${`fill ${colour(series)}`} x=${x + 0.5} y=${top} width=${Math.max(1, width - 1)} height=${Math.max(value === 0 ? 0 : 1, bottom - top)} rx="2" />`;
    }),
  );
};

const pointsOf = (frame, row) =>
  row.map((value, at) => `${frame.x(at).toFixed(1)} ${frame.y(value).toFixed(1)}`);

const Lines = ({ frame, filled }) =>
  frame.rows.map((row, series) => {
    const points = pointsOf(frame, row);
    const base = frame.y(0).toFixed(1);
    const area = `M${frame.x(0)} ${base}L${points.join("L")}L${frame.x(row.length - 1)} ${base}Z`;
    return html`<g class=${colour(series)}>
    ${filled && html`<path class="area" d=${area} />`}
    <path class="stroke" d=${`M${points.join("L")}`} />
    ${row.map((value, at) => html`<circle class="dot" cx=${frame.x(at)} cy=${frame.y(value)} r="3" />`)}
  </g>`;
  });

function Legend({ names }) {
  return html`<ul class="legend">${names.map((name, at) => html`<li><span class=${`key ${colour(at)}`}></span>${name}</li>`)}</ul>`;
}

function Tip({ spot, title, lines }) {
  const style = { left: `${spot.x}px`, top: `${spot.y}px` };
  return html`<div class=${`chart-tip ${spot.flip ? "flip" : ""}`} style=${style} role="status"><b>${title}</b>
    ${lines.map(({ name, value, at }) => html`<div><span class=${`key ${colour(at)}`}></span>${name}<span class="tip-value">${value}</span></div>`)}</div>`;
}

function Numbers({ title, names, labels, rows }) {
  // In a box, since a table cannot be smaller than its rows and would leave a gap.
  return html`<div class="unseen"><table><caption>${title}</caption><thead><tr><th></th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${labels.map((label, at) => html`<tr><th scope="row">${label}</th>${rows.map((row) => html`<td>${exact.format(row[at])}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** The position of the pointer in the box; `flip` if a tip to its right would not fit. */
function pointer(event, box) {
  const frame = box.getBoundingClientRect();
  const x = event.clientX - frame.left;
  return { x, y: event.clientY - frame.top, flip: x > frame.width * 0.6, ratio: x / frame.width };
}

function XYChart({ block }) {
  const { chart, title } = block;
  const box = useRef();
  const [over, setOver] = useState(null);
  const frame = frameOf(chart);
  const names = chart.series.map(({ name }) => name);
  const move = (event) => {
    const spot = pointer(event, box.current);
    const at = Math.floor((spot.ratio * WIDTH - frame.inner.left) / frame.slot);
    setOver(at >= 0 && at < frame.labels.length ? { at, spot } : null);
  };
  const drawn =
    chart.type === "bar"
      ? html`<${Bars} frame=${frame} />`
      : html`<${Lines} frame=${frame} filled=${chart.type === "area"} />`;
  return html`
    <div class="chart-box" ref=${box} onMouseMove=${move} onMouseLeave=${() => setOver(null)}>
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${`${title} (${chart.type} chart)`}>
        ${over && html`<rect class="band" x=${frame.inner.left + frame.slot * over.at} y=${frame.inner.top} width=${frame.slot} height=${frame.inner.bottom - frame.inner.top} />`}
        <${Axes} frame=${frame} axis=${chart.axis_config} />
        ${drawn}
      </svg>
      ${over && html`<${Tip} spot=${over.spot} title=${frame.labels[over.at]} lines=${names.map((name, at) => ({ name, at, value: exact.format(frame.rows[at][over.at]) }))} />`}
    </div>
    <${Legend} names=${names} />
    <${Numbers} title=${title} names=${names} labels=${frame.labels} rows=${frame.rows} />`;
}

const onCircle = (turn) =>
  `${(Math.sin(turn * 2 * Math.PI) * 100).toFixed(2)} ${(-Math.cos(turn * 2 * Math.PI) * 100).toFixed(2)}`;

function slice(from, to) {
  // An arc cannot be a full circle: stop just short of it.
  const end = Math.min(to, from + 0.9999);
  return `M0 0L${onCircle(from)}A100 100 0 ${end - from > 0.5 ? 1 : 0} 1 ${onCircle(end)}Z`;
}

function PieChart({ block }) {
  const { chart, title } = block;
  const box = useRef();
  const [over, setOver] = useState(null);
  const total = chart.segments.reduce((sum, { value }) => sum + value, 0) || 1;
  const share = (value) => `${((value / total) * 100).toFixed(value / total < 0.1 ? 1 : 0)}%`;
  let from = 0;
  const slices = chart.segments.map(({ label, value }, at) => {
    const start = from;
    from += value / total;
    return html`<path class=${`fill slice ${colour(at)}`} d=${slice(start, from)} onMouseMove=${(event) => setOver({ at, label, value, spot: pointer(event, box.current) })} />`;
  });
  return html`
    <div class="chart-box pie" ref=${box} onMouseLeave=${() => setOver(null)}>
      <svg viewBox="-104 -104 208 208" role="img" aria-label=${`${title} (pie chart)`}>${slices}</svg>
      <ul class="legend tall">${chart.segments.map(({ label, value }, at) => html`<li><span class=${`key ${colour(at)}`}></span><span>${label}</span><span class="legend-value">${exact.format(value)} · ${share(value)}</span></li>`)}</ul>
      ${over && html`<${Tip} spot=${over.spot} title=${over.label} lines=${[{ name: share(over.value), at: over.at, value: exact.format(over.value) }]} />`}
    </div>
    <${Numbers} title=${title} names=${["Value"]} labels=${chart.segments.map(({ label }) => label)} rows=${[chart.segments.map(({ value }) => value)]} />`;
}

export function Chart({ block }) {
  const known = ["pie", "bar", "line", "area"].includes(block.chart?.type);
  return html`<figure class="chart" aria-label=${block.title}>
    <figcaption>${block.title}</figcaption>
    ${!known && html`<div class="unsupported">This chart cannot be shown here: ${String(block.chart?.type)}</div>`}
    ${known && (block.chart.type === "pie" ? html`<${PieChart} block=${block} />` : html`<${XYChart} block=${block} />`)}
  </figure>`;
}
