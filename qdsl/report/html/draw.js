/* Draws the program: only what is in view, from the data in the page. */

// ---- state -----------------------------------------------------------------------------
/* `filter`: null or { words, hits (1 for every operation that is meant), list }. */
const state = { view: "circuit", zoom: { circuit: 1, time: 1 }, step: 0, picked: null,
  filter: null, topic: "step", folded: new Set() };

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
  const circuit = view === "circuit";
  const scale = Math.min(Math.max(circuit ? zoom : 1, 0.35), 1.6);
  const lanes = circuit ? laneTops(scale) : trackTops();
  const inner = Math.max(width - LEFT - 16, 80);
  const perNs = (inner * zoom) / Math.max(data.makespan, 1);
  const total = circuit ? LEFT + whole * zoom + ENDING : LEFT + inner * zoom + 16;
  return { view, scale, cell: CELL * zoom, zoom, perNs, width: Math.max(total, width), ...lanes,
    crowd: 1,
    x: circuit ? (column) => LEFT + middle(column) * zoom : (ns) => LEFT + ns * perNs };
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
    add(field, "rect", { class: b.node < 0 ? "lane links" : `lane d${b.node}`, x: box.x0,
      y: b.top, height: b.bottom - b.top, width: box.x1 - box.x0 });
  }
  drawMoment(field, g, box);
  if (g.view === "circuit") drawCircuit(field, g, box, seen);
  else drawTracks(field, g, box, seen);
  drawLabels(svg, g, box);
  if (g.view === "time") drawRuler(svg, g, box);
}

function drawCircuit(field, g, box, seen) {
  drawWires(field, g, box, seen, (s) => [g.x(s[1]), g.x(s[2])]);
  if (g.cell > 26) {
    for (const s of data.stays) {
      const x = g.x(s[1]), y = g.tops[s[0]];
      if (s[5] && s[1] >= 0 && x > box.x0 - 200 && x < box.x1 && seen(y)) {
        add(field, "text", { class: "state", x: x + 4, y: y - 14.5 * g.scale },
          clipped(s[5], 14));
      }
    }
  }
  drawEndings(field, g, seen);
  if (g.cell < BLOCK) return drawBlocks(field, g, box, seen);
  const shown = columnsIn(g, box);
  drawDecisions(field, g, shown);
  if (g.cell < 15) drawSmall(field, g, shown, seen);
  else for (const m of shown) if (m.lanes.some((k) => seen(g.tops[k]))) drawMark(field, g, m);
}

