// Asks the server for what is new and shows it. What a page has, it tells with every question.
"use strict";

document.documentElement.classList.add("scripted");

const EVERY = 1000; // milliseconds between two questions
const FEW = 6; // findings are listed at once
const SYMBOLS = { starting: "○", growing: "●", complete: "✓", stopped: "■", dead: "✕", unreadable: "!" };
const { gradevo } = window;
const $ = (selector, root = document) => root.querySelector(selector);

let revision = -1;
let chosen = new URLSearchParams(window.location.search).get("run");
let shown = null; // the chosen run: {name, structure, state, group, depth, graph}
let overlay = null; // {structure, state, group}
let rows = [];
let timer = null;
let asking = false;
let hurried = false;

// --- what is asked ----------------------------------------------------------------------------------------

async function answer(address, question) {
  const options = question ? { method: "POST", body: JSON.stringify(question) } : {};
  const response = await fetch(address, { cache: "no-store", ...options });
  if (response.status === 204 || response.status === 404) return null;
  if (!response.ok) throw new Error(`${response.status}`);
  return response.headers.get("Content-Type").includes("json") ? response.json() : response.text();
}

// One question at a time; what the reader chooses meanwhile is asked right after it.
async function ask() {
  clearTimeout(timer);
  if (asking) {
    hurried = true;
    return;
  }
  asking = true;
  const have = (part) => part && { structure: part.structure, state: part.state, wanted: wanted(part) };
  try {
    const news = await answer("news", { revision, run: chosen, shown: have(shown), overlay: have(overlay) });
    $("[data-offline]").hidden = true;
    if (news) await take(news);
    else count();
  } catch (error) {
    if (!(error instanceof TypeError)) console.error(error);
    $("[data-offline]").hidden = false;
  }
  asking = false;
  timer = setTimeout(ask, hurried ? 0 : EVERY);
  hurried = false;
}

// Of which tensors the charts show lines: others are not sent.
function wanted({ group }) {
  const charts = group ? group.charts.filter(({ key }) => ["steps", "epochs"].includes(key)) : [];
  const names = ({ boxes }) => boxes.filter(({ checked }) => checked).map(({ dataset }) => dataset.series);
  return Object.fromEntries(charts.map((chart) => [chart.key, names(chart)]));
}

async function take(news) {
  rows = news.rows.map((row) => ({ ...row, at: performance.now() }));
  if (!rows.some(({ name }) => name === chosen)) choose((rows.find(({ state }) => state === "growing") || rows[0])?.name);
  list();
  revision = news.run && news.run.name === chosen ? news.run.revision : -1; // what follows may want more
  if (news.run && news.run.name === chosen) await show(news.run);
  else if (chosen && (!shown || shown.name !== chosen)) await show({ name: chosen });
  if (!chosen) clear();
  await lay(news.overlay);
  document.documentElement.dataset.live = "ready";
}

// Asks at once, though nothing has changed but what is wanted.
function again() {
  revision = -1;
  ask();
}

function choose(name) {
  chosen = name ?? null;
  revision = -1;
  if (chosen) window.history.replaceState(null, "", `?run=${encodeURIComponent(chosen)}`);
}

// --- the list of runs -------------------------------------------------------------------------------------

function list() {
  const body = $("[data-runs]");
  $("[data-listed]").hidden = !rows.length;
  $("[data-summary]").textContent = summary();
  const names = rows.map(({ name }) => name);
  if (JSON.stringify(names) !== JSON.stringify([...body.rows].map((row) => row.dataset.name)))
    body.replaceChildren(...names.map(line));
  rows.forEach((row, place) => fill(body.rows[place], row));
}

function summary() {
  if (!rows.length) return "No record yet. One that a training writes below this folder appears here by itself.";
  const of = (state) => rows.filter((row) => row.state === state).length;
  const told = ["growing", "dead", "unreadable", "starting", "complete", "stopped"]
    .filter(of)
    .map((state) => `${of(state)} ${state}`);
  return `${rows.length} run${rows.length === 1 ? "" : "s"}: ${told.join(", ")}.`;
}

