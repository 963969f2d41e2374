// The charts and their content, for one run or for two.

const middle = (count) => Array.from({ length: count }, (_, i) => i + 0.5);
const ROWS = [['HorizontalPodAutoscaler', 'HPA', 'event-hpa'], ['Deployment', 'Deploy', 'event-other'], ['', 'Pods', 'event-other']];

function sum(rows, length) {
  const out = new Array(length).fill(0);
  for (const row of rows) row.forEach((v, i) => { out[i] += v; });
  return out;
}

// Each entry of the legend has a key of its own; at(second) is its value.
function everySecond(key, name, run, y, rest) {
  const x = middle(y.length);
  return { key, name, run, x, y, at: (s) => (s >= 0 && s < y.length ? y[s] : null), ...rest };
}

// A sample holds until the next one: at returns the value in the middle of the
// second, where the cursor is.
function sampled(key, name, run, y, rest) {
  const x = run.cluster.t;
  const at = (s) => {
    let found = null;
    for (let i = 0; i < x.length && x[i] <= s + 0.5; i++) found = y[i];
    return s + 0.5 > run.cluster.until ? null : found;
  };
  return { key, name, run, x, y, at, kind: 'step', end: run.cluster.until, ...rest };
}

function loadChart(runs, two) {
  const series = [];
  const same = two && JSON.stringify(runs[0].planned) === JSON.stringify(runs[1].planned);
  runs.forEach((run, r) => {
    const tag = two ? ' ' + run.label : '', id = two ? '-' + run.label : '';
    if (!two) series.push(everySecond('offered', 'offered', run, run.offered, { kind: 'line', colour: 'offered', width: 3 }));
    else series.push(everySecond('offered' + id, 'offered' + tag, run, run.offered, { kind: 'line', colour: 'run' + r, width: 3, opacity: 0.3 }));
    series.push(everySecond('achieved' + id, 'achieved' + tag, run, run.achieved, { kind: 'line', colour: two ? 'run' + r : 'achieved', width: 1.25 }));
    if (runs.some((any) => any.dropped.some((v) => v > 0))) {
      series.push(everySecond('dropped' + id, 'dropped' + tag, run, run.dropped, { kind: 'bar', colour: two ? 'run' + r : 'dropped', part: two ? [r / 2, (r + 1) / 2] : undefined }));
    }
  });
  runs.forEach((run, r) => {
    const id = two ? '-' + run.label : '';
    if (run.planned.every((v) => v === null) || (same && r)) return;
    series.push(everySecond('planned' + (same ? '' : id), 'planned' + (two && !same ? ' ' + run.label : ''), run, run.planned,
      { kind: 'line', colour: two && !same ? 'run' + r : 'planned', dash: '6 4', width: 1.5 }));
  });
  // The plan is drawn over the noise and listed before it.
  const legend = (keys) => [...keys].sort((a, b) => a.name.startsWith('planned') ? -1 : b.name.startsWith('planned') ? 1 : 0);
  return { id: 'load', title: 'Load', unit: 'requests per second', height: 140, series, legend };
}

function latencyChart(runs, two) {
  const series = [], areas = [];
  runs.forEach((run, r) => {
    const tag = two ? ' ' + run.label : '', id = two ? '-' + run.label : '';
    const colour = (name) => (two ? 'run' + r : name);
    const add = (key, rest) => series.push(everySecond(key + id, key + tag, run, run[key], { kind: 'line', suffix: ' ms', ...rest }));
    add('max', { colour: colour('max'), width: 1, dash: '1 2', off: two });
    add('p99', { colour: colour('p99'), width: two ? 1 : 1.25, opacity: two ? 0.75 : undefined });
    add('p90', { colour: colour('p90'), width: 1.25, off: two });
    add('p50', { colour: colour('p50'), width: 2 });
    const x = middle(run.p50.length);
    areas.push({ key: 'p90-p99' + id, of: ['p90' + id, 'p99' + id], x, lower: run.p90, upper: run.p99, colour: colour('p99'), opacity: 0.12 });
    areas.push({ key: 'p50-p90' + id, of: ['p50' + id, 'p90' + id], x, lower: run.p50, upper: run.p90, colour: colour('p90'), opacity: 0.2 });
  });
  // Drawn from the slowest to the fastest, and listed in reverse order.
  const legend = (keys) => runs.flatMap((run) => keys.filter((k) => k.run === run).reverse());
  return { id: 'latency', title: 'Latency', unit: 'milliseconds', height: 148, log: true, toggle: true, series, areas, legend };
}

