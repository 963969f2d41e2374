// Scales, ticks and number formats. Nothing here knows about the page.

function linearScale(d0, d1, r0, r1) {
  const k = (r1 - r0) / (d1 - d0 || 1);
  return { to: (v) => r0 + (v - d0) * k, from: (p) => d0 + (p - r0) / k };
}

function logScale(d0, d1, r0, r1) {
  const inner = linearScale(Math.log10(d0), Math.log10(d1), r0, r1);
  return { to: (v) => inner.to(Math.log10(Math.max(v, d0))), from: (p) => 10 ** inner.from(p) };
}

// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below v.
function niceStep(v) {
  const power = 10 ** Math.floor(Math.log10(v));
  for (const factor of [1, 2, 2.5, 5]) if (factor * power >= v * 0.999) return factor * power;
  return 10 * power;
}

function linearTicks(lo, hi, step) {
  const ticks = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

// 1, 2, 5 per decade as long as they fit, then whole decades only.
function logTicks(lo, hi, count) {
  const all = [];
  for (let e = Math.floor(Math.log10(lo)); e <= Math.ceil(Math.log10(hi)); e++) {
    for (const factor of [1, 2, 5]) {
      const v = Number((factor * 10 ** e).toPrecision(1));
      if (v >= lo * 0.999 && v <= hi * 1.001) all.push(v);
    }
  }
  if (all.length <= count) return all;
  const decades = all.filter((v) => Math.abs(Math.log10(v) % 1) < 1e-9);
  return decades.length >= 2 ? decades : [all[0], all[all.length - 1]];
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

function timeTicks(lo, hi, count) {
  const wanted = (hi - lo) / count;
  const step = TIME_STEPS.find((s) => s >= wanted) || Math.ceil(wanted / 86400) * 86400;
  const ticks = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + 1e-9; i++) ticks.push(i * step);
  return ticks;
}

// Minutes and seconds, hours only where there are any: 2:05, 1:00:00.
function clock(seconds) {
  const s = Math.floor(Math.abs(seconds) + 1e-9);
  const sign = seconds < 0 && s > 0 ? '−' : '';
  const two = (n) => String(n).padStart(2, '0');
  const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return sign + (h ? h + ':' + two(m) : m) + ':' + two(s % 60);
}

// Three significant digits, thousands grouped, whole numbers without a point.
function short(v) {
  if (v === null || v === undefined) return '–';
  if (Number.isInteger(v)) return v.toLocaleString('en-US');
  const digits = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(v)))));
  return v.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

// For axes: as few digits as tell the ticks apart.
function plain(v) {
  return Number(v.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}