function line(name) {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  const label = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "run", value: name });
  const words = document.createElement("span");
  words.textContent = name;
  head.scope = "row";
  row.dataset.name = name;
  label.append(radio, words);
  head.append(label);
  row.append(head);
  for (const number of [false, false, true, true, true, false]) {
    const cell = row.insertCell();
    if (number) cell.className = "number";
  }
  radio.addEventListener("change", () => {
    choose(name);
    ask();
  });
  return row;
}

function fill(row, told) {
  const [, state, epoch, loss, metric, left, health] = row.cells;
  $("input", row).checked = told.name === chosen;
  state.innerHTML = '<span class="state"><span class="symbol" aria-hidden="true"></span> <span></span></span>';
  state.firstChild.classList.add(told.state);
  $(".symbol", state).textContent = SYMBOLS[told.state];
  state.firstChild.lastChild.textContent = told.state;
  epoch.textContent = epochs(told);
  if (told.planned) epoch.append(Object.assign(document.createElement("progress"), { max: told.planned, value: told.epochs }));
  $("progress", epoch)?.setAttribute("aria-hidden", "true");
  loss.textContent = value(told.loss);
  metric.textContent = told.metric === null ? "–" : `${value(told.metric)} ${told.metric_name.replaceAll("_", " ")}`;
  left.textContent = time(remaining(told));
  health.textContent = told.found.join(" ") || (told.judged ? "✓" : "–");
  health.className = `health ${told.found.length ? "ill" : told.judged ? "well" : ""}`;
}

const value = (number) => (number === null ? "–" : gradevo.number(number, 4));
const epochs = ({ epochs, planned }) => (planned ? `${epochs} of ${planned}` : `${epochs}`);
const remaining = ({ left, at }) => (left === null ? null : Math.max(0, left - (performance.now() - at) / 1000));

// Time left goes by between two answers.
function count() {
  rows.forEach((row, place) => {
    const cells = $("[data-runs]").rows[place].cells;
    cells[5].textContent = time(remaining(row));
    if (row.name === chosen) fact("left", time(remaining(row)));
  });
}

