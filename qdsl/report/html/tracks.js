/* The timeline: a track for every node, physical qubit and link; and the names at the left. */

const HEADER = 26, LINKS = -1, MOST_BARS = 900;

/* Where the tracks are. A node that is folded has its own track only, and its lanes lie in it. */
function trackTops() {
  const tops = [], bands = [], folds = [], linkTops = [];
  let y = TOP;
  const open = (node, folded) => {
    y += bands.length ? 6 : 0;
    bands.push({ node, top: y, bottom: y, folded, y: y + HEADER / 2 });
    y += HEADER;
  };
  const close = () => { bands[bands.length - 1].bottom = y; };
  data.lanes.forEach((lane, k) => {
    if (!k || data.lanes[k - 1][0] !== lane[0]) {
      if (k) close();
      open(lane[0], state.folded.has(lane[0]));
    }
    const band = bands[bands.length - 1];
    folds.push(band.folded);
    tops.push(band.folded ? band.y : y + TRACK / 2);
    y += band.folded ? 0 : TRACK;
  });
  close();
  if (links.length) {
    open(LINKS, state.folded.has(LINKS));
    const band = bands[bands.length - 1];
    for (const _ of links) {
      linkTops.push(band.folded ? band.y : y + TRACK / 2);
      y += band.folded ? 0 : TRACK;
    }
    close();
  }
  return { tops, bands, folds, linkTops, height: y + 6 };
}

function linkName(k) { return `${data.nodes[links[k][0]]} – ${data.nodes[links[k][1]]}`; }

function drawTracks(field, g, box, seen) {
  drawWires(field, g, box, seen, (s) => [g.x(s[3]), g.x(s[4])]);
  const t0 = (box.x0 - LEFT) / g.perNs, t1 = (box.x1 - LEFT) / g.perNs;
  const shown = within(marks, longest, t0, t1), held = within(waits, longestWait, t0, t1);
  if (shown.length + held.length > MOST_BARS) return drawTimeBlocks(field, g, box, shown, held);
  for (const b of g.bands) drawBusy(field, g, b, shown);
  for (const w of held) if (!g.folds[w.lane] && seen(g.tops[w.lane])) drawWait(field, g, w, box);
  for (const m of shown) {
    if (m.name === "ebit" && !state.folded.has(LINKS)) drawLinkBar(field, g, m);
    if (m.lanes.some((k) => !g.folds[k] && seen(g.tops[k]))) drawMark(field, g, m);
  }
}

/* Those of a list, by start, that happen between two times. */
function within(all, longestOf, t0, t1) {
  let low = 0, high = all.length;
  while (low < high) {
    const half = (low + high) >> 1;
    if (all[half].start < t0 - longestOf) low = half + 1;
    else high = half;
  }
  const found = [];
  for (let k = low; k < all.length && all[k].start <= t1; k++) {
    if (all[k].end >= t0) found.push(all[k]);
  }
  return found;
}

/* When anything of a node, or of any link, is busy. */
function drawBusy(field, g, band, shown) {
  let d = "";
  for (const m of shown) {
    const mine = band.node === LINKS ? m.name === "ebit"
      : m.name !== "ebit" && m.lanes.some((k) => data.lanes[k][0] === band.node);
    if (mine) d += `M${g.x(m.start)} ${band.y - 3}h${Math.max(g.x(m.end) - g.x(m.start), 1.5)}v6H${
      g.x(m.start)}z`;
  }
  const group = add(field, "g", { class: band.node === LINKS ? "" : `d${band.node}` });
  if (d) add(group, "path", { class: band.node === LINKS ? "half" : "solid", d });
}

/* Half of a pair that nobody has used yet, with its age when it is. */
function drawWait(field, g, w, box) {
  const x = g.x(w.start), wide = g.x(w.end) - x, y = g.tops[w.lane];
  const words = `waits ${duration(w.end - w.start)}`;
  const group = add(field, "g", { class: "hit", "data-mark": w.ebit.index });
  add(group, "title", {}, `half of a pair ${words} for its first use`);
  add(group, "rect", { class: "wait", x, y: y - 4, width: Math.max(wide, 1), height: 8 });
  const from = Math.max(x, box.x0 + LEFT), to = Math.min(x + wide, box.x1);
  if (to - from > words.length * 6 + 8) {
    add(group, "text", { class: "age", x: (from + to) / 2, y: y + 3.5 }, words);
  }
}

function drawLinkBar(field, g, m) {
  const x = g.x(m.start), y = g.linkTops[linkOf.get(linkKey(m))];
  const group = add(field, "g", { class: classes(m), "data-mark": m.index });
  add(group, "title", {}, `a pair is made in ${duration(m.end - m.start)}`);
  add(group, "rect", { class: "half", x, y: y - 7, width: Math.max(g.x(m.end) - x, 2), height: 14,
    opacity: 0.75 });
}

function drawBar(group, g, m) {
  const x = g.x(m.start), w = Math.max(g.x(m.end) - x, 2), ebit = m.name === "ebit";
  const ys = m.lanes.map((k) => g.tops[k]);
  if (ys.length > 1) {
    const at = ebit ? x + w : x + w / 2;
    add(group, "line", { class: ebit ? "ebit" : "joint", x1: at, x2: at, y1: Math.min(...ys),
      y2: Math.max(...ys) });
  }
  m.lanes.forEach((k, at) => {
    if (g.folds[k]) return;
    add(group, "rect", { class: ebit ? "half" : "solid", x, y: ys[at] - 7, width: w, height: 14,
      rx: Math.min(3, w / 2), opacity: ebit ? 0.75 : 1 });
  });
}