/* A line where a lane holds a state; stays closer than half a point are one. */
function drawWires(field, g, box, seen, place) {
  const parts = [[], []], open = new Map();
  const close = (lane, [x1, x2]) => {
    const y = g.tops[lane];
    parts[data.lanes[lane][1]].push(`M${Math.max(x1, box.x0)} ${y}H${Math.min(x2, box.x1)}`);
  };
  staysIn.forEach((stays, lane) => {
    if (!seen(g.tops[lane]) || g.folds && g.folds[lane]) return;
    for (const s of stays) {
      const [x1, x2] = place(s);
      if (x2 < box.x0 || x1 > box.x1) continue;
      const last = open.get(lane);
      if (last && x1 - last[1] < 0.5) last[1] = Math.max(last[1], x2);
      else {
        if (last) close(lane, last);
        open.set(lane, [x1, x2]);
      }
    }
    if (open.has(lane)) close(lane, open.get(lane));
  });
  add(field, "path", { class: "wire", d: parts[0].join("") || "M0 0" });
  add(field, "path", { class: "wire comm", d: parts[1].join("") || "M0 0" });
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

// ---- how an operation looks ----------------------------------------------------------------
function isNow(m) { return state.step > 0 && stepOf[m.index] === state.step - 1; }
function isLater(m) { return state.step > 0 && stepOf[m.index] >= state.step; }

function classes(m) {
  let text = `hit d${data.lanes[m.lanes[0]][0]}`;
  if (isLater(m)) text += " later";
  if (isNow(m)) text += " now";
  if (isChosen(m)) text += " picked";
  else if (state.picked || state.filter) text += " other";
  return text;
}

function isChosen(m) {
  const p = state.picked;
  if (!p) return state.filter !== null && state.filter.hits[m.index] === 1;
  return p === m || (p.group >= 0 && m.group === p.group && family(m) === family(p));
}

function family(m) { return m.role.startsWith("cat-") ? "cat" : m.role; }

// ---- blocks: what is under two points ------------------------------------------------------
const BLOCK = 2, NOW = 7;
const KINDS = ["", "wait other", "solid other", "half other", "wait", "solid", "half", "mark-now"];

/* The number of an operation's kind; of those that share a block, the highest is seen. */
function kindOf(m) {
  if (isNow(m) || state.picked === m) return NOW;
  const faint = isLater(m) || ((state.picked || state.filter) && !isChosen(m));
  return (m.name === "ebit" ? 3 : 2) + (faint ? 0 : 3);
}

/* Rows of blocks, two points wide each: kinds that are put there, and of how many things. */
class Blocks {
  constructor(rows, box) {
    this.x0 = box.x0;
    this.bins = Math.ceil((box.x1 - box.x0) / BLOCK) + 1;
    this.cells = new Uint8Array(rows * this.bins);
    this.crowd = new Uint32Array(rows * this.bins);
  }

  put(row, from, to, kind) {
    const first = Math.max(Math.floor((from - this.x0) / BLOCK), 0);
    const last = Math.min(Math.floor((to - this.x0) / BLOCK), this.bins - 1);
    if (first > last) return;
    const start = row * this.bins;
    for (let k = start + first; k <= start + last; k++) {
      if (this.cells[k] < kind) this.cells[k] = kind;
    }
    this.crowd[start + first] += 1;
  }

  most() { return this.crowd.reduce((a, b) => Math.max(a, b), 0); }

  /* `rows`: { y, high, look } or null, by row. */
  draw(field, rows) {
    const paths = new Map();
    rows.forEach((row, r) => {
      if (!row) return;
      for (let k = 0; k < this.bins;) {
        const kind = this.cells[r * this.bins + k];
        let end = k + 1;
        while (end < this.bins && this.cells[r * this.bins + end] === kind) end += 1;
        if (kind) {
          const key = `${row.look}|${kind}`, wide = (end - k) * BLOCK;
          if (!paths.has(key)) paths.set(key, []);
          paths.get(key).push(`M${this.x0 + k * BLOCK} ${row.y - row.high / 2}h${wide}`
            + `v${row.high}h${-wide}z`);
        }
        k = end;
      }
    });
    for (const [key, parts] of paths) {
      const [look, kind] = key.split("|");
      add(add(field, "g", { class: look }), "path", { class: KINDS[kind], d: parts.join("") });
    }
  }
}

function drawBlocks(field, g, box, seen) {
  const blocks = new Blocks(data.lanes.length, box), ebits = [new Set(), new Set()];
  const last = columnAt(g, box.x1);
  for (let c = Math.max(columnAt(g, box.x0) - 1, 0); c <= last && c < data.columns; c++) {
    const from = LEFT + lefts[c] * g.zoom, to = Math.max(LEFT + lefts[c + 1] * g.zoom - 1, from);
    for (const m of columns[c]) {
      const kind = kindOf(m);
      for (const lane of m.lanes) blocks.put(lane, from, to, kind);
      if (m.name === "ebit") {
        const [a, b] = [...m.lanes].sort((x, y) => x - y);
        const x = box.x0 + (Math.floor((from - box.x0) / BLOCK) + 0.5) * BLOCK;
        ebits[kind < 4 ? 0 : 1].add(`M${x} ${g.tops[a]}V${g.tops[b]}`);
      }
    }
  }
  ["ebit thin other", "ebit thin"].forEach((look, k) => {
    if (ebits[k].size) add(field, "path", { class: look, d: [...ebits[k]].join("") });
  });
  blocks.draw(field, data.lanes.map((lane, k) => (seen(g.tops[k])
    ? { y: g.tops[k], high: ROW * g.scale * 0.6, look: `d${lane[0]}` } : null)));
  g.crowd = blocks.most();
}

/* From a measurement to what it decides; the dot is filled if that happens where the bit is 1. */
const BESIDE = 20;
function drawDecisions(field, g, shown) {
  if (g.cell < 15) return;
  for (const m of shown) {
    if (m.by < 0) continue;
    const by = marks[m.by];
    const later = state.step && stepOf[m.index] >= state.step ? " later" : "";
    const x1 = g.x(by.column), y1 = g.tops[by.lanes[0]];
    const x2 = g.x(m.column), y2 = g.tops[m.lanes[0]];
    add(field, "line", { class: `decides${later}`, x1, y1, x2, y2 });
    const part = (BESIDE * Math.min(g.scale, 1)) / Math.hypot(x2 - x1, y2 - y1);
    add(field, "circle", { class: `decided${m.value ? "" : " open"}${later}`, r: 2.5,
      cx: x1 + part * (x2 - x1), cy: y1 + part * (y2 - y1) });
  }
}

/* Far out: plain blocks, one path a device. */
function drawSmall(field, g, shown, seen) {
  const paths = new Map();
  const put = (key, d) => {
    if (!paths.has(key)) paths.set(key, []);
    paths.get(key).push(d);
  };
  const high = Math.max(ROW * g.scale * 0.3, 2);
  for (const m of shown) {
    const ys = m.lanes.map((k) => g.tops[k]);
    const [x, wide] = smallPlace(g, m);
    const look = classes(m).replace("hit ", ""), ebit = m.name === "ebit";
    if (ys.length > 1) {
      const at = x + wide / 2;
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
    if (k >= 0.8 && angle) {
      add(group, "text", { class: "gate", x, y: y - k }, name);
      add(group, "text", { class: "angle", x, y: y + 9 * k }, angle);
    } else if (k > 0.55 && name.length * 6.8 * 0.9 < w) {
      add(group, "text", { class: "gate", x, y: y + 4 }, name);
    }
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
