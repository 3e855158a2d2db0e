/* What people do with the drawing, and what is said of it. */

const el = (id) => document.getElementById(id);
const scroller = el("scroller"), sizer = el("sizer"), slider = el("step");
slider.max = String(steps.length);
slider.value = "0";

// ---- words -----------------------------------------------------------------------------
function duration(ns) {
  for (const [size, unit] of [[1e9, "s"], [1e6, "ms"], [1e3, "us"]]) {
    if (ns >= size) return `${Number((ns / size).toPrecision(6))} ${unit}`;
  }
  return `${Number(ns.toPrecision(6))} ns`;
}

function counted(n, noun) {
  return n === 1 ? `1 ${noun}` : `${n.toLocaleString("en")} ${noun}s`;
}

function place(k) {
  const [node, comm, slot] = data.lanes[k];
  return `${data.nodes[node]} ${comm ? "comm" : "data"} ${slot}`;
}

function sentence(m) {
  let text = `${m.text} on ${m.lanes.map(place).join(", ")}`;
  if (m.by >= 0) text += `, if the bit measured on ${place(marks[m.by].lanes[0])} is ${m.value}`;
  if (m.role !== "local") text += ` · ${m.role}${m.group >= 0 ? ` ${m.group}` : ""}`;
  if (m.line >= 0) text += ` · ${data.lines[m.line][0]}:${data.lines[m.line][1]}`;
  return text;
}

/* What is said of the drawing; of a step, its first operations, or `first` before them. */
function say(first) {
  const said = el("said");
  said.replaceChildren();
  const put = (words, kind) => {
    const p = document.createElement("p");
    if (kind) p.className = kind;
    p.textContent = words;
    said.appendChild(p);
  };
  const f = state.filter;
  if (state.picked) {
    const m = state.picked;
    put(`Chosen: starts at ${duration(m.start)}, takes ${duration(m.end - m.start)}`, "when");
    put(sentence(m));
    for (const w of waits.filter((w) => w.ebit === m)) {
      put(`its half on ${place(w.lane)} waits ${duration(w.end - w.start)} for its first use`);
    }
  } else if (f && state.topic === "filter") {
    put(f.words, "when");
    const ebits = f.list.filter((m) => m.name === "ebit").length;
    put(`${counted(f.list.length, "operation")}, ${counted(ebits, "ebit")}`);
  } else if (!state.step) {
    const size = `${counted(marks.length, "operation")} in ${counted(steps.length, "step")}`;
    put(`${size}, ${duration(data.makespan)}`, "when");
    put("Step with the arrow keys or the slider; choose an operation to see what it belongs to.");
  } else {
    const step = [...steps[state.step - 1]];
    if (first) step.sort((a, b) => (b === first) - (a === first));
    put(`Step ${state.step} of ${steps.length}, at ${duration(step[0].start)}`, "when");
    step.slice(0, 3).forEach((m) => put(sentence(m)));
    if (step.length > 3) put(`and ${counted(step.length - 3, "more operation")}`);
  }
  const all = counted(made[steps.length], "ebit");
  el("ebits-so-far").textContent = state.step ? `${made[state.step]} of ${all}` : all;
  slider.setAttribute("aria-valuetext", state.step ? `step ${state.step} of ${steps.length}`
    : "before the first step");
}

// ---- the view --------------------------------------------------------------------------
let waiting = 0, current = null, changed = true;
function refresh() {
  waiting = 0;
  const width = scroller.clientWidth;
  const g = current = geometry(state.view, state.zoom[state.view], width);
  sizer.style.width = `${g.width}px`;
  sizer.style.height = `${g.height}px`;
  const height = Math.min(scroller.clientHeight || g.height, g.height);
  const x0 = scroller.scrollLeft, y0 = scroller.scrollTop;
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("aria-hidden", "true");
  const box = { x0, y0, x1: x0 + width, y1: y0 + height };
  draw(svg, g, box);
  el("drawn").replaceChildren(svg);
  placeFolds(g, box);
  drawMinimap(g, box, changed);
  changed = false;
  el("crowd").textContent = g.crowd < 2 ? "" : "Zoomed out: what is closer than two pixels is one "
    + `block, of up to ${counted(g.crowd, "operation")} here; zoom in to see each.`;
}
function later() { changed = true; soon(); }
function soon() { if (!waiting) waiting = requestAnimationFrame(refresh); }