function problemsChart(runs, two) {
  const series = [];
  runs.forEach((run, r) => {
    if (two) {
      const y = sum(run.problems.map((p) => p.values), run.offered.length);
      series.push(everySecond('problems-' + run.label, 'all kinds ' + run.label, run, y, { kind: 'bar', colour: 'run' + r, part: [r / 2, (r + 1) / 2] }));
      return;
    }
    let base = new Array(run.offered.length).fill(0);
    run.problems.forEach((problem, i) => {
      series.push(everySecond('problem-' + problem.key, problem.label, run, problem.values, { kind: 'bar', colour: 'problem' + (i % 6), base }));
      base = sum([base, problem.values], base.length);
    });
  });
  const quiet = runs.every((run) => run.problems.length === 0);
  return {
    id: 'problems', title: 'Errors and non-2xx', unit: 'per second', height: 66, integer: true, series: quiet ? [] : series,
    note: quiet ? 'None: every request that was sent was answered with 2xx.' : '',
  };
}

function targets(runs, make) {
  const seen = new Map();
  for (const run of runs) if (run.cluster) seen.set(JSON.stringify(make(run)), make(run));
  return [...seen.values()];
}

function metricChart(runs, two) {
  const series = [];
  runs.forEach((run, r) => {
    if (!run.cluster) return;
    const id = two ? '-' + run.label : '';
    series.push(sampled('metric' + id, 'average over the pods' + (two ? ' ' + run.label : ''), run, run.cluster.metric, { colour: two ? 'run' + r : 'metric', width: 1.75 }));
  });
  return {
    id: 'metric', title: 'Metric of the autoscaler', unit: [...new Set(runs.filter((r) => r.cluster).map((r) => r.cluster.name))].join(', '), height: 108, series,
    refs: targets(runs, (run) => ({ key: 'target', value: run.cluster.target, label: 'target ' + plain(run.cluster.target), colour: two ? 'ink' : 'target' })),
    // Within a tenth of the target the autoscaler does nothing.
    bands: targets(runs, (run) => ({ key: 'tolerance', low: run.cluster.target * 0.9, high: run.cluster.target * 1.1, colour: two ? 'muted' : 'target' })),
  };
}

function replicasChart(runs, two) {
  const series = [];
  runs.forEach((run, r) => {
    if (!run.cluster) return;
    const tag = two ? ' ' + run.label : '', id = two ? '-' + run.label : '';
    series.push(sampled('ready' + id, 'ready' + tag, run, run.cluster.ready, { colour: two ? 'run' + r : 'ready', width: two ? 2 : 1.5, fill: two ? undefined : 0.28 }));
    series.push(sampled('desired' + id, 'desired' + tag, run, run.cluster.desired, { colour: two ? 'run' + r : 'desired', width: two ? 1.25 : 1.75, dash: '5 3' }));
  });
  return {
    id: 'replicas', title: 'Replicas', unit: 'pods', height: 108, integer: true, series,
    refs: targets(runs, (run) => ({ key: 'max', value: run.cluster.max, label: 'limit ' + run.cluster.max, colour: 'muted', faint: true })),
  };
}

function eventsChart(runs, two) {
  const events = [], rows = [];
  const rowOf = (name) => { if (!rows.includes(name)) rows.push(name); return rows.indexOf(name); };
  const place = (event) => ROWS.find(([kind]) => event.object.startsWith(kind));
  if (two) for (const run of [...runs].reverse()) { if (run.events.length) rowOf(run.label); }
  else for (const row of [...ROWS].reverse()) { if (runs[0].events.some((e) => place(e) === row)) rowOf(row[1]); }
  runs.forEach((run, r) => run.events.forEach((event) => {
    const row = place(event);
    events.push({
      ...event, index: events.length, row: rowOf(two ? run.label : row[1]), hpa: row === ROWS[0],
      colour: two ? 'run' + r : event.type === 'Warning' ? 'warning' : row[2],
      text: (two ? run.label + ' ' : '') + event.reason + ': ' + event.message + (row === ROWS[0] ? '' : ' (' + event.object + ')'),
    });
  }));
  events.sort((a, b) => a.t - b.t);
  events.forEach((event, i) => { event.index = i; });
  return { id: 'events', title: 'Events', unit: '', height: 18 + 16 * Math.max(1, rows.length), series: [], events, rows };
}

function chartsOf(data) {
  const two = data.runs.length > 1;
  const charts = [];
  if (data.runs.some((run) => run.offered.length)) {
    charts.push(loadChart(data.runs, two), latencyChart(data.runs, two), problemsChart(data.runs, two));
  }
  if (data.runs.some((run) => run.cluster)) {
    const events = eventsChart(data.runs, two);
    const marks = events.events.filter((event) => event.hpa);
    charts.push({ ...metricChart(data.runs, two), markEvents: marks }, { ...replicasChart(data.runs, two), markEvents: marks });
    if (events.events.length) charts.push(events);
  }
  return charts;
}
