// The page's state, and what pointer, wheel and keys do to it.

const COLOURS = ['surface', 'ink', 'muted', 'grid', 'axis', 'planned', 'offered', 'achieved', 'dropped', 'p50', 'p90', 'p99', 'max',
  'metric', 'target', 'ready', 'desired', 'event-hpa', 'event-other', 'warning', 'run0', 'run1',
  'problem0', 'problem1', 'problem2', 'problem3', 'problem4', 'problem5'];
const SHORTEST = 5; // seconds that can be zoomed to

function createView(data, root) {
  const charts = chartsOf(data);
  const full = data.domain;
  const state = { range: full.slice(), cursor: null, hidden: new Set(), wanted: null, drawn: false };
  for (const chart of charts) for (const series of chart.series) if (series.off) state.hidden.add(series.key);
  const byId = (id) => document.getElementById(id);
  const slider = byId('cursor'), reset = byId('reset'), shown = byId('range');
  const single = data.runs.length === 1;

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const out = {};
    for (const name of COLOURS) out[name] = style.getPropertyValue('--' + name).trim();
    return out;
  }

  function options(width, palette) {
    return {
      width, range: state.range, hidden: state.hidden, colours: palette, top: 0, narrow: width < 560,
      loadEnds: single ? data.runs[0].load_end : Math.max(...data.runs.map((run) => run.load_end)),
    };
  }

  function figure(chart) {
    const node = byId('chart-template').content.firstElementChild.cloneNode(true);
    node.id = 'chart-' + chart.id;
    node.querySelector('h3').textContent = chart.title;
    node.querySelector('.unit').textContent = chart.unit;
    chart.svg = node.querySelector('.plot svg');
    chart.svg.setAttribute('role', chart.events ? 'group' : 'img');
    chart.note_ = node.querySelector('.note');
    chart.note_.textContent = chart.note || '';
    chart.note_.hidden = !chart.note;
    if (chart.note) node.querySelector('.plot').hidden = true;
    for (const button of node.querySelectorAll('[data-save]')) {
      if (chart.note) { button.hidden = true; continue; }
      button.setAttribute('aria-label', `Save the chart ${chart.title} as ${button.dataset.save.toUpperCase()}`);
      button.addEventListener('click', () => save([chart], button.dataset.save, chart.id));
    }
    const legend = node.querySelector('.legend');
    chart.keys = {};
    const keys = chart.legend ? chart.legend(chart.series) : chart.series;
    for (const series of keys) {
      const key = byId('key-template').content.firstElementChild.cloneNode(true);
      key.dataset.key = series.key;
      key.querySelector('.name').textContent = series.name;
      key.addEventListener('click', () => {
        if (state.hidden.has(series.key)) state.hidden.delete(series.key); else state.hidden.add(series.key);
        draw();
      });
      chart.keys[series.key] = key;
      // Two runs have two rows, one below the other.
      let row = legend.querySelector(`[data-run="${series.run.label}"]`);
      if (!row) {
        row = document.createElement('div');
        row.dataset.run = series.run.label;
        legend.appendChild(row);
      }
      row.appendChild(key);
    }
    if (chart.toggle) {
      const button = byId('scale-template').content.firstElementChild.cloneNode(true);
      node.querySelector('.actions').prepend(button);
      for (const choice of button.querySelectorAll('button')) {
        choice.addEventListener('click', () => {
          chart.log = choice.dataset.scale === 'log';
          for (const other of button.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === choice));
          draw();
        });
      }
    }
    if (chart.events) {
      chart.latest = document.createElement('p');
      chart.latest.className = 'latest';
      node.querySelector('.plot').after(chart.latest);
    }
    if (!chart.note) listen(chart);
    return node;
  }

  function swatch(node, series, palette) {
    node.replaceChildren();
    const colour = palette[series.colour];
    if (series.kind === 'bar') svgElement('rect', { x: 5, y: 1, width: 8, height: 8, fill: colour }, node);
    else {
      if (series.fill) svgElement('rect', { x: 0, y: 3, width: 18, height: 7, fill: colour, 'fill-opacity': series.fill }, node);
      svgElement('line', { x1: 0, x2: 18, y1: series.fill ? 3 : 5, y2: series.fill ? 3 : 5, stroke: colour, 'stroke-width': Math.min(3, (series.width || 1.5) + 0.5), 'stroke-opacity': series.opacity, 'stroke-dasharray': series.dash }, node);
    }
  }

  function draw() {
    const width = Math.floor(root.clientWidth);
    if (width <= 0) return;
    const palette = colours();
    for (const chart of charts) {
      if (chart.note) continue;
      chart.frame = drawChart(chart.svg, chart, options(width, palette));
      chart.svg.setAttribute('aria-label', describe(chart));
      chart.svg.dataset.from = state.range[0];
      chart.svg.dataset.to = state.range[1];
      chart.cursor = svgElement('g', { class: 'cursor', 'pointer-events': 'none' }, chart.svg);
      chart.brush = svgElement('g', { class: 'brush', 'pointer-events': 'none' }, chart.svg);
      chart.palette = palette;
      for (const series of chart.series) {
        const key = chart.keys[series.key];
        key.setAttribute('aria-pressed', String(!state.hidden.has(series.key)));
        swatch(key.querySelector('svg'), series, palette);
      }
      for (const mark of chart.svg.querySelectorAll('.event')) {
        mark.addEventListener('focus', () => move(Math.floor(chart.events[mark.dataset.index].t)));
      }
    }
    const zoomed = state.range[0] > full[0] || state.range[1] < full[1];
    reset.disabled = !zoomed;
    shown.textContent = zoomed ? `${clock(state.range[0])} to ${clock(state.range[1])}` : 'whole run';
    drawCursor();
    root.dataset.ready = 'true';
  }

  // For screen readers: what the chart is, and where its numbers are.
  function describe(chart) {
    if (chart.events) return `${chart.events.length} events over time; the list is below`;
    const names = chart.series.filter((s) => !state.hidden.has(s.key)).map((s) => s.name).join(', ');
    return `${chart.title}, ${chart.unit}, from ${clock(state.range[0])} to ${clock(state.range[1])}: ${names}. The table of seconds below has the numbers.`;
  }

  function latestEvent(chart) {
    if (state.cursor === null) return null;
    let found = null;
    for (const event of chart.events) if (event.t < state.cursor + 1) found = event;
    return found;
  }

  function drawCursor() {
    const spoken = [];
    for (const chart of charts) {
      if (chart.note || !chart.frame) continue;
      chart.cursor.replaceChildren();
      const { x, y, plot } = chart.frame;
      const inside = state.cursor !== null && state.cursor + 0.5 >= state.range[0] && state.cursor + 0.5 <= state.range[1];
      if (inside) {
        const at = px(x.to(state.cursor + 0.5));
        svgElement('line', { x1: at, x2: at, y1: plot.top - 8, y2: plot.bottom, stroke: chart.palette.ink, 'stroke-opacity': 0.55 }, chart.cursor);
        for (const series of chart.series) {
          const v = series.at(state.cursor);
          if (v === null || state.hidden.has(series.key) || series.kind === 'bar' || (chart.log && v <= 0)) continue;
          svgElement('circle', { cx: at, cy: px(y.to(v)), r: 3, fill: chart.palette[series.colour], stroke: chart.palette.surface, 'stroke-width': 1.5 }, chart.cursor);
        }
      }
      for (const series of chart.series) {
        const v = state.cursor === null ? undefined : series.at(state.cursor);
        chart.keys[series.key].querySelector('.value').textContent = v === undefined ? '' : short(v);
        if (v !== undefined && v !== null && !state.hidden.has(series.key)) spoken.push(`${series.name} ${short(v)}${series.suffix || ''}`);
      }
      if (chart.events) {
        const event = latestEvent(chart);
        chart.latest.textContent = event ? `${clock(event.t)}  ${event.text}` : state.cursor === null ? `${chart.events.length} events; hover for their text, or read the list below.` : 'No event yet.';
        for (const mark of chart.svg.querySelectorAll('.event')) mark.classList.toggle('current', event !== null && mark.dataset.index === String(event.index));
        if (event) spoken.push('last event ' + event.text);
      }
    }
    const now = state.cursor;
    const wall = now === null || !single ? '' : new Date(Date.parse(data.runs[0].started) + now * 1000).toISOString().slice(11, 19) + ' UTC';
    byId('cursor-time').textContent = now === null ? '' : clock(now);
    byId('cursor-more').textContent = now === null ? 'Point at a second' : [now >= 0 ? 'second ' + now : 'before the load', wall].filter(Boolean).join(' · ');
    slider.setAttribute('aria-valuemin', Math.floor(full[0]));
    slider.setAttribute('aria-valuemax', Math.ceil(full[1]) - 1);
    slider.setAttribute('aria-valuenow', now === null ? Math.floor(full[0]) : now);
    slider.setAttribute('aria-valuetext', now === null ? 'no second chosen' : clock(now) + ': ' + spoken.join(', '));
  }

  // Moves the cursor to a second; null removes it.
  function move(second) {
    if (second !== null) second = Math.min(Math.max(second, Math.floor(full[0])), Math.ceil(full[1]) - 1);
    if (second === state.cursor) return;
    state.cursor = second;
    drawCursor();
  }

  function zoom(from, to) {
    let span = Math.min(Math.max(to - from, SHORTEST), full[1] - full[0]);
    let start = (from + to) / 2 - span / 2;
    start = Math.min(Math.max(start, full[0]), full[1] - span);
    state.range = [start, start + span];
    soon();
  }

  const all = () => zoom(full[0], full[1]);

  // At most one drawing per frame, however many events arrive.
  function soon() {
    if (state.wanted !== null) return;
    state.wanted = requestAnimationFrame(() => { state.wanted = null; draw(); });
  }

  function around(at, factor) {
    zoom(at - (at - state.range[0]) * factor, at + (state.range[1] - at) * factor);
  }

  function listen(chart) {
    const svg = chart.svg;
    const pointers = new Map();
    let brushFrom = null, pinch = null;
    const timeAt = (clientX) => chart.frame.x.from((clientX - svg.getBoundingClientRect().left) * (chart.svg.viewBox.baseVal.width / svg.getBoundingClientRect().width));
    const clamp = (t) => Math.min(Math.max(t, state.range[0]), state.range[1]);
    const showBrush = (a, b) => {
      for (const other of charts) {
        if (!other.brush) continue;
        other.brush.replaceChildren();
        if (a === null) continue;
        const { x, plot } = other.frame;
        const left = x.to(Math.min(a, b)), right = x.to(Math.max(a, b));
        svgElement('rect', { x: px(left), width: px(right - left), y: plot.top - 8, height: plot.bottom - plot.top + 8, fill: other.palette.achieved, 'fill-opacity': 0.14 }, other.brush);
      }
    };
    svg.cancelBrush = () => { brushFrom = null; showBrush(null); };
    svg.addEventListener('pointerdown', (e) => {
      if (e.button !== 0) return;
      pointers.set(e.pointerId, e.clientX);
      const t = timeAt(e.clientX);
      if (e.pointerType === 'touch') {
        if (pointers.size === 2) {
          const [a, b] = [...pointers.values()];
          pinch = { a: timeAt(a), b: timeAt(b) };
        } else move(Math.floor(clamp(t)));
        return;
      }
      svg.setPointerCapture(e.pointerId);
      brushFrom = clamp(t);
    });
    svg.addEventListener('pointermove', (e) => {
      const t = clamp(timeAt(e.clientX));
      if (e.pointerType === 'touch') {
        if (!pointers.has(e.pointerId)) return;
        pointers.set(e.pointerId, e.clientX);
        if (pinch && pointers.size === 2) {
          // The two moments under the fingers stay there.
          const [p, q] = [...pointers.values()].map((v) => v - svg.getBoundingClientRect().left);
          const { plot } = chart.frame;
          if (Math.abs(q - p) < 8) return;
          const perPixel = (pinch.b - pinch.a) / (q - p);
          if (!(perPixel > 0)) return;
          const from = pinch.a - (p - plot.left) * perPixel;
          zoom(from, from + (plot.right - plot.left) * perPixel);
          return;
        }
        if (!pinch) move(Math.floor(t));
        return;
      }
      move(Math.floor(t));
      if (brushFrom !== null) showBrush(brushFrom, t);
    });
    const up = (e) => {
      pointers.delete(e.pointerId);
      if (pinch && pointers.size === 0) pinch = null;
      if (brushFrom === null || e.type === 'pointercancel') { svg.cancelBrush(); return; }
      const from = brushFrom, to = clamp(timeAt(e.clientX));
      svg.cancelBrush();
      const { x } = chart.frame;
      if (Math.abs(x.to(to) - x.to(from)) >= 6) zoom(Math.round(Math.min(from, to)), Math.round(Math.max(from, to)));
    };
    svg.addEventListener('pointerup', up);
    svg.addEventListener('pointercancel', up);
    svg.addEventListener('pointerleave', (e) => { if (e.pointerType === 'mouse' && brushFrom === null) move(null); });
    svg.addEventListener('dblclick', all);
    svg.addEventListener('wheel', (e) => {
      if (e.ctrlKey || e.metaKey) {
        e.preventDefault();
        around(clamp(timeAt(e.clientX)), 2 ** (Math.max(-50, Math.min(50, e.deltaY)) / 50));
      } else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
        e.preventDefault();
        const by = ((e.deltaX || e.deltaY) / svg.clientWidth) * (state.range[1] - state.range[0]);
        zoom(state.range[0] + by, state.range[1] + by);
      }
    }, { passive: false });
  }

  function key(e) {
    if (e.altKey || e.ctrlKey || e.metaKey) return;
    const inside = e.target === document.body || e.target === slider || (e.target.closest && e.target.closest('.event'));
    if (e.key === 'Escape') { for (const chart of charts) if (chart.svg.cancelBrush) chart.svg.cancelBrush(); all(); return; }
    if (!inside) return;
    const first = Math.ceil(state.range[0]), last = Math.ceil(state.range[1]) - 1;
    const from = state.cursor === null ? first - 1 : state.cursor;
    const page = Math.max(10, Math.round((state.range[1] - state.range[0]) / 10));
    const to = {
      ArrowRight: from + (e.shiftKey ? 10 : 1), ArrowLeft: (state.cursor === null ? last + 1 : from) - (e.shiftKey ? 10 : 1),
      PageUp: from + page, PageDown: from - page, Home: first, End: last,
    }[e.key];
    if (to !== undefined) {
      // Outside the charts, these keys still scroll the page.
      if (e.target === document.body && !e.key.startsWith('Arrow')) return;
      e.preventDefault();
      const span = state.range[1] - state.range[0];
      move(to);
      if (state.cursor + 1 > state.range[1]) zoom(state.cursor + 1 - span, state.cursor + 1);
      if (state.cursor < state.range[0]) zoom(state.cursor, state.cursor + span);
      return;
    }
    const at = state.cursor === null ? (state.range[0] + state.range[1]) / 2 : state.cursor + 0.5;
    if (e.key === '+' || e.key === '=') around(at, 0.5);
    if (e.key === '-') around(at, 2);
  }

  function save(which, type, name) {
    const image = composeImage(data, which, options(1200, colours()));
    saveImage(image, type, fileName(data, name, type));
  }

  for (const chart of charts) root.appendChild(figure(chart));
  reset.addEventListener('click', all);
  document.addEventListener('keydown', key);
  for (const button of document.querySelectorAll('[data-save-all]')) {
    button.addEventListener('click', () => save(charts.filter((chart) => !chart.note), button.dataset.saveAll, 'charts'));
  }
  new ResizeObserver(soon).observe(root);
  return { draw, soon, move, zoom, charts, state };
}