function least() {
  if (state.view === "time") return 1;
  return Math.min(1, Math.max((scroller.clientWidth - LEFT - ENDING) / Math.max(whole, 1), 1e-6));
}

function zoomTo(value, at) {
  const view = state.view, before = state.zoom[view];
  const zoom = Math.min(Math.max(value, least()), view === "time" ? 20000 : 2.4);
  const focus = at === undefined ? scroller.clientWidth / 2 : at;
  const place_ = (scroller.scrollLeft + focus - LEFT) / before;
  state.zoom[view] = zoom;
  refresh();
  scroller.scrollLeft = place_ * zoom + LEFT - focus;
  refresh();
}

function stepTo(k) {
  state.step = Math.min(Math.max(k, 0), steps.length);
  state.picked = null;
  state.topic = "step";
  slider.value = String(state.step);
  if (state.step) reveal(steps[state.step - 1][0]);
  say();
  later();
}

function reveal(m) {
  if (!current) return;
  const x = state.view === "circuit" ? current.x(m.column) : current.x(m.start);
  const width = scroller.clientWidth;
  if (x < scroller.scrollLeft + LEFT + 20 || x > scroller.scrollLeft + width - 60) {
    scroller.scrollLeft = x - width / 2;
  }
  const ys = m.lanes.map((k) => current.tops[k]);
  const top = Math.min(...ys), bottom = Math.max(...ys);
  if (top < scroller.scrollTop + TOP || bottom > scroller.scrollTop + scroller.clientHeight) {
    scroller.scrollTop = (top + bottom - scroller.clientHeight) / 2;
  }
}

function choose(m) {
  filterBy(null);
  state.picked = m;
  if (m && m.line >= 0) markRow(m.line, true);
  say();
  later();
}

function markRow(line, quiet) {
  const button = document.querySelector(`.listing button[data-line="${line}"]`);
  if (!button) return;
  for (const row of document.querySelectorAll(".listing tr.on")) row.classList.remove("on");
  const row = button.closest("tr");
  row.classList.add("on");
  scrolled(row);
  if (!quiet) button.setAttribute("aria-pressed", "true");
}

/* A line of the source comes into view where the source scrolls in a box of its own. */
function scrolled(row) {
  let box = row.parentElement;
  while (box && (box.scrollHeight <= box.clientHeight + 2
    || getComputedStyle(box).overflowY === "visible")) box = box.parentElement;
  if (!box || box === document.documentElement || box === document.body) return;
  const up = row.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (up < 40 || up > box.clientHeight - 40) box.scrollTop += up - box.clientHeight / 2;
}

function show(view) {
  state.view = view;
  for (const name of ["circuit", "time"]) {
    const tab = el(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === view));
    tab.tabIndex = name === view ? 0 : -1;
  }
  el("stage").setAttribute("aria-labelledby", `tab-${view}`);
  refresh();
  if (state.step) reveal(steps[state.step - 1][0]);
  refresh();
}

