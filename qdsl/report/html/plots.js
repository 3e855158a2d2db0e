/* Curves that can be read: the values at a place, and a closer look at a part of the axis. */
(() => {
const NS = "http://www.w3.org/2000/svg";
const WIDTH = 460, HEIGHT = 280, LEFT = 62, RIGHT = 14, TOP = 14, BOTTOM = 44;
const WIDE = WIDTH - LEFT - RIGHT, HIGH = HEIGHT - TOP - BOTTOM;

function put(parent, name, attributes, words) {
  const e = document.createElementNS(NS, name);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  if (words !== undefined) e.textContent = words;
  parent.appendChild(e);
  return e;
}

/* The number at a place of an axis, which is its logarithm where the axis is logarithmic. */
function shown(at, isLog) {
  if (isLog && Math.abs(at) > 15) return `1e${at.toFixed(2)}`;
  const value = isLog ? 10 ** at : at;
  return String(Number(value.toPrecision(7)));
}

function tickText(at, isLog) {
  const power = Math.round(at);
  return isLog && Math.abs(at - power) < 1e-9 && Math.abs(power) > 4 ? `1e${power}` : shown(at, isLog);
}

/* Round places between two: 1, 2 and 5 times powers, or powers only where there are many. */
function ticksOf(low, high, isLog) {
  const found = [];
  if (isLog && high - low > 0.7) {
    const steps = high - low > 2 ? [0] : [0, Math.log10(2), Math.log10(5)];
    const by = Math.max(1, Math.ceil((high - low) / 7));
    for (let k = Math.floor(low / by) * by; k <= high; k += by) {
      for (const s of steps) if (k + s >= low - 1e-9 && k + s <= high + 1e-9) found.push(k + s);
    }
    return found;
  }
  const a = isLog ? 10 ** low : low, b = isLog ? 10 ** high : high;
  const rough = (b - a) / 5, size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * size).find((t) => t >= rough * 0.999);
  for (let t = Math.ceil(a / step - 1e-9) * step; t <= b + step * 1e-9; t += step) {
    found.push(isLog ? Math.log10(t) : t);
  }
  return found;
}

function live(svg) {
  const plot = JSON.parse(svg.dataset.plot), field = svg.querySelector(".field");
  const figure = svg.closest("figure"), whole = [plot.x.low, plot.x.high];
  const original = [...field.childNodes];
  const places = [...new Set(plot.curves.flatMap((c) => c.xs))].sort((a, b) => a - b);
  let range = [...whole], rangeY = [plot.y.low, plot.y.high], at = -1, from = null;
  const x = (v) => LEFT + (v - range[0]) / (range[1] - range[0]) * WIDE;
  const y = (v) => HEIGHT - BOTTOM - (v - rangeY[0]) / (rangeY[1] - rangeY[0]) * HIGH;
  const box = document.createElement("div");
  box.className = "plot";
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `${svg.getAttribute("aria-label")}. The arrow keys read it, `
    + "plus and minus look closer and farther, 0 shows all.");
  svg.replaceWith(box);
  box.appendChild(svg);
  const said = document.createElement("p");
  said.className = "note reading";
  said.setAttribute("aria-live", "polite");
  const HINT = "Point at it, or use the arrow keys, for values; drag over a part to see it closer.";
  said.textContent = HINT;
  const back = document.createElement("button");
  back.type = "button";
  back.textContent = "Show all";
  back.hidden = true;
  back.addEventListener("click", () => zoom(...whole));
  figure.append(said, back);
  const over = put(svg, "g", { class: "over" });

  function zoom(low, high) {
    const least = (whole[1] - whole[0]) / 200;
    if (high - low < least) return;
    range = [Math.max(low, whole[0]), Math.min(high, whole[1])];
    const isWhole = range[0] === whole[0] && range[1] === whole[1];
    back.hidden = isWhole;
    if (isWhole) {
      rangeY = [plot.y.low, plot.y.high];
      field.replaceChildren(...original);
    } else redraw();
    mark();
  }

  function redraw() {
    const inside = plot.curves.flatMap((c) => c.ys.filter((_, k) => c.xs[k] >= range[0]
      && c.xs[k] <= range[1]));
    const low = Math.min(...inside), high = Math.max(...inside);
    if (inside.length) {
      const pad = (high - low || Math.abs(high) || 1) * 0.06;
      rangeY = [low - pad, high + pad];
    }
    field.replaceChildren();
    const right = WIDTH - RIGHT, bottom = HEIGHT - BOTTOM;
    for (const t of ticksOf(...rangeY, plot.y.log)) {
      put(field, "line", { class: "grid", x1: LEFT, x2: right, y1: y(t), y2: y(t) });
      put(field, "text", { class: "tick end", x: LEFT - 8, y: y(t) + 4 }, tickText(t, plot.y.log));
    }
    for (const t of ticksOf(...range, plot.x.log)) {
      put(field, "line", { class: "axis", x1: x(t), x2: x(t), y1: bottom, y2: bottom + 4 });
      put(field, "text", { class: "tick mid", x: x(t), y: bottom + 18 }, tickText(t, plot.x.log));
    }
    put(field, "line", { class: "axis", x1: LEFT, x2: right, y1: bottom, y2: bottom });
    const inner = put(field, "svg", { x: LEFT, y: TOP, width: WIDE, height: HIGH,
      viewBox: `${LEFT} ${TOP} ${WIDE} ${HIGH}`, overflow: "hidden" });
    for (const c of plot.curves) {
      const group = put(inner, "g", { class: c.look });
      const points = c.xs.map((v, k) => `${x(v).toFixed(2)} ${y(c.ys[k]).toFixed(2)}`);
      put(group, "path", { class: "curve", d: `M${points.join("L")}` });
      const seen = c.xs.map((_, k) => k).filter((k) => c.xs[k] >= range[0] && c.xs[k] <= range[1]);
      if (seen.length <= 60) {
        for (const k of seen) put(group, "circle", { class: "dot", cx: x(c.xs[k]), cy: y(c.ys[k]), r: 3.2 });
      }
    }
  }

  function mark() {
    over.replaceChildren();
    if (at < 0) return;
    const v = places[at];
    if (v < range[0] || v > range[1]) return;
    put(over, "line", { class: "guide", x1: x(v), x2: x(v), y1: TOP, y2: HEIGHT - BOTTOM });
    const words = [`${plot.x.name} ${shown(v, plot.x.log)}`];
    for (const c of plot.curves) {
      const k = c.xs.indexOf(v);
      if (k < 0) continue;
      put(put(over, "g", { class: c.look }), "circle", { class: "dot big", cx: x(v), cy: y(c.ys[k]), r: 5 });
      words.push(`${c.name}: ${c.said[k]}`);
    }
    said.textContent = words.join(" · ");
  }

  function nearest(event) {
    const r = svg.getBoundingClientRect();
    const px = (event.clientX - r.left) / r.width * WIDTH;
    return range[0] + Math.min(Math.max((px - LEFT) / WIDE, 0), 1) * (range[1] - range[0]);
  }

  function read(value) {
    at = places.reduce((best, v, k) => (
      v >= range[0] && v <= range[1] && (best < 0 || Math.abs(v - value) < Math.abs(places[best] - value))
        ? k : best), -1);
    mark();
  }

  svg.addEventListener("pointermove", (event) => {
    const value = nearest(event);
    read(value);
    if (from !== null && event.buttons) {
      const [a, b] = [x(from), x(value)].sort((p, q) => p - q);
      put(over, "rect", { class: "chosen", x: a, width: b - a, y: TOP, height: HIGH });
    }
  });
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") return;
    from = nearest(event);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const [a, b] = [from, nearest(event)].sort((p, q) => p - q);
    from = null;
    if (x(b) - x(a) > 8) zoom(a, b);
  });
  svg.addEventListener("dblclick", () => zoom(...whole));
  const closer = (part) => {
    const middle = at >= 0 ? places[at] : (range[0] + range[1]) / 2, half = (range[1] - range[0]) * part / 2;
    zoom(Math.max(middle - half, whole[0]), Math.min(middle + half, whole[1]));
  };
  const go = (by) => {
    at = Math.min(Math.max(at < 0 ? (by > 0 ? 0 : places.length - 1) : at + by, 0), places.length - 1);
    if (places[at] < range[0] || places[at] > range[1]) {
      const wide = range[1] - range[0], low = Math.min(Math.max(places[at] - wide / 2, whole[0]), whole[1] - wide);
      zoom(low, low + wide);
    }
    mark();
  };
  const keys = { ArrowLeft: () => go(-1), ArrowRight: () => go(1), "+": () => closer(0.5),
    "=": () => closer(0.5), "-": () => closer(2), 0: () => zoom(...whole),
    Escape: () => { at = -1; said.textContent = HINT; zoom(...whole); } };
  box.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}

for (const svg of document.querySelectorAll("svg.curves[data-plot]")) live(svg);
})();