function time(seconds) {
  if (seconds === null) return "–";
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

// --- the chosen run ---------------------------------------------------------------------------------------

function clear() {
  if (shown && shown.group) shown.group.close();
  shown = null;
  $("[data-run]").replaceChildren();
}

async function fragment(element, address) {
  const html = await answer(address);
  if (html === null) return null;
  element.innerHTML = html; // by the server's templates, which escape all names
  const script = $("[data-gradevo-charts]", element);
  return { group: script ? await gradevo.open(script) : null };
}

async function show(news) {
  if (!shown || shown.name !== news.name || (news.structure && shown.structure !== news.structure)) {
    clear();
    const root = $("[data-run]");
    const found = await fragment(root, `run?name=${encodeURIComponent(news.name)}`);
    if (!found) return;
    shown = { name: news.name, structure: $("[data-structure]", root).dataset.structure, state: null, ...found };
    if (shown.group) {
      shown.depth = new Depth(root, shown.group);
      shown.graph = new Graph(root, shown.depth);
      shown.group.followers.push(shown.depth, shown.graph);
      shown.group.paint();
      const more = (event) => event.target.matches("[data-series], [data-check]") && again();
      for (const kind of ["change", "click"]) $(".chosen", root).addEventListener(kind, more);
    }
    revision = -1; // all of it is asked for, at once
    hurried = true;
    facts();
    return;
  }
  if (news.state && shown.group) {
    shown.depth.grow(news.depth);
    shown.graph.grow(news.graph);
    shown.group.grow(news.explorers, news.epochs);
    shown.state = news.state;
  }
  facts(news);
}

function fact(key, text) {
  const place = $(`[data-fact="${key}"]`);
  if (place) place.textContent = text;
}

function facts(news) {
  const told = rows.find(({ name }) => name === chosen);
  if (!told) return;
  fact("state", `${SYMBOLS[told.state]} ${told.state}`);
  fact("epochs", epochs(told) + (told.read < told.epochs ? ` (read: ${told.read})` : ""));
  fact("loss", value(told.loss));
  fact("metric", value(told.metric));
  fact("left", time(remaining(told)));
  const ended = $("[data-ended]");
  ended.hidden = !["dead", "unreadable", "starting"].includes(told.state);
  ended.textContent = told.fault || `${told.state[0].toUpperCase()}${told.state.slice(1)}: ${told.words}.`;
  if (!news || !news.graph) return;
  const { findings } = news.graph;
  const found = $("[data-found]");
  if (found.hidden) found.open = findings.length <= FEW; // then as the reader leaves it
  found.hidden = !findings.length;
  $("summary", found).textContent = `${findings.length} finding${findings.length === 1 ? "" : "s"}`;
  $("[data-health]").hidden = !told.judged;
  $("[data-well]").hidden = findings.length > 0;
  $("[data-findings]").replaceChildren(
    ...findings.map((one) => {
      const item = document.createElement("li");
      const check = document.createElement("span");
      check.className = "health ill";
      check.textContent = `${one.symbol} ${one.check}`;
      item.append(check, ` ${one.layer}, ${one.epochs}: ${one.words}`);
      return item;
    }),
  );
}

// --- the map of depth -------------------------------------------------------------------------------------

class Depth {
  constructor(root, group) {
    const model = (name) => group.bokeh.get_model_by_name(`depth${name}`);
    Object.assign(this, { plot: model(""), image: model(":image"), colors: model(":colors"), cursor: model(":cursor") });
    this.bar = model(":bar");
    this.told = $("[data-told]", root);
    this.names = [];
    this.columns = [];
    this.width = 1;
    this.row = null;
    this.x = null;
    const follow = (event) => {
      this.row = Math.floor(event.y);
      group.moveTo(Math.min(Math.max(event.x, 1), Number(group.slider.max)));
      this.moveTo(event.x);
    };
    this.plot.on_event("mousemove", follow);
    this.plot.on_event("tap", follow);
    if (window.matchMedia("(pointer: coarse)").matches) model(":drag").active = false;
  }

  grow({ layers, since, width, norms, names }) {
    const values = gradevo.unpacked(norms);
    if (names) this.names = names;
    this.width = width;
    this.columns.length = Math.min(since, this.columns.length);
    for (let start = 0; start < values.length; start += layers) this.columns.push(values.slice(start, start + layers));
    const count = this.columns.length;
    const logs = new Float32Array(layers * count);
    let [low, high] = [Infinity, -Infinity];
    this.columns.forEach((column, place) =>
      column.forEach((norm, layer) => {
        const log = norm > 0 && Number.isFinite(norm) ? Math.log10(norm) : NaN;
        logs[layer * count + place] = log;
        if (log < low) low = log;
        if (log > high) high = log;
      }),
    );
    if (!(low <= high)) [low, high] = [-1, 0];
    if (high - low < 0.1) [low, high] = [low - 0.05, high + 0.05];
    this.colors.setv({ low, high });
    const { ndarray } = Bokeh.require("core/util/ndarray");
    const image = ndarray(logs, { dtype: "float32", shape: [layers, count] });
    this.image.data = count ? { image: [image], x: [0.5], width: [count * width] } : { image: [], x: [], width: [] };
    this.moveTo(this.x);
  }

  // The norms of all layers at a place of the axis.
  at(x) {
    const place = Math.min(Math.max(Math.floor((x - 0.5) / this.width), 0), this.columns.length - 1);
    return this.columns[place] || [];
  }

  moveTo(x) {
    this.x = x;
    if (x === null) return;
    this.cursor.setv({ location: x, visible: true });
    const column = this.at(x);
    const known = column.map((norm, layer) => [norm, layer]).filter(([norm]) => Number.isFinite(norm));
    if (!known.length) return;
    const words = ([norm, layer]) => `${this.names[layer]} ${gradevo.exactly(norm)}`;
    known.sort(([one], [other]) => one - other);
    const place = `Epoch ${gradevo.number(Math.max(1, Math.round(x)))}`;
    const row = this.row !== null && column[this.row] !== undefined ? `${words([column[this.row], this.row])}; ` : "";
    this.told.textContent = `${place}: ${row}smallest ${words(known[0])}, largest ${words(known[known.length - 1])}`;
  }

  // The colour of a norm on this map.
  color(norm) {
    const { low, high, palette } = this.colors;
    if (!(norm > 0) || !Number.isFinite(norm)) return null;
    const share = (Math.log10(norm) - low) / (high - low);
    const color = palette[Math.min(Math.max(Math.floor(share * palette.length), 0), palette.length - 1)];
    return typeof color === "number" ? `#${(color >>> 8).toString(16).padStart(6, "0")}` : color;
  }

  values() {
    return this.columns;
  }

  paint() {
    const { ink, muted } = gradevo.theme();
    gradevo.paintAxes(this.plot);
    this.bar.setv({ title_text_color: ink, major_label_text_color: ink, major_tick_line_color: muted });
    this.cursor.line_color = "#ffffff";
  }
}

// --- the layer graph --------------------------------------------------------------------------------------

class Graph {
  constructor(root, depth) {
    this.root = $("[data-graph]", root);
    this.depth = depth;
    this.epochs = [];
    this.norms = [];
    this.flows = [];
    this.findings = [];
    this.threshold = null;
    this.x = 1;
    if (!this.root) return;
    this.nodes = [...this.root.querySelectorAll("[data-node]")];
    this.edges = [...this.root.querySelectorAll("[data-edge]")];
  }

  grow({ since, epochs, norms, edges, findings, threshold }) {
    if (!this.root) return;
    this.threshold = threshold;
    this.findings = findings;
    this.epochs.splice(since, Infinity, ...epochs);
    const split = (kept, packed) => {
      kept.length = Math.min(since, kept.length);
      if (!packed) return;
      const values = gradevo.unpacked(packed);
      const size = values.length / epochs.length;
      epochs.forEach((_, place) => kept.push(values.slice(place * size, (place + 1) * size)));
    };
    split(this.norms, norms);
    split(this.flows, edges);
    this.moveTo(this.x);
  }

  moveTo(x) {
    this.x = x;
    if (!this.root || !this.epochs.length) return;
    const wanted = Math.max(1, Math.round(x));
    let place = this.epochs.findIndex((epoch) => epoch >= wanted);
    if (place < 0) place = this.epochs.length - 1;
    const epoch = this.epochs[place];
    $("[data-epoch]", this.root).textContent = `epoch ${epoch}`;
    for (const node of this.nodes) {
      const norm = this.norms[place][Number(node.dataset.node)];
      const found = this.findings.filter(
        (one) => one.layer === node.dataset.layer && one.ranges.some(([first, last]) => first <= epoch && epoch <= last),
      );
      node.classList.toggle("ill", found.length > 0);
      $("circle", node).style.fill = this.depth.color(norm) || "";
      $(".mark", node).textContent = found.map(({ symbol }) => symbol).join("");
      $(".value", node).textContent = gradevo.exactly(norm);
      $(".found", node).textContent = found.map(({ check }) => check).join(", ");
    }
    this.edges.forEach((edge, number) => {
      const flow = this.flows.length ? this.flows[place][number] : NaN;
      edge.classList.toggle("above", flow > this.threshold);
      edge.classList.toggle("below", flow <= this.threshold);
    });
  }

  paint() {
    this.moveTo(this.x);
  }
}

// --- all runs ---------------------------------------------------------------------------------------------

async function lay(news) {
  const section = $("[data-overlaid]");
  if (!news || rows.length < 2) {
    section.hidden = true;
    return;
  }
  section.hidden = false;
  if (!overlay || overlay.structure !== news.structure) {
    if (overlay && overlay.group) overlay.group.close();
    const root = $("[data-overlay]");
    const found = await fragment(root, "overlay");
    overlay = found && { structure: $("[data-structure]", root).dataset.structure, state: null, ...found };
    revision = -1;
    hurried = true;
    return;
  }
  if (overlay.group) overlay.group.grow(news.explorers, news.epochs);
  overlay.state = news.state;
}

ask();
