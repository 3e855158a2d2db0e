/* Draws the program's circuit and timeline: only what is in view, from the data in the page. */

// ---- the data --------------------------------------------------------------------------
const marks = data.marks.map((m, index) => ({
  index, text: data.texts[m[0]], glyph: data.glyphs[m[0]], name: data.names[m[1]], column: m[2], start: m[3], end: m[4],
  role: data.roles[m[5]], group: m[6], line: m[7], by: m[8], value: m[9], lanes: m.slice(10),
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
const LEFT = data.left, ROW = 34, CELL = 38, GAP = 26, TOP = 22, ENDING = 90;
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

// ---- state -----------------------------------------------------------------------------
const state = { view: "circuit", zoom: { circuit: 1, time: 1 }, step: 0, picked: null,
  line: -1 };

// ---- geometry --------------------------------------------------------------------------
function laneTops(scale) {
  const tops = [], bands = [];
  let y = TOP, node = -1;
  data.lanes.forEach((lane, k) => {
    if (lane[0] !== node) {
      if (bands.length) bands[bands.length - 1].bottom = y;
      y += k ? 8 : 0;
      bands.push({ node: lane[0], top: y, bottom: y });
      y += GAP - 8;
      node = lane[0];
    }
    tops.push(y + (ROW * scale) / 2);
    y += ROW * scale;
  });
  if (bands.length) bands[bands.length - 1].bottom = y;
  return { tops, bands, height: y + 6 };
}

function geometry(view, zoom, width) {
  const scale = Math.min(Math.max(view === "circuit" ? zoom : 1, 0.35), 1.6);
  const lanes = laneTops(scale);
  const cell = CELL * zoom;
  const inner = Math.max(width - LEFT - 16, 80);
  const span = Math.max(data.makespan, 1);
  const perNs = (inner * zoom) / span;
  const total = view === "circuit" ? LEFT + whole * zoom + ENDING
    : LEFT + inner * zoom + 16;
  return { view, scale, cell, zoom, perNs, width: Math.max(total, width), ...lanes,
    x: view === "circuit" ? (column) => LEFT + middle(column) * zoom : (ns) => LEFT + ns * perNs };
}

// ---- drawing ---------------------------------------------------------------------------
const NS = "http://www.w3.org/2000/svg";
function add(parent, name, attributes, words) {
  const e = document.createElementNS(NS, name);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  if (words !== undefined) e.textContent = words;
  parent.appendChild(e);
  return e;
}

/* Everything between x0 and x1, y0 and y1 of the drawing. */
function draw(svg, g, box) {
  const field = add(svg, "g", { transform: `translate(${-box.x0} ${-box.y0})` });
  const seen = (y) => y > box.y0 - ROW * 2 && y < box.y1 + ROW * 2;
  for (const b of g.bands) {
    add(field, "rect", { class: `lane d${b.node}`, x: box.x0, y: b.top, height: b.bottom - b.top,
      width: box.x1 - box.x0 });
  }
  drawMoment(field, g, box);
  const wires = ["", ""];
  for (const s of data.stays) {
    const [x1, x2] = g.view === "circuit"
      ? [g.x(s[1]), g.x(s[2])] : [g.x(s[3]), g.x(s[4])];
    const y = g.tops[s[0]];
    if (x2 < box.x0 || x1 > box.x1 || !seen(y)) continue;
    wires[data.lanes[s[0]][1]] += `M${Math.max(x1, box.x0)} ${y}H${Math.min(x2, box.x1)}`;
    if (s[5] && g.cell > 26 && g.view === "circuit" && s[1] >= 0) {
      add(field, "text", { class: "state", x: x1 + 4, y: y - 13 * g.scale }, s[5]);
    }
  }
  add(field, "path", { class: "wire", d: wires[0] || "M0 0" });
  add(field, "path", { class: "wire comm", d: wires[1] || "M0 0" });
  if (g.view === "circuit") drawEndings(field, g, seen);
  const shown = g.view === "circuit" ? columnsIn(g, box) : marksIn(g, box);
  if (g.view === "circuit") drawDecisions(field, g, shown);
  const small = g.view === "circuit" ? g.cell < 15 : shown.length > 900;
  if (small) drawSmall(field, g, shown, seen);
  else for (const m of shown) if (m.lanes.some((k) => seen(g.tops[k]))) drawMark(field, g, m);
  drawLabels(svg, g, box);
  if (g.view === "time") drawRuler(svg, g, box);
}

/* What the program returns of the qubit that ends in a lane. */
function drawEndings(field, g, seen) {
  if (g.scale < 0.45) return;
  for (const [lane, words] of data.endings) {
    const y = g.tops[lane];
    if (seen(y)) add(field, "text", { class: "ending", x: g.x(data.columns) + 8, y: y + 4 }, words);
  }
}

/* The column at a place, by halving. */
function columnAt(g, x) {
  const wanted = (x - LEFT) / g.zoom;
  let low = 0, high = data.columns;
  while (low < high) {
    const half = (low + high) >> 1;
    if (lefts[half + 1] < wanted) low = half + 1;
    else high = half;
  }
  return low;
}

function columnsIn(g, box) {
  return columns.slice(Math.max(columnAt(g, box.x0) - 1, 0), columnAt(g, box.x1) + 1).flat();
}

/* In a timeline, what is closer than a point to its neighbour in the same lane is left out. */
function marksIn(g, box) {
  const t0 = (box.x0 - LEFT) / g.perNs - longest - 1, t1 = (box.x1 - LEFT) / g.perNs + 1;
  const right = data.lanes.map(() => -Infinity);
  const kept = [];
  for (const m of marks) {
    if (m.start < t0) continue;
    if (m.start > t1) break;
    const x = g.x(m.end);
    if (stepOf[m.index] !== state.step - 1 && state.picked !== m
      && m.lanes.every((k) => x - right[k] < 0.8)) continue;
    for (const k of m.lanes) right[k] = Math.max(right[k], x);
    kept.push(m);
  }
  return kept;
}

function classes(m) {
  const node = data.lanes[m.lanes[0]][0];
  let text = `hit d${node}`;
  if (state.step && stepOf[m.index] >= state.step) text += " later";
  if (state.step && stepOf[m.index] === state.step - 1) text += " now";
  if (isChosen(m)) text += " picked";
  else if (state.picked || state.line >= 0) text += " other";
  return text;
}

function isChosen(m) {
  if (state.line >= 0) return m.line === state.line;
  const p = state.picked;
  if (!p) return false;
  return p === m || (p.group >= 0 && m.group === p.group && family(m) === family(p));
}

function family(m) { return m.role.startsWith("cat-") ? "cat" : m.role; }

function drawDecisions(field, g, shown) {
  if (g.cell < 15) return;
  for (const m of shown) {
    if (m.by < 0) continue;
    const by = marks[m.by];
    const later = state.step && stepOf[m.index] >= state.step ? " later" : "";
    add(field, "line", { class: `decides${later}`, x1: g.x(by.column), y1: g.tops[by.lanes[0]],
      x2: g.x(m.column), y2: g.tops[m.lanes[0]] });
  }
}

/* Far out: plain blocks, one path a device. */
function drawSmall(field, g, shown, seen) {
  const paths = new Map();
  const put = (key, d) => {
    if (!paths.has(key)) paths.set(key, []);
    paths.get(key).push(d);
  };
  const high = g.view === "circuit" ? Math.max(ROW * g.scale * 0.3, 2) : 7;
  for (const m of shown) {
    const ys = m.lanes.map((k) => g.tops[k]);
    const [x, wide] = smallPlace(g, m);
    const look = classes(m).replace("hit ", ""), ebit = m.name === "ebit";
    if (ys.length > 1) {
      const at = g.view === "circuit" ? x + wide / 2 : ebit ? x + wide : x;
      put(`${ebit ? "ebit" : "joint"}|${look}`, `M${at} ${Math.min(...ys)}V${Math.max(...ys)}`);
    }
    for (const y of ys.filter(seen)) {
      put(`${ebit ? "half" : "solid"}|${look}`, `M${x} ${y - high}h${wide}v${2 * high}h${-wide}z`);
    }
  }
  for (const [key, parts] of [...paths].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    const [kind, look] = key.split("|");
    add(add(field, "g", { class: look }), "path", { class: kind, d: parts.join("") });
  }
}

function smallPlace(g, m) {
  if (g.view === "time") return [g.x(m.start), Math.max(g.x(m.end) - g.x(m.start), 1.5)];
  const wide = Math.max(data.widths[m.column] * g.zoom * 0.8, 1.2);
  return [g.x(m.column) - wide / 2, wide];
}

function drawMark(field, g, m) {
  const group = add(field, "g", { class: classes(m), "data-mark": m.index });
  add(group, "title", {}, m.text);
  if (g.view === "time") drawBar(group, g, m);
  else drawGlyph(group, g, m);
}

function drawGlyph(group, g, m) {
  const x = g.x(m.column), ys = m.lanes.map((k) => g.tops[k]);
  const k = Math.min(g.scale, g.cell / CELL);
  if (m.name === "ebit") {
    add(group, "line", { class: "ebit", x1: x, x2: x, y1: Math.min(...ys), y2: Math.max(...ys) });
    for (const y of ys) {
      const r = 7 * k;
      add(group, "path", { class: "half", d: `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z` });
    }
    return;
  }
  if (ys.length > 1) {
    add(group, "line", { class: "joint", x1: x, x2: x, y1: Math.min(...ys), y2: Math.max(...ys) });
  }
  ys.forEach((y, at) => drawEnd(group, m, at, x, y, k));
  if (TARGETS[m.name] && m.glyph[1] && k > 0.55) {
    const y = (Math.min(...ys) + Math.max(...ys)) / 2 + 3;
    add(group, "text", { class: "beside", x: x + 7, y }, m.glyph[1]);
  }
}

function drawEnd(group, m, at, x, y, k) {
  const kind = TARGETS[m.name];
  const r = 8 * k, w = m.glyph[2] * k, h = 26 * k;
  if (at < (CONTROLS[m.name] || 0) || kind === "z") {
    add(group, "circle", { class: "solid", cx: x, cy: y, r: 4.2 * k });
  } else if (kind === "x") {
    add(group, "circle", { class: "ring", cx: x, cy: y, r });
    add(group, "path", { class: "cross", d: `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}` });
  } else if (kind === "s") {
    const s = 5 * k;
    add(group, "path", { class: "cross",
      d: `M${x - s} ${y - s}l${2 * s} ${2 * s}m0 ${-2 * s}l${-2 * s} ${2 * s}` });
  } else {
    add(group, "rect", { class: "box", x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 4 });
    const [name, angle] = m.glyph;
    if (k > 0.8 && angle) {
      add(group, "text", { class: "gate", x, y: y - k }, name);
      add(group, "text", { class: "angle", x, y: y + 9 * k }, angle);
    } else if (k > 0.55 && name.length * 6.8 * 0.9 < w) {
      add(group, "text", { class: "gate", x, y: y + 4 }, name);
    }
  }
}

function drawBar(group, g, m) {
  const x = g.x(m.start), w = Math.max(g.x(m.end) - x, 2), h = 14;
  const ys = m.lanes.map((k) => g.tops[k]);
  const ebit = m.name === "ebit";
  if (ys.length > 1) {
    const at = ebit ? x + w : x + w / 2;
    add(group, "line", { class: ebit ? "ebit" : "joint", x1: at, x2: at, y1: Math.min(...ys),
      y2: Math.max(...ys) });
  }
  for (const y of ys) {
    add(group, "rect", { class: ebit ? "half" : "solid", x, y: y - h / 2, width: w, height: h,
      rx: Math.min(3, w / 2), opacity: ebit ? 0.75 : 1 });
  }
}

function drawMoment(field, g, box) {
  if (!state.step) return;
  const step = steps[state.step - 1];
  const x = g.view === "circuit" ? g.x(step[0].column) : g.x(step[0].start);
  if (g.view === "circuit") {
    const width = data.widths[step[0].column] * g.zoom;
    add(field, "rect", { class: "moment", x: x - width / 2, width, y: box.y0,
      height: box.y1 - box.y0 });
  } else {
    add(field, "line", { class: "head", x1: x, x2: x, y1: box.y0, y2: box.y1 });
  }
}

/* Names of devices and lanes, fixed at the left. */
function drawLabels(svg, g, box) {
  add(svg, "rect", { class: "shade", x: 0, y: 0, width: LEFT - 8, height: box.y1 - box.y0 });
  for (const b of g.bands) {
    const name = data.nodes[b.node];
    add(svg, "text", { class: `device d${b.node}`, x: 8, y: b.top - box.y0 + 14 },
      name.length > 22 ? name.slice(0, 21) + "…" : name);
  }
  data.lanes.forEach((lane, k) => {
    const y = g.tops[k] - box.y0;
    if (y < -ROW || y > box.y1 - box.y0 + ROW || g.scale < 0.45) return;
    add(svg, "text", { class: "label", x: 8, y: y + 4 }, `${lane[1] ? "comm" : "data"} ${lane[2]}`);
    const starts = initial.get(k);
    if (starts) {
      add(svg, "text", { class: "start", x: LEFT - 14, y: y + 4 },
        starts.length > 24 ? starts.slice(0, 23) + "…" : starts);
    }
  });
}

function drawRuler(svg, g, box) {
  const rough = 110 / g.perNs, size = 10 ** Math.floor(Math.log10(rough));
  const tick = [1, 2, 5, 10].map((k) => k * size).find((t) => t >= rough);
  const first = Math.max(Math.ceil((box.x0 - LEFT) / g.perNs / tick), 0);
  const last = Math.min((box.x1 - LEFT) / g.perNs, data.makespan);
  add(svg, "rect", { class: "shade", x: 0, y: 0, width: box.x1 - box.x0, height: TOP - 4 });
  for (let k = first; k * tick <= last; k++) {
    const x = g.x(k * tick) - box.x0;
    if (x < LEFT - 4) continue;
    add(svg, "text", { class: "ruler", x: Math.min(x, box.x1 - box.x0 - 24), y: 13 },
      duration(k * tick));
  }
}
