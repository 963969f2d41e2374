// Starts the page: reads the data, draws, and wires what is not a chart.

const data = JSON.parse(document.getElementById('data').textContent);
const view = createView(data, document.getElementById('charts'));

// The system's theme applies until one is chosen here.
const dark = matchMedia('(prefers-color-scheme: dark)');
const themeButton = document.getElementById('theme');
const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? 'dark' : 'light')) === 'dark';
function nameTheme() {
  themeButton.textContent = isDark() ? 'Light' : 'Dark';
  themeButton.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours');
}
themeButton.addEventListener('click', () => {
  document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
  nameTheme();
  view.draw();
});
dark.addEventListener('change', () => { nameTheme(); view.draw(); });
nameTheme();

// Paper is white.
let screenTheme;
addEventListener('beforeprint', () => {
  screenTheme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = 'light';
  view.draw();
});
addEventListener('afterprint', () => {
  if (screenTheme === undefined) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = screenTheme;
  view.draw();
});

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // Without permission, the text is only selected.
      getSelection().selectAllChildren(source);
      button.textContent = 'Selected';
      return;
    }
    button.textContent = 'Copied';
  });
}

for (const row of document.querySelectorAll('[data-second]')) {
  row.addEventListener('click', () => {
    view.move(Number(row.dataset.second));
    document.getElementById('chart-replicas')?.scrollIntoView({ block: 'center' });
  });
}

// The table of seconds is long: its rows are made when it is opened.
const table = document.getElementById('seconds');
table?.addEventListener('toggle', () => {
  const body = table.querySelector('tbody');
  if (body.childElementCount) return;
  const series = view.charts.flatMap((chart) => chart.series);
  const head = table.querySelector('thead tr');
  for (const s of series) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = s.name + (s.suffix ? ', ms' : '');
    head.appendChild(cell);
  }
  const rows = document.createDocumentFragment();
  for (let second = Math.floor(data.domain[0]); second < data.domain[1]; second++) {
    const values = series.map((s) => s.at(second));
    if (values.every((v) => v === null)) continue;
    const row = document.createElement('tr');
    const time = document.createElement('th');
    time.scope = 'row';
    time.textContent = clock(second);
    row.appendChild(time);
    for (const v of values) row.appendChild(document.createElement('td')).textContent = short(v);
    rows.appendChild(row);
  }
  body.appendChild(rows);
});

view.draw();
