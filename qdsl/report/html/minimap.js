/* The whole program in small, with what is in view: drag to go there. */

const MINI = 40;
let miniOf = "";

function drawMinimap(g, box, force) {
  const mini = el("minimap"), fits = g.width <= scroller.clientWidth + 1;
  mini.hidden = fits;
  if (fits) return;
  const width = mini.clientWidth, key = `${g.view} ${width}`;
  if (force || miniOf !== key) {
    miniOf = key;
    mini.replaceChildren(smallPicture(g, width));
  }
  const seen = mini.querySelector(".seen"), part = width / g.width;
  seen.setAttribute("x", box.x0 * part);
  seen.setAttribute("width", Math.max((box.x1 - box.x0) * part, 6));
}

function smallPicture(g, width) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("width", width);
  svg.setAttribute("height", MINI);
  const nodes = [...new Set(data.lanes.map((lane) => lane[0]))];
  const high = (MINI - 4) / nodes.length;
  const rows = new Map(nodes.map((node, k) => [node, k]));
  const blocks = new Blocks(nodes.length, { x0: 0, x1: width });
  const part = width / g.width;
  for (const m of marks) {
    const x = part * (g.view === "circuit" ? g.x(m.column) : g.x(m.start)), kind = kindOf(m);
    const end = g.view === "circuit" ? x : part * g.x(m.end);
    for (const lane of m.lanes) blocks.put(rows.get(data.lanes[lane][0]), x, end, kind);
  }
  blocks.draw(svg, nodes.map((node, k) => (
    { y: 2 + high * (k + 0.5), high: Math.max(high - 1, 1), look: `d${node}` })));
  add(svg, "rect", { class: "seen", x: 0, y: 0.5, width: 6, height: MINI - 1 });
  return svg;
}

function makeMinimap() {
  const mini = el("minimap");
  const go = (event) => {
    const part = (event.clientX - mini.getBoundingClientRect().left) / mini.clientWidth;
    scroller.scrollLeft = part * current.width - scroller.clientWidth / 2;
  };
  mini.addEventListener("pointerdown", (event) => {
    mini.setPointerCapture(event.pointerId);
    go(event);
  });
  mini.addEventListener("pointermove", (event) => { if (event.buttons) go(event); });
}
