/* The program as the page holds it: operations, the steps of time, what every lane holds. */

// ---- the data --------------------------------------------------------------------------
const marks = data.marks.map((m, index) => ({
  index, text: data.texts[m[0]], glyph: data.glyphs[m[0]], name: data.names[m[1]], column: m[2], start: m[3], end: m[4],
  role: data.roles[m[5]], group: m[6], line: m[7], by: m[8], value: m[9], lanes: m.slice(10),
  said: m[0],
}));
const columns = Array.from({ length: data.columns }, () => []);
for (const m of marks) columns[m.column].push(m);
const longest = marks.reduce((most, m) => Math.max(most, m.end - m.start), 0);
const steps = stepsOf(marks);
const stepOf = new Array(marks.length);
steps.forEach((step, k) => step.forEach((m) => { stepOf[m.index] = k; }));
const made = [0];
for (const step of steps) {
  made.push(made[made.length - 1] + step.filter((m) => m.name === "ebit").length);
}
const initial = new Map(data.stays.filter((s) => s[1] < 0).map((s) => [s[0], s[5]]));
const CONTROLS = { cx: 1, cy: 1, cz: 1, ch: 1, cp: 1, crx: 1, cry: 1, crz: 1, ccx: 2, ccz: 2,
  cswap: 1 };
const TARGETS = { cx: "x", ccx: "x", cz: "z", ccz: "z", cp: "z", swap: "s", cswap: "s" };
const LEFT = data.left, ROW = 34, CELL = 38, GAP = 26, TOP = 22, ENDING = 90, TRACK = 24;
const lefts = [0];
for (const width of data.widths) lefts.push(lefts[lefts.length - 1] + width);
const whole = lefts[lefts.length - 1];

/* The middle of a column at zoom 1; in front of the first, and behind the last, its edge. */
function middle(column) {
  if (column < 0) return -6;
  return column < data.columns ? (lefts[column] + lefts[column + 1]) / 2 : whole + 10;
}

/* Operations that start together, in the order of time and of the columns. */
function stepsOf(all) {
  const order = [...all].sort((a, b) => a.start - b.start || a.column - b.column
    || a.index - b.index);
  const found = [];
  for (const m of order) {
    const last = found[found.length - 1];
    if (last && last[0].start === m.start && last[0].column === m.column) last.push(m);
    else found.push([m]);
  }
  return found;
}

// ---- what the lanes hold ------------------------------------------------------------------
const staysIn = data.lanes.map(() => []);
for (const s of data.stays) staysIn[s[0]].push(s);
for (const stays of staysIn) stays.sort((a, b) => a[1] - b[1]);

/* The stay of a lane at a column, by halving; undefined: it is empty there. */
function stayAt(lane, column) {
  const stays = staysIn[lane];
  let low = 0, high = stays.length;
  while (low < high) {
    const half = (low + high) >> 1;
    if (stays[half][1] <= column) low = half + 1;
    else high = half;
  }
  return low && stays[low - 1][2] >= column ? stays[low - 1] : undefined;
}

/* Links with pairs, as [node, node], and the number of each by both nodes. */
const links = [], linkOf = new Map();
function linkKey(m) {
  const [a, b] = m.lanes.map((k) => data.lanes[k][0]).sort((x, y) => x - y);
  return `${a}-${b}`;
}
for (const key of new Set(marks.filter((m) => m.name === "ebit").map(linkKey))) {
  links.push(key.split("-").map(Number));
}
links.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
links.forEach(([a, b], k) => linkOf.set(`${a}-${b}`, k));

/* Halves of pairs from birth to their first use: { lane, start, end, ebit }, by start. */
function waitsOf() {
  const held = new Map(), found = [];
  for (const m of marks) {
    for (const lane of m.lanes) {
      const ebit = held.get(lane);
      if (ebit && m.start > ebit.end) found.push({ lane, start: ebit.end, end: m.start, ebit });
      held.delete(lane);
      if (m.name === "ebit") held.set(lane, m);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}
const waits = waitsOf();
const longestWait = waits.reduce((most, w) => Math.max(most, w.end - w.start), 0);