// ---- what people do --------------------------------------------------------------------
const keys = {
  ArrowRight: () => stepTo(state.step + 1), ArrowLeft: () => stepTo(state.step - 1),
  Home: () => stepTo(0), End: () => stepTo(steps.length),
  "+": () => zoomTo(state.zoom[state.view] * 1.4), "=": () => zoomTo(state.zoom[state.view] * 1.4),
  "-": () => zoomTo(state.zoom[state.view] / 1.4), 0: () => zoomTo(least()),
  Escape: () => { filterBy(null); state.topic = "step"; say(); later(); },
  n: () => goTo(1), p: () => goTo(-1),
};
scroller.addEventListener("keydown", (event) => {
  const action = keys[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
});
scroller.addEventListener("scroll", soon, { passive: true });
scroller.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const at = event.clientX - scroller.getBoundingClientRect().left;
  zoomTo(state.zoom[state.view] * Math.exp(-event.deltaY / 240), at);
}, { passive: false });
sizer.addEventListener("click", (event) => {
  const hit = event.target.closest("[data-mark]");
  const m = hit ? marks[Number(hit.dataset.mark)] : null;
  choose(m === state.picked ? null : m);
});
el("zoom-in").addEventListener("click", keys["+"]);
el("zoom-out").addEventListener("click", keys["-"]);
el("zoom-fit").addEventListener("click", keys[0]);
el("step-first").addEventListener("click", keys.Home);
el("step-back").addEventListener("click", keys.ArrowLeft);
el("step-on").addEventListener("click", keys.ArrowRight);
el("step-last").addEventListener("click", keys.End);
slider.addEventListener("input", () => stepTo(Number(slider.value)));
for (const view of ["circuit", "time"]) {
  el(`tab-${view}`).addEventListener("click", () => show(view));
  el(`tab-${view}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = view === "circuit" ? "time" : "circuit";
    show(other);
    el(`tab-${other}`).focus();
  });
}
document.addEventListener("click", (event) => {
  const button = event.target.closest(".listing button");
  if (!button) return;
  const line = Number(button.dataset.line);
  const again = Boolean(state.filter) && state.filter.line === line;
  filterBy(again ? null : byLine(line));
  if (!again && state.filter.list.length) reveal(state.filter.list[0]);
  say();
  later();
});
new ResizeObserver(later).observe(scroller);
el("find").addEventListener("input", () => {
  filterBy(searched(el("find").value));
  if (state.filter && state.filter.list.length) reveal(state.filter.list[0]);
  say();
  later();
});
el("find").addEventListener("keydown", (event) => {
  if (event.key === "Enter") goTo(event.shiftKey ? -1 : 1);
  else if (event.key === "Escape") keys.Escape();
  else return;
  event.preventDefault();
});
el("find-back").addEventListener("click", keys.p);
el("find-on").addEventListener("click", keys.n);
el("find-clear").addEventListener("click", keys.Escape);

// ---- print: the circuit in rows that fit the paper ---------------------------------------
const ROW_WIDTH = 24 * CELL, MOST_ROWS = 20;

/* Where rows begin and end, as places at zoom 1: each as many columns as fit. */
function printedRows() {
  const found = [[0, 0]];
  data.widths.forEach((width, k) => {
    const row = found[found.length - 1];
    if (lefts[k + 1] - row[0] > ROW_WIDTH && lefts[k] > row[0]) found.push([lefts[k], lefts[k + 1]]);
    else row[1] = lefts[k + 1];
  });
  return found;
}

window.addEventListener("beforeprint", () => {
  const page = el("printed");
  page.replaceChildren();
  const g = geometry("circuit", 0.8, 0);
  const rows = printedRows();
  const kept = { ...state };
  Object.assign(state, { step: 0, picked: null, filter: null });
  for (const [k, [first, last]] of rows.slice(0, MOST_ROWS).entries()) {
    const x0 = first * g.zoom;
    const width = (last - first) * g.zoom + LEFT + (k === rows.length - 1 ? ENDING : 8);
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${g.height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", g.height);
    draw(svg, g, { x0, y0: 0, x1: x0 + width, y1: g.height });
    page.appendChild(svg);
  }
  Object.assign(state, kept);
  if (rows.length > MOST_ROWS) {
    page.append(`The first ${MOST_ROWS} of ${rows.length} rows are printed.`);
  }
});

makeFolds(later);
makeMinimap();
makeMap();
say();
refresh();
