// Charts as a separate image, for documents: heading, legend, axes and values,
// in the colours and the time range on the screen.

function composeImage(data, charts, o) {
  const svg = svgElement('svg', { xmlns: SVG });
  const margin = 28;
  const text = (size, weight, colour) => ({ 'font-family': FONT, 'font-size': size, 'font-weight': weight, fill: o.colours[colour] });
  const body = svgElement('g', {}, svg);
  let y = margin + 14;
  svgText(data.title, { ...text(17, 600, 'ink'), x: margin, y }, body);
  y += 20;
  svgText(data.subtitle, { ...text(12, 400, 'muted'), x: margin, y }, body);
  y += 22;
  for (const chart of charts) {
    y += 18;
    const title = svgText(chart.title, { ...text(13, 600, 'ink'), x: margin, y }, body);
    svgElement('tspan', { 'font-weight': 400, fill: o.colours.muted, dx: 8 }, title).textContent = chart.unit;
    let right = o.width - margin;
    const keys = (chart.legend ? chart.legend(chart.series) : chart.series).filter((s) => !o.hidden.has(s.key));
    for (const series of keys.slice().reverse()) {
      // Without a page there is no layout to measure text with: 6.6 px per letter is generous.
      right -= series.name.length * 6.6;
      svgText(series.name, { ...text(12, 400, 'ink'), x: px(right), y }, body);
      const colour = o.colours[series.colour];
      if (series.kind === 'bar') svgElement('rect', { x: px(right - 18), y: y - 9, width: 9, height: 9, fill: colour }, body);
      else svgElement('line', { x1: px(right - 26), x2: px(right - 7), y1: y - 4, y2: y - 4, stroke: colour, 'stroke-width': Math.min(3, (series.width || 1.5) + 0.5), 'stroke-dasharray': series.dash, 'stroke-opacity': series.opacity }, body);
      right -= 46;
    }
    y += 6;
    const inner = svgElement('svg', { x: margin - 10, y, overflow: 'visible' }, body);
    const drawn = drawChart(inner, chart, { ...o, width: o.width - 2 * margin + 10, narrow: false, suffix: '-image', still: true });
    y += drawn.height + 6;
  }
  const height = Math.ceil(y + margin - 14);
  for (const [name, value] of Object.entries({ width: o.width, height, viewBox: `0 0 ${o.width} ${height}` })) svg.setAttribute(name, value);
  svg.insertBefore(svgElement('rect', { width: o.width, height, fill: o.colours.surface }), body);
  return { text: new XMLSerializer().serializeToString(svg), width: o.width, height };
}

function fileName(data, name, type) {
  const stamp = data.runs[0].started.slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `loadgen-${stamp}-${name}.${type}`;
}

function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function saveImage(image, type, name) {
  if (type === 'svg') {
    download(new Blob([image.text], { type: 'image/svg+xml' }), name);
    return;
  }
  const picture = new Image();
  picture.onload = () => {
    const canvas = document.createElement('canvas');
    canvas.width = image.width * 2;
    canvas.height = image.height * 2;
    const context = canvas.getContext('2d');
    context.scale(2, 2);
    context.drawImage(picture, 0, 0);
    canvas.toBlob((blob) => download(blob, name), 'image/png');
  };
  picture.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(image.text);
}
