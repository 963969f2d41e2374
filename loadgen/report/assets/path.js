// From values to the text of SVG paths. Where several values share a column of
// pixels, the first, lowest, highest and last of them are drawn: the picture
// is the same and a run of a day stays fast.

const px = (v) => Math.round(v * 100) / 100;

// The indices [from, to) of sorted xs that touch [lo, hi], one more on each side.
function visible(xs, lo, hi) {
  const first = (v) => {
    let a = 0, b = xs.length;
    while (a < b) { const m = (a + b) >> 1; if (xs[m] < v) a = m + 1; else b = m; }
    return a;
  };
  return [Math.max(0, first(lo) - 1), Math.min(xs.length, first(hi) + 2)];
}

// Groups of indices, one for each column of pixels.
function columns(xs, from, to, x) {
  const groups = [];
  let column = null;
  for (let i = from; i < to; i++) {
    const c = Math.floor(x.to(xs[i]));
    if (c !== column) { groups.push([]); column = c; }
    groups[groups.length - 1].push(i);
  }
  return groups;
}

function thinned(xs, ys, from, to, x, width) {
  const all = [];
  if (to - from <= 2 * width) {
    for (let i = from; i < to; i++) all.push(i);
    return all;
  }
  for (const group of columns(xs, from, to, x)) {
    let low = group[0], high = group[0], gap = -1;
    for (const i of group) {
      if (ys[i] === null) { gap = i; continue; }
      if (ys[low] === null || ys[i] < ys[low]) low = i;
      if (ys[high] === null || ys[i] > ys[high]) high = i;
    }
    const keep = new Set([group[0], low, high, group[group.length - 1]]);
    if (gap >= 0 && group.length === 1) keep.add(gap);
    all.push(...[...keep].sort((a, b) => a - b));
  }
  return all;
}

// Each value at its x, joined; null leaves a gap. A value alone between two
// gaps becomes a stroke of length zero, which a round line cap shows as a dot.
function linePath(xs, ys, x, y, range, width) {
  const [from, to] = visible(xs, range[0], range[1]);
  const out = [];
  let open = false;
  for (const i of thinned(xs, ys, from, to, x, width)) {
    if (ys[i] === null) { open = false; continue; }
    const point = px(x.to(xs[i])) + ',' + px(y.to(ys[i]));
    if (open) out.push('L' + point);
    else if (i + 1 >= to || ys[i + 1] === null) out.push('M' + point + 'L' + point);
    else out.push('M' + point);
    open = true;
  }
  return out.join('');
}

// A value holds until the next one; the last one until end.
function stepPath(xs, ys, x, y, range, end, floor) {
  const [from, to] = visible(xs, range[0], range[1]);
  const out = [];
  let open = false, last = null;
  const close = (at) => { if (open && floor !== undefined) out.push('V' + px(floor) + 'H' + px(at) + 'Z'); };
  let start = 0;
  for (let i = from; i < to; i++) {
    const at = px(x.to(xs[i]));
    if (ys[i] === null) {
      if (open) { out.push('H' + at); close(start); }
      open = false;
      continue;
    }
    const level = px(y.to(ys[i]));
    if (!open) { out.push('M' + at + ',' + level); start = at; }
    else if (level !== last) out.push('H' + at + 'V' + level);
    open = true;
    last = level;
  }
  if (open) {
    out.push('H' + px(x.to(to < xs.length ? xs[to] : Math.max(end, xs[xs.length - 1]))));
    close(start);
  }
  return out.join('');
}

// The area between two rows of values.
function bandPath(xs, lower, upper, x, y, range, width) {
  const [from, to] = visible(xs, range[0], range[1]);
  const out = [];
  let top = [], bottom = [];
  const flush = () => {
    if (top.length > 1) out.push('M' + top.join('L') + 'L' + bottom.reverse().join('L') + 'Z');
    top = []; bottom = [];
  };
  const add = (at, low, high) => {
    if (low === null || high === null) { flush(); return; }
    top.push(px(x.to(at)) + ',' + px(y.to(high)));
    bottom.push(px(x.to(at)) + ',' + px(y.to(low)));
  };
  if (to - from <= 2 * width) {
    for (let i = from; i < to; i++) add(xs[i], lower[i], upper[i]);
  } else {
    for (const group of columns(xs, from, to, x)) {
      const known = group.filter((i) => lower[i] !== null && upper[i] !== null);
      if (!known.length) { flush(); continue; }
      add(xs[known[0]], Math.min(...known.map((i) => lower[i])), Math.max(...known.map((i) => upper[i])));
    }
  }
  flush();
  return out.join('');
}

// One bar for each second with a value, standing on base. part says which share
// of the second's width it takes: [0, 1] is all of it.
function barPath(xs, ys, base, x, y, range, part) {
  const [from, to] = visible(xs, range[0] - 1, range[1] + 1);
  const out = [];
  const second = x.to(1) - x.to(0);
  const bar = (i, left, right) => {
    const low = base ? base[i] : 0;
    out.push('M' + px(left) + ',' + px(y.to(low)) + 'V' + px(y.to(low + ys[i])) + 'H' + px(right) + 'V' + px(y.to(low)) + 'Z');
  };
  if (second >= 1) {
    const gap = second > 4 ? 0.5 : 0;
    for (let i = from; i < to; i++) {
      if (!ys[i]) continue;
      const left = x.to(xs[i] - 0.5);
      bar(i, left + second * part[0] + gap, Math.max(left + second * part[0] + gap + 1, left + second * part[1] - gap));
    }
    return out.join('');
  }
  for (const group of columns(xs, from, to, x)) {
    let top = group[0];
    for (const i of group) if (ys[i] + (base ? base[i] : 0) > ys[top] + (base ? base[top] : 0)) top = i;
    if (ys[top]) { const left = Math.floor(x.to(xs[top])); bar(top, left, left + 1); }
  }
  return out.join('');
}