/* Far out: blocks for everything, what waits behind what happens. */
function drawTimeBlocks(field, g, box, shown, held) {
  const lanes = data.lanes.length, first = lanes + links.length;
  const blocks = new Blocks(first + g.bands.length, box);
  const bandOf = new Map(g.bands.map((b, k) => [b.node, first + k]));
  for (const w of held) blocks.put(w.lane, g.x(w.start), g.x(w.end), state.filter ? 1 : 4);
  for (const m of shown) {
    const from = g.x(m.start), to = Math.max(g.x(m.end), from), kind = kindOf(m);
    for (const lane of m.lanes) {
      blocks.put(lane, from, to, kind);
      if (m.name !== "ebit") blocks.put(bandOf.get(data.lanes[lane][0]), from, to, kind);
    }
    if (m.name === "ebit") {
      blocks.put(lanes + linkOf.get(linkKey(m)), from, to, kind);
      blocks.put(bandOf.get(LINKS), from, to, kind);
    }
  }
  blocks.draw(field, [
    ...data.lanes.map((lane, k) => (g.folds[k] ? null
      : { y: g.tops[k], high: 14, look: `d${lane[0]}` })),
    ...links.map((_, k) => (state.folded.has(LINKS) ? null
      : { y: g.linkTops[k], high: 14, look: "links" })),
    ...g.bands.map((b) => ({ y: b.y, high: 6, look: b.node < 0 ? "links" : `d${b.node}` })),
  ]);
  g.crowd = blocks.most();
}

// ---- names, fixed at the left -------------------------------------------------------------
function clipped(words, most) { return words.length > most ? words.slice(0, most - 1) + "…" : words; }

function drawLabels(svg, g, box) {
  const high = box.y1 - box.y0, time = g.view === "time";
  add(svg, "rect", { class: "shade", x: 0, y: 0, width: LEFT - 8, height: high });
  const room = Math.floor((LEFT - 20) / 7);
  for (const b of g.bands) {
    if (time) continue; // the buttons that fold them say it
    add(svg, "text", { class: `device d${b.node}`, x: 8, y: b.top - box.y0 + 14 },
      clipped(data.nodes[b.node], room));
  }
  data.lanes.forEach((lane, k) => {
    const y = g.tops[k] - box.y0;
    if (y < -ROW || y > high + ROW || g.scale < 0.45 || g.folds && g.folds[k]) return;
    add(svg, "text", { class: "label", x: 8, y: y + 4 }, `${lane[1] ? "comm" : "data"} ${lane[2]}`);
    if (initial.get(k)) {
      add(svg, "text", { class: "start", x: LEFT - 14, y: y + 4 }, clipped(initial.get(k), 24));
    }
  });
  if (time && !state.folded.has(LINKS)) {
    links.forEach((_, k) => {
      add(svg, "text", { class: "label", x: 8, y: g.linkTops[k] - box.y0 + 4 },
        clipped(linkName(k), Math.floor((LEFT - 16) / 5.6)));
    });
  }
}

function drawRuler(svg, g, box) {
  const rough = 110 / g.perNs, size = 10 ** Math.floor(Math.log10(rough));
  const tick = [1, 2, 5, 10].map((k) => k * size).find((t) => t >= rough);
  const first = Math.max(Math.ceil((box.x0 - LEFT) / g.perNs / tick), 0);
  const last = Math.min((box.x1 - LEFT) / g.perNs, data.makespan);
  add(svg, "rect", { class: "shade", x: 0, y: 0, width: box.x1 - box.x0, height: TOP - 4 });
  for (let k = first; k * tick <= last; k++) {
    const x = g.x(k * tick) - box.x0;
    if (x < LEFT - 4 || x > box.x1 - box.x0 - 24) continue;
    add(svg, "text", { class: "ruler", x, y: 13 }, duration(k * tick));
  }
}

// ---- folding ------------------------------------------------------------------------------
const foldButtons = new Map();
function makeFolds(change) {
  const nodes = [...new Set(data.lanes.map((lane) => lane[0]))];
  for (const node of links.length ? [...nodes, LINKS] : nodes) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = node < 0 ? "fold" : `fold d${node}`;
    button.textContent = node < 0 ? "links" : data.nodes[node];
    button.addEventListener("click", () => {
      if (!state.folded.delete(node)) state.folded.add(node);
      change();
    });
    foldButtons.set(node, button);
    el("folds").appendChild(button);
  }
  if (data.lanes.length + links.length > 60) for (const node of foldButtons.keys()) state.folded.add(node);
}

/* The buttons stand on their tracks; those that are out of view keep their place in the order. */
function placeFolds(g, box) {
  el("folds").hidden = g.view !== "time";
  if (g.view !== "time") return;
  for (const b of g.bands) {
    const button = foldButtons.get(b.node), y = b.top - box.y0;
    button.setAttribute("aria-expanded", String(!b.folded));
    button.style.top = `${y + 1}px`;
    button.style.maxWidth = `${LEFT - 12}px`;
    button.classList.toggle("away", y < TOP - 4 || y > box.y1 - box.y0 - HEADER);
  }
}
