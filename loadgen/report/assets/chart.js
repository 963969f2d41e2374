// Draws one chart into an SVG element: grid, values, reference lines, event
// marks. Colours arrive resolved, so the drawing can be exported as it is.

const SVG = 'http://www.w3.org/2000/svg';

function svgElement(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) if (attributes[key] !== undefined) node.setAttribute(key, attributes[key]);
  if (parent) parent.appendChild(node);
  return node;
}

function svgText(text, attributes, parent) {
  const node = svgElement('text', attributes, parent);
  node.textContent = text;
  return node;
}

const FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

// The extent of all values shown in the range, and of the reference lines.
function extent(chart, range, hidden) {
  let low = Infinity, high = -Infinity;
  const see = (v) => {
    if (v === null || v === undefined) return;
    if (chart.log && v <= 0) return;
    if (v < low) low = v;
    if (v > high) high = v;
  };
  for (const series of chart.series) {
    if (hidden.has(series.key)) continue;
    const [from, to] = visible(series.x, range[0], range[1]);
    for (let i = from; i < to; i++) {
      if (series.kind === 'bar') see(series.y[i] + (series.base ? series.base[i] : 0));
      else see(series.y[i]);
    }
  }
  for (const ref of chart.refs || []) see(ref.value);
  return [low, high];
}

function yScale(chart, range, hidden, top, bottom) {
  let [low, high] = extent(chart, range, hidden);
  if (!(high > 0)) { low = chart.log ? 1 : 0; high = chart.log ? 10 : 1; }
  if (chart.log) {
    const down = 10 ** Math.floor(Math.log10(low)), up = 10 ** Math.floor(Math.log10(high));
    low = Math.max(...[1, 2, 5].map((f) => f * down).filter((v) => v <= low * 1.0001));
    high = Math.min(...[1, 2, 5, 10].map((f) => f * up).filter((v) => v >= high * 0.9999));
    if (high <= low) high = low * 10;
    return { ...logScale(low, high, bottom, top), low, high, ticks: logTicks(low, high, Math.max(3, (bottom - top) / 16)) };
  }
  const count = Math.max(2, Math.round((bottom - top) / (chart.integer ? 20 : 36)));
  let step = niceStep(high / count);
  if (chart.integer) step = Math.max(1, Math.ceil(step));
  high = Math.ceil(high / step - 1e-9) * step;
  if (chart.integer) high += 0.25;
  return { ...linearScale(0, high, bottom, top), low: 0, high, ticks: linearTicks(0, high, step) };
}

