/* Which operations are meant: by a search, a line of the source, a node or a link of the map. */

/* Makes of a word what tells whether an operation is meant by it; null: nothing is. */
function tester(word) {
  const texts = new Set(), nodes = new Set(), roles = new Set(), names = new Set(),
    lines = new Set();
  const alike = [(a) => a === word, (a) => a.startsWith(word)];
  for (const same of alike) {
    const collect = (all, into, of = (x) => x) => all.forEach((x, k) => {
      if (same(of(x).toLowerCase())) into.add(k);
    });
    collect(data.texts, texts);
    collect(data.names, names);
    collect(data.nodes, nodes);
    collect(data.roles, roles);
    collect(data.lines, lines, ([path, line]) => `${path}:${line}`);
    data.lines.forEach(([, line], k) => { if (`:${line}` === word || `${line}` === word) lines.add(k); });
    const qubits = new Set(data.stays.map((s) => s[5]).filter((q) => q && same(q.toLowerCase())));
    const wanted = new Set([...names].map((k) => data.names[k]));
    const kinds = new Set(["comm", "data"].filter(same));
    const found = texts.size + wanted.size + nodes.size + roles.size + lines.size + qubits.size
      + kinds.size + (word === "if" ? 1 : 0);
    if (!found) continue;
    const roleNames = new Set([...roles].map((k) => data.roles[k]));
    return (m) => texts.has(m.said) || wanted.has(m.name) || roleNames.has(m.role)
      || lines.has(m.line) || (word === "if" && m.by >= 0)
      || m.lanes.some((lane) => {
        const [node, comm] = data.lanes[lane];
        if (nodes.has(node) || kinds.has(comm ? "comm" : "data")) return true;
        return qubits.size > 0 && qubits.has((stayAt(lane, m.column) || [])[5]);
      });
  }
  return null;
}

/* Everything that all words of a search mean; null for no words. */
function searched(text) {
  const words = text.toLowerCase().replace(/\bline\s+(\d+)/g, ":$1").split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const tests = words.map(tester);
  const found = tests.includes(null) ? () => false : (m) => tests.every((test) => test(m));
  return filtered(`“${text.trim()}”`, "find", found);
}

function filtered(words, kind, test) {
  const hits = new Uint8Array(marks.length), list = [];
  for (const m of marks) if (test(m)) { hits[m.index] = 1; list.push(m); }
  return { words, kind, hits, list, at: -1 };
}

function byLine(line) {
  const [path, number] = data.lines[line];
  return { ...filtered(`${path}:${number}`, "line", (m) => m.line === line), line };
}

function byNode(node) {
  const name = data.nodes[node];
  return { ...filtered(name, "map", (m) => m.lanes.some((k) => data.lanes[k][0] === node)),
    key: `n${node}` };
}

/* The pairs of a link, and what belongs to them. */
function byLink(a, b) {
  const key = `${Math.min(a, b)}-${Math.max(a, b)}`, groups = new Set();
  const group = (m) => `${family(m)} ${m.group}`;
  for (const m of marks) if (m.name === "ebit" && linkKey(m) === key) groups.add(group(m));
  const name = `${data.nodes[a]} – ${data.nodes[b]}`;
  return { ...filtered(name, "map", (m) => (m.name === "ebit" ? linkKey(m) === key
    : m.group >= 0 && groups.has(group(m)))), key: `l${key}` };
}

/* The filter that holds from now on, and everything that shows it. */
function filterBy(filter) {
  state.filter = filter;
  state.picked = null;
  state.topic = "filter";
  if (!filter || filter.kind !== "find") el("find").value = "";
  for (const row of document.querySelectorAll(".listing tr.on")) row.classList.remove("on");
  for (const b of document.querySelectorAll(".listing button[aria-pressed=true]")) {
    b.setAttribute("aria-pressed", "false");
  }
  if (filter && filter.kind === "line") markRow(filter.line, false);
  for (const e of document.querySelectorAll(".qdsl-map [data-filter]")) {
    e.setAttribute("aria-pressed", String(Boolean(filter) && e.dataset.filter === filter.key));
  }
  for (const name of ["find-back", "find-on", "find-clear"]) {
    el(name).disabled = !filter || (name !== "find-clear" && !filter.list.length);
  }
  sayFound();
}

function sayFound() {
  const f = state.filter;
  if (!f) el("found").textContent = "";
  else if (!f.list.length) el("found").textContent = `Nothing is found for ${f.words}.`;
  else {
    const many = counted(f.list.length, "operation");
    el("found").textContent = f.at < 0 ? `${f.words}: ${many}` : `${f.words}: ${f.at + 1} of ${many}`;
  }
}

/* The next operation that is meant, or the one before; round and round. */
function goTo(by) {
  const f = state.filter;
  if (!f || !f.list.length) return;
  f.at = f.at < 0 && by < 0 ? f.list.length - 1 : (f.at + by + f.list.length) % f.list.length;
  const m = f.list[f.at];
  state.step = stepOf[m.index] + 1;
  slider.value = String(state.step);
  state.topic = "step";
  if (m.line >= 0) markRow(m.line, true);
  reveal(m);
  sayFound();
  say(m);
  later();
}

/* The picture of the network becomes buttons: a node, or a link with pairs, shows its operations. */
function makeMap() {
  const map = document.querySelector("svg.qdsl-map");
  if (!map) return;
  const parts = [...map.querySelectorAll("[data-filter]")].filter((e) => {
    if (e.dataset.filter[0] === "l") return linkOf.has(e.dataset.filter.slice(1));
    return data.lanes.some((lane) => `n${lane[0]}` === e.dataset.filter);
  });
  if (!parts.length) return;
  map.setAttribute("role", "group");
  for (const part of parts) {
    const title = part.querySelector("title").textContent;
    const ids = part.dataset.filter.slice(1).split("-").map(Number);
    for (const [name, value] of [["role", "button"], ["tabindex", "0"], ["aria-pressed", "false"],
      ["aria-label", `${title}: show its operations`]]) part.setAttribute(name, value);
    const act = () => {
      const again = state.filter && state.filter.key === part.dataset.filter;
      filterBy(again ? null : ids.length > 1 ? byLink(...ids) : byNode(ids[0]));
      say();
      later();
    };
    part.addEventListener("click", act);
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    });
  }
}