// o: width, range [from, to] in seconds, hidden (Set of series keys), colours
// (name to value), top (space above the plot), narrow.
function drawChart(svg, chart, o) {
  svg.replaceChildren();
  const height = o.top + chart.height + 24;
  const left = o.narrow ? 38 : 50, right = o.narrow ? 8 : 16;
  const plot = { left, right: o.width - right, top: o.top + 8, bottom: o.top + chart.height };
  svg.setAttribute('viewBox', `0 0 ${o.width} ${height}`);
  svg.setAttribute('width', o.width);
  svg.setAttribute('height', height);
  const x = linearScale(o.range[0], o.range[1], plot.left, plot.right);
  const width = plot.right - plot.left;
  const colour = (name) => o.colours[name] || name;
  const label = { 'font-family': FONT, 'font-size': 11, fill: colour('muted') };

  const clip = 'clip-' + chart.id + (o.suffix || '');
  const defs = svgElement('defs', {}, svg);
  svgElement('rect', { x: plot.left - 1, y: plot.top - 8, width: width + 2, height: plot.bottom - plot.top + 9 },
    svgElement('clipPath', { id: clip }, defs));

  const grid = svgElement('g', { class: 'grid', 'shape-rendering': 'crispEdges' }, svg);
  const times = timeTicks(o.range[0], o.range[1], Math.max(2, Math.floor(width / 88)));
  for (const t of times) {
    const at = px(x.to(t));
    svgElement('line', { x1: at, x2: at, y1: plot.top, y2: plot.bottom, stroke: colour('grid') }, grid);
    svgText(clock(t), { ...label, x: at, y: plot.bottom + 16, 'text-anchor': at > o.width - 18 ? 'end' : 'middle', class: 'x-tick', 'data-value': t }, svg);
  }
  let y = null;
  if (chart.events) {
    y = { to: () => plot.bottom };
  } else {
    y = yScale(chart, o.range, o.hidden, plot.top, plot.bottom);
    for (const v of y.ticks) {
      const at = px(y.to(v));
      svgElement('line', { x1: plot.left, x2: plot.right, y1: at, y2: at, stroke: colour(v === 0 ? 'axis' : 'grid') }, grid);
      svgText(plain(v), { ...label, x: plot.left - 8, y: at + 4, 'text-anchor': 'end', class: 'y-tick', 'data-value': v }, svg);
    }
  }

  const marks = svgElement('g', { 'clip-path': `url(#${clip})`, class: 'marks' }, svg);
  for (const band of chart.bands || []) {
    const low = y.to(Math.min(band.high, y.high)), high = y.to(Math.max(band.low, y.low));
    svgElement('rect', { x: plot.left, width, y: px(low), height: px(Math.max(0, high - low)), fill: colour(band.colour), 'fill-opacity': 0.13, 'data-band': band.key }, marks);
  }
  // Marked only if something was recorded after it.
  if (o.loadEnds > o.range[0] && o.loadEnds < o.range[1] - 0.02 * (o.range[1] - o.range[0])) {
    const at = px(x.to(o.loadEnds));
    svgElement('line', { x1: at, x2: at, y1: plot.top, y2: plot.bottom, stroke: colour('muted'), 'stroke-opacity': 0.6, class: 'load-ends', 'shape-rendering': 'crispEdges' }, marks);
    if (chart.id === 'load') {
      const before = at > plot.right - 80;
      svgText('load ends', { ...label, x: at + (before ? -5 : 5), y: plot.top + 9, 'text-anchor': before ? 'end' : 'start' }, marks);
    }
  }
  for (const band of chart.areas || []) {
    if (band.of.some((key) => o.hidden.has(key))) continue;
    svgElement('path', { d: bandPath(band.x, band.lower, band.upper, x, y, o.range, width), fill: colour(band.colour), 'fill-opacity': band.opacity, 'data-band': band.key }, marks);
  }
  if (chart.markEvents) {
    for (const event of chart.markEvents) {
      const at = px(x.to(event.t));
      svgElement('line', { x1: at, x2: at, y1: plot.top - 8, y2: plot.bottom, stroke: colour(event.colour), 'stroke-opacity': 0.45, 'stroke-dasharray': '1 3', class: 'event-line' }, marks);
    }
  }
  for (const series of chart.series) {
    if (o.hidden.has(series.key)) continue;
    const shape = { 'data-series': series.key };
    const c = colour(series.colour);
    const stroke = { stroke: c, 'stroke-width': (series.width || 1.5) * (o.narrow ? 0.75 : 1), 'stroke-dasharray': series.dash, 'stroke-linejoin': 'round', 'stroke-linecap': series.dash ? 'butt' : 'round', 'stroke-opacity': series.opacity, fill: 'none' };
    if (series.kind === 'line') {
      svgElement('path', { ...shape, ...stroke, d: linePath(series.x, series.y, x, y, o.range, width) }, marks);
    } else if (series.kind === 'step') {
      if (series.fill) svgElement('path', { d: stepPath(series.x, series.y, x, y, o.range, series.end, y.to(0)), fill: c, 'fill-opacity': series.fill, 'data-fill': series.key }, marks);
      svgElement('path', { ...shape, ...stroke, d: stepPath(series.x, series.y, x, y, o.range, series.end) }, marks);
    } else {
      svgElement('path', { ...shape, d: barPath(series.x, series.y, series.base, x, y, o.range, series.part || [0, 1]), fill: c }, marks);
    }
  }
  for (const ref of chart.refs || []) {
    if (ref.value > y.high) continue;
    const at = px(y.to(ref.value));
    const line = svgElement('g', { 'data-ref': ref.key }, svg);
    // The label is above its line, unless there is no room or values are in the way.
    const [from, to] = visible(chart.series[0]?.x || [], x.from(plot.right - 70), o.range[1]);
    const taken = at - 16 < plot.top - 6 || chart.series.some((series) => series.y.slice(from, to).some((v) => v !== null && y.to(v) < at - 1 && y.to(v) > at - 17));
    svgElement('line', { x1: plot.left, x2: plot.right, y1: at, y2: at, stroke: colour(ref.colour), 'stroke-width': ref.faint ? 1 : 1.5, 'stroke-dasharray': ref.faint ? '2 4' : '6 4' }, line);
    svgText(ref.label, {
      'font-family': FONT, 'font-size': 11, 'font-weight': 500, fill: colour(ref.colour), x: plot.right - 4, y: at + (taken ? 14 : -5), 'text-anchor': 'end',
      stroke: colour('surface'), 'stroke-width': 3, 'paint-order': 'stroke', 'stroke-linejoin': 'round',
    }, line);
  }
  if (chart.events) {
    svgElement('line', { x1: plot.left, x2: plot.right, y1: plot.bottom, y2: plot.bottom, stroke: colour('axis'), 'shape-rendering': 'crispEdges' }, grid);
    chart.rows.forEach((name, row) => svgText(name, { ...label, x: plot.left - 8, y: plot.bottom - 5 - 16 * row, 'text-anchor': 'end' }, svg));
    for (const event of chart.events) {
      if (event.t < o.range[0] || event.t > o.range[1]) continue;
      const at = px(x.to(event.t)), row = plot.bottom - 9 - 16 * event.row;
      const warning = event.type === 'Warning';
      const mark = svgElement('g', { class: 'event', 'data-index': event.index, role: 'img', tabindex: o.still ? undefined : 0, 'aria-label': clock(event.t) + ' ' + event.text }, svg);
      svgElement('title', {}, mark).textContent = clock(event.t) + '  ' + event.text;
      svgElement('path', {
        d: warning ? `M${at},${row - 6}L${px(at + 6)},${row + 5}H${px(at - 6)}Z` : `M${at},${row - 5.5}L${px(at + 5.5)},${row}L${at},${row + 5.5}L${px(at - 5.5)},${row}Z`,
        fill: colour(event.colour), stroke: colour('surface'), 'stroke-width': 1,
      }, mark);
    }
  }
  return { x, y, plot, height };
}
