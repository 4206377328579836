// Fills the charts of a page and answers to their controls. No other state than the page's own.
//
// A group of charts is <script type="application/json" data-gradevo-charts="ID"> with the data and the Bokeh
// document, and on the same page a <section class="gradevo-chart" data-charts="ID" data-explorer="KEY"> for each
// chart. For tests: gradevo.charts[KEY].values() are the numbers that are drawn now, by series.
(() => {
  "use strict";

  const FEW = 20; // up to this many points each one gets a marker
  const MANY = 120; // with more points than this, lines are thinner
  const ROWS = 25; // of the table of numbers
  const gradevo = (window.gradevo = window.gradevo || {});
  gradevo.charts = {};

  gradevo.bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  // Packed arrays, see `packed` in charts.py.
  function unpacked(text) {
    const kinds = { f4: Float32Array, f8: Float64Array, u1: Uint8Array };
    return Array.from(new kinds[text.slice(0, 2)](gradevo.bytes(text.slice(3)).buffer));
  }
  gradevo.unpacked = unpacked;

  // A whole number as an exponent: -8 -> "⁻⁸".
  gradevo.raised = (power) => String(power).replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);

  // A number in few characters: 0.02, 500, 3×10⁻⁸.
  gradevo.number = (value, digits = 3) => {
    if (value === null || Number.isNaN(value)) return "–";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    const size = Math.abs(value);
    const sign = value < 0 ? "−" : "";
    if (size === 0) return "0";
    if (size >= 1e-3 && size < 9999.5) return sign + String(Number(size.toPrecision(size < 1e3 ? digits : 4)));
    return scientific(value, size.toExponential(digits - 1).replace(/\.?0*e/, "e"));
  };

  // "1.5e-8" -> "1.5×10⁻⁸"
  function scientific(value, text) {
    const [mantissa, exponent] = text.split("e");
    return (value < 0 ? "−" : "") + (mantissa === "1" ? "" : `${mantissa}×`) + `10${gradevo.raised(Number(exponent))}`;
  }

  // The same with all its digits, for columns of numbers: 3.00.
  gradevo.exactly = (value, digits = 3) => {
    const size = Math.abs(value);
    const plain = size >= 1e-3 && size < 10 ** digits;
    if (plain) return (value < 0 ? "−" : "") + size.toPrecision(digits);
    return Number.isFinite(value) && size ? scientific(value, size.toExponential(digits - 1)) : gradevo.number(value);
  };

  // Round numbers for a logarithmic axis: powers of ten, with their halves and fifths where these are few.
  gradevo.decades = (start, end) => {
    const [low, high] = [Math.log10(start), Math.log10(end)];
    if (high - low < 0.7) return linear(start, end);
    const every = Math.max(1, Math.ceil((high - low) / 7));
    const digits = high - low < 3 ? [1, 2, 5] : [1];
    const ticks = [];
    for (let power = Math.floor(low); power <= high; power++)
      if (power % every === 0) for (const digit of digits) ticks.push(Number(`${digit}e${power}`));
    return ticks.filter((tick) => tick >= start && tick <= end);
  };

  function linear(start, end) {
    const rough = (end - start) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const size = power * [1, 2, 5, 10].find((digit) => digit * power >= rough);
    const ticks = [];
    for (let count = Math.ceil(start / size); count * size <= end; count++) ticks.push(count * size);
    return ticks;
  }

  function theme() {
    const style = getComputedStyle(document.documentElement);
    const color = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
    return { ink: color("--ink", "#1c1c1c"), muted: color("--muted", "#6e6e6e"), line: color("--line", "#e4e4e4") };
  }

  function paintAxes(plot) {
    const { ink, muted, line } = theme();
    for (const axis of [...plot.left, ...plot.below])
      axis.setv({
        axis_label_text_color: ink,
        major_label_text_color: ink,
        axis_line_color: muted,
        major_tick_line_color: muted,
      });
    for (const grid of plot.center)
      if (grid.type === "Grid") grid.grid_line_color = grid.dimension === 1 ? line : null;
  }

  // The place in xs that is nearest to x.
  function nearest(xs, x) {
    return xs.reduce((best, here, index) => (Math.abs(here - x) < Math.abs(xs[best] - x) ? index : best), 0);
  }

  class Chart {
    constructor(section, explorer, bokeh, group) {
      Object.assign(this, { section, explorer, bokeh, group, key: explorer.key });
      this.plot = bokeh.get_model_by_name(this.key);
      this.x = explorer.x.map(unpacked);
      this.select = section.querySelector("select");
      this.log = section.querySelector("[data-log]");
      this.boxes = [...section.querySelectorAll("[data-series]")];
      this.outputs = this.boxes.map((box) => box.closest("label").querySelector("output"));
      this.curves = {};
      this.drawn = [];
      this.at = null;
      this.touched = false; // whether the reader has chosen the scale
      this.listen();
      this.choose();
    }

    listen() {
      if (this.select) this.select.addEventListener("change", () => this.choose());
      this.log.addEventListener("change", () => {
        this.touched = true;
        this.draw();
      });
      for (const box of this.boxes) box.addEventListener("change", () => this.draw());
      for (const [name, checked] of [["all", true], ["none", false]]) {
        const button = this.section.querySelector(`[data-check=${name}]`);
        if (button)
          button.addEventListener("click", () => {
            for (const box of this.boxes) if (!box.closest("li").hidden) box.checked = checked;
            this.draw();
          });
      }
      const search = this.section.querySelector("[data-search]");
      if (search) search.addEventListener("input", () => this.search(search.value));
      this.section.querySelector("details").addEventListener("toggle", () => this.tabulate());
      const follow = (event) => {
        const xs = this.drawn.length ? this.drawn.flatMap(({ place }) => this.xs(place)) : this.xs(0);
        if (xs.length) this.group.moveTo(xs[nearest(xs, event.x)]);
      };
      this.plot.on_event("mousemove", follow);
      this.plot.on_event("tap", follow);
    }

    get quantity() {
      const quantities = this.explorer.quantities;
      return (this.select && quantities.find((one) => one.name === this.select.value)) || quantities[0];
    }

    // The points of a series of the chosen quantity, or null.
    curve(place, name = this.quantity.name) {
      const packed = this.explorer.curves[name][place];
      if (!packed) return null;
      const known = (this.curves[name] = this.curves[name] || []);
      if (!known[place]) {
        const middle = unpacked(packed[0]);
        const [low, high] = packed[1] ? [unpacked(packed[1]), unpacked(packed[2])] : [middle, middle];
        const seeds = packed[3] ? unpacked(packed[3]) : middle.map(() => this.explorer.seeds);
        known[place] = { middle, low, high, seeds, band: Boolean(packed[1]) };
      }
      return known[place];
    }

    // What all series share, or else each has for itself.
    places(place) {
      return this.explorer.places[place] || this.explorer.places[0];
    }

    xs(place) {
      return this.x[place] || this.x[0];
    }

    // List only the series whose names hold all words; "all" and "none" then mean these.
    search(text) {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      for (const box of this.boxes) {
        const name = box.dataset.series.toLowerCase();
        const listed = words.every((word) => name.includes(word));
        box.closest("li").hidden = !listed;
        found += listed;
      }
      const told = words.length ? `${found} of ${this.boxes.length}` : "";
      this.section.querySelector("[data-found]").textContent = told;
    }

    choose() {
      const quantity = this.quantity;
      this.touched = false;
      this.log.disabled = !quantity.positive;
      this.log.checked = quantity.log;
      this.section.querySelector("[data-formula]").textContent = quantity.formula;
      this.draw();
    }

    // Takes in what a run that grows has gained, see `growth` in charts.py.
    grow({ scales, parts }) {
      const { explorer } = this;
      explorer.quantities.forEach((quantity, place) => Object.assign(quantity, scales[place]));
      for (const part of parts) {
        if (this.x.length < explorer.series.length && part.series.length < explorer.series.length) {
          explorer.places = explorer.series.map((_, place) => [...this.places(place)]);
          this.x = explorer.series.map((_, place) => [...this.xs(place)]);
        }
        const own = part.series.length > 1 || this.x.length === 1 ? 0 : part.series[0];
        this.x[own].splice(part.since, Infinity, ...unpacked(part.x));
        explorer.places[own].splice(part.since, Infinity, ...part.places);
        for (const [name, curves] of Object.entries(part.curves))
          curves.forEach((packed, index) => packed && this.extend(name, part.series[index], part.since, packed));
      }
      this.log.disabled = !this.quantity.positive;
      if (!this.touched) this.log.checked = this.quantity.log;
      this.draw();
    }

    extend(name, place, since, [middle, low, high, seeds]) {
      const known = (this.curves[name] = this.curves[name] || []);
      if (!known[place]) known[place] = this.curve(place, name) || { middle: [], low: [], high: [], seeds: [] };
      const curve = known[place];
      const values = unpacked(middle);
      if (low && !curve.band) Object.assign(curve, { band: true, low: [...curve.middle], high: [...curve.middle] });
      const lows = low ? unpacked(low) : values;
      curve.middle.splice(since, Infinity, ...values);
      if (curve.low !== curve.middle) {
        curve.low.splice(since, Infinity, ...lows);
        curve.high.splice(since, Infinity, ...(high ? unpacked(high) : values));
      }
      curve.seeds.splice(since, Infinity, ...(seeds ? unpacked(seeds) : values.map(() => this.explorer.seeds)));
    }

    draw() {
      const { quantity } = this;
      const { ink } = theme();
      const logarithmic = this.log.checked && !this.log.disabled;
      const drawable = (value) => Number.isFinite(value) && (!logarithmic || value > 0);
      this.drawn = this.boxes
        .map((box, place) => ({ place, curve: box.checked ? this.curve(place) : null, ...this.explorer.series[place] }))
        .filter((one) => one.curve);
      let lowest = Infinity;
      let highest = -Infinity;
      let missing = 0;
      for (const { curve } of this.drawn)
        for (const values of [curve.middle, curve.low, curve.high])
          for (const value of values)
            if (drawable(value)) {
              lowest = Math.min(lowest, value);
              highest = Math.max(highest, value);
            }
      const lines = { xs: [], ys: [], color: [], dash: [], width: [] };
      const bands = { xs: [], ys: [], color: [], alpha: [] };
      const points = { x: [], y: [], color: [], alpha: [], name: [], place: [], text: [] };
      for (const one of this.drawn) {
        const { curve, place } = one;
        const xs = this.xs(place);
        const shade = one.color === "ink" ? ink : one.color;
        const ys = curve.middle.map((value) => (drawable(value) ? value : NaN));
        missing += curve.middle.filter((value) => Number.isFinite(value) && !drawable(value)).length;
        lines.xs.push(xs);
        lines.ys.push(ys);
        lines.color.push(shade);
        lines.dash.push(one.dash);
        lines.width.push(ys.length > MANY ? one.width / 1.6 : one.width);
        if (curve.band)
          for (const [start, stop] of stretches(curve.high.map(drawable))) {
            const there = xs.slice(start, stop);
            const low = curve.low.slice(start, stop).map((value) => (drawable(value) ? value : lowest));
            bands.xs.push([...there, ...there.slice().reverse()]);
            bands.ys.push([...curve.high.slice(start, stop), ...low.reverse()]);
            bands.color.push(shade);
            bands.alpha.push(one.color === "ink" ? 0.13 : 0.22);
          }
        ys.forEach((y, index) => {
          if (Number.isNaN(y)) return;
          const alone = Number.isNaN(ys[index - 1] ?? NaN) && Number.isNaN(ys[index + 1] ?? NaN);
          points.x.push(xs[index]);
          points.y.push(y);
          points.color.push(shade);
          points.alpha.push(ys.length <= FEW || alone ? 1 : 0);
          points.name.push(one.name);
          points.place.push(this.places(place)[index]);
          points.text.push(this.words(curve, index));
        });
      }
      const floor = logarithmic ? this.floor(lowest) : lowest;
      const below = points.y.filter((y) => y < floor).length;
      this.rescale(logarithmic, floor, highest);
      for (const [what, data] of Object.entries({ lines, bands, points }))
        this.bokeh.get_model_by_name(`${this.key}:${what}`).data = data;
      this.plot.left[0].axis_label = quantity.axis;
      Object.assign(this.section.dataset, {
        statistic: quantity.name,
        shown: this.drawn.map((one) => one.name).join(" "),
        scale: logarithmic ? "log" : "linear",
      });
      this.report(logarithmic, missing, below, lowest, highest);
      this.read();
      this.tabulate();
    }

    // Median, range and seeds of a point in words.
    words(curve, index) {
      const value = gradevo.number(curve.middle[index], 4);
      const seeds = curve.seeds[index];
      const of = this.explorer.seeds > 1 ? counted(seeds, "seed") : "";
      if (!curve.band) return of ? `${value} (${of})` : value;
      const range = `range ${gradevo.number(curve.low[index])} to ${gradevo.number(curve.high[index])}`;
      return `median ${value}, ${range}${of ? `, ${of}` : ""}`;
    }

    // Where a logarithmic axis begins: a few values that are decades below all others would press these together.
    floor(lowest) {
      const sizes = this.drawn
        .flatMap(({ curve }) => curve.middle)
        .filter((value) => Number.isFinite(value) && value > 0)
        .sort((one, other) => one - other);
      const low = sizes[Math.floor(sizes.length / 50)];
      return low > 1e4 * lowest ? low / 2 : lowest;
    }

    rescale(logarithmic, lowest, highest) {
      let [start, end] = [lowest, highest];
      if (!(start <= end)) [start, end] = logarithmic ? [0.1, 10] : [0, 1];
      else if (logarithmic) {
        const room = Math.max(0.05 * Math.log10(end / start), 0.1);
        [start, end] = [start / 10 ** room, end * 10 ** room];
      } else {
        const grounded = this.quantity.zero && start >= 0;
        const room = 0.05 * (end - (grounded ? 0 : start)) || 0.1 * Math.abs(end) || 0.5;
        [start, end] = [grounded ? 0 : start - room, end + room];
      }
      const range = this.bokeh.get_model_by_name(`${this.key}:y`);
      const scale = logarithmic ? "LogScale" : "LinearScale";
      if (this.plot.y_scale.type !== scale) {
        range.setv({ start: Math.max(range.start, 1e-3), end: Math.max(range.end, 1) });
        this.plot.y_scale = new Bokeh.Models[scale]();
        this.plot.left[0].ticker = logarithmic
          ? new Bokeh.Models.CustomJSTicker({ major_code: "return window.gradevo.decades(cb_data.start, cb_data.end)" })
          : new Bokeh.Models.BasicTicker();
      }
      range.setv({ start, end, reset_start: start, reset_end: end });
    }

    report(logarithmic, missing, below, lowest, highest) {
      const { explorer, quantity, drawn } = this;
      const names = drawn.map((one) => one.name);
      const listed = names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");
      const of = explorer.series.length;
      const bounds = lowest <= highest ? `, from ${gradevo.number(lowest)} to ${gradevo.number(highest)}` : "";
      const absent =
        (missing ? ` Not on a logarithmic axis: ${counted(missing, "value")} ≤ 0.` : "") +
        (below ? ` Below the axis: ${counted(below, "value")}.` : "");
      this.section.querySelector("[data-missing]").textContent = absent;
      const words =
        `${quantity.label}: ` +
        (names.length ? `${listed} (${names.length} of ${of} shown)` : `none of ${of} shown`) +
        `${bounds}, ${logarithmic ? "logarithmic" : "linear"} axis.` +
        absent;
      this.section.querySelector("[role=status]").textContent = words;
      this.section.querySelector("[data-plot]").setAttribute("aria-label", `Line chart. ${words}`);
    }

    // Show the place x in the chart, and the values there beside the names.
    moveTo(x) {
      this.at = x;
      this.bokeh.get_model_by_name(`${this.key}:cursor`).setv({ location: x, visible: true });
      this.read();
    }

    read() {
      if (this.at === null) return;
      this.outputs.forEach((output, place) => {
        const curve = this.boxes[place].checked ? this.curve(place) : null;
        const index = curve ? this.index(this.xs(place), this.at) : -1;
        output.textContent = index < 0 ? "" : gradevo.exactly(curve.middle[index]);
      });
    }

    // The point nearest to x, or -1 where all are further than half a unit or a step between points.
    index(xs, x) {
      const best = nearest(xs, x);
      const step = xs.length > 1 ? (xs[xs.length - 1] - xs[0]) / (xs.length - 1) : 1;
      return xs.length && Math.abs(xs[best] - x) <= Math.max(0.5 * this.group.unit, step) ? best : -1;
    }

    tabulate() {
      const details = this.section.querySelector("details");
      if (!details.open) return;
      const table = details.querySelector("table");
      const first = this.drawn.length ? this.drawn[0].place : 0;
      const xs = this.xs(first);
      const count = Math.min(ROWS, xs.length);
      const chosen = [...Array(count).keys()].map((row) => (count > 1 ? Math.round((row * (xs.length - 1)) / (count - 1)) : 0));
      const number = ({ curve, place }, x) => {
        const here = this.index(this.xs(place), x);
        return here < 0 ? "–" : gradevo.exactly(curve.middle[here], 4);
      };
      const [head, body] = ["thead", "tbody"].map((name) => document.createElement(name));
      head.append(row("col", this.explorer.axis, this.drawn.map((one) => one.name)));
      for (const index of chosen)
        body.append(row("row", this.places(first)[index], this.drawn.map((one) => number(one, xs[index]))));
      const caption = table.caption;
      caption.textContent = `${this.quantity.label}${this.drawn.some(({ curve }) => curve.band) ? ", medians" : ""}`;
      table.replaceChildren(caption, head, body);
    }

    // The numbers that Bokeh draws now: series -> values, NaN in gaps.
    values() {
      const { ys } = this.bokeh.get_model_by_name(`${this.key}:lines`).data;
      return Object.fromEntries(this.drawn.map((one, place) => [one.name, Array.from(ys[place])]));
    }

    paint() {
      const { ink, muted } = theme();
      paintAxes(this.plot);
      this.bokeh.get_model_by_name(`${this.key}:cursor`).line_color = muted;
      for (const mark of this.plot.center) if (mark.name === `${this.key}:mark`) mark.line_color = ink;
      this.draw();
    }
  }

  // The charts of one group: they share the axis of x and the place at which one reads.
  class Group {
    constructor(content, bokeh) {
      this.unit = content.unit;
      this.bokeh = bokeh;
      this.followers = []; // others that show the same place, and are painted in the page's colours
      this.slider = document.querySelector(`[data-place="${content.id}"]`);
      this.told = this.slider && this.slider.closest("label").querySelector("output");
      this.pending = null;
      this.charts = content.explorers.map((explorer) => {
        const section = document.querySelector(`[data-charts="${content.id}"][data-explorer="${explorer.key}"]`);
        const chart = new Chart(section, explorer, bokeh, this);
        gradevo.charts[explorer.key] = chart;
        return chart;
      });
      this.range = bokeh.get_model_by_name("x");
      this.ends = [this.range.start, this.range.end];
      if (this.slider) this.slider.addEventListener("input", () => this.moveTo(Number(this.slider.value)));
      for (const button of document.querySelectorAll(`[data-reset="${content.id}"]`))
        button.addEventListener("click", () => this.reset());
      // A finger scrolls the page, not the chart, until a tool is chosen.
      if (window.matchMedia("(pointer: coarse)").matches)
        for (const chart of this.charts) bokeh.get_model_by_name(`${chart.key}:drag`).active = false;
      if (this.slider) this.moveTo(Number(this.slider.value));
      this.paint();
    }

    // What a run that grows has gained: the axis follows to its new end, and the slider, if it was there.
    grow(news, last) {
      for (const one of news) {
        const chart = this.charts.find(({ key }) => key === one.key);
        if (chart) chart.grow(one);
      }
      const { start, end } = this.range;
      const whole = start === this.ends[0] && end === this.ends[1];
      this.ends = [this.ends[0], last + 0.5];
      this.range.setv({ bounds: this.ends, reset_start: this.ends[0], reset_end: this.ends[1] });
      if (whole) this.range.setv({ start: this.ends[0], end: this.ends[1] });
      const newest = Number(this.slider.value) >= Number(this.slider.max);
      this.slider.max = last;
      this.moveTo(newest ? last : Number(this.slider.value));
    }

    moveTo(x) {
      if (this.slider) {
        this.slider.value = x;
        this.told.textContent = gradevo.number(Math.round(x / this.unit) * this.unit);
      }
      if (this.pending === null)
        requestAnimationFrame(() => {
          for (const chart of this.charts) chart.moveTo(this.pending);
          for (const follower of this.followers) follower.moveTo(this.pending);
          this.pending = null;
        });
      this.pending = x;
    }

    reset() {
      const [start, end] = this.ends;
      this.range.setv({ start, end });
      for (const chart of this.charts) chart.draw();
    }

    paint() {
      for (const chart of this.charts) chart.paint();
      for (const follower of this.followers) follower.paint();
    }

    close() {
      for (const { key } of this.charts) delete gradevo.charts[key];
      groups.delete(this);
      Bokeh.documents.splice(Bokeh.documents.indexOf(this.bokeh), 1);
      this.bokeh.clear();
    }
  }

  // A row of a table: heads of columns, or the head of the row and its cells.
  function row(scope, first, others) {
    const element = document.createElement("tr");
    for (const [index, text] of [first, ...others].entries()) {
      const cell = document.createElement(scope === "col" || index === 0 ? "th" : "td");
      cell.textContent = text;
      if (cell.tagName === "TH") cell.scope = scope;
      element.append(cell);
    }
    return element;
  }

  function counted(count, noun) {
    return `${count} ${noun}${count === 1 ? "" : "s"}`;
  }

  // Stretches [start, stop) in which all flags are true.
  function stretches(flags) {
    const found = [];
    flags.forEach((flag, index) => {
      if (flag && !flags[index - 1]) found.push([index, index]);
      if (flag) found[found.length - 1][1] = index + 1;
    });
    return found;
  }

  const groups = new Set();

  // Draws the group of charts whose data a script element holds.
  gradevo.open = async (script) => {
    const content = JSON.parse(script.textContent);
    const keys = [...content.explorers.map(({ key, root }) => [key, root]), ...Object.entries(content.others)];
    const roots = Object.fromEntries(keys.map(([key, root]) => [root, `${content.id}-${key}`]));
    const before = new Set(Bokeh.documents);
    await Bokeh.embed.embed_items({ [content.id]: content.document }, [
      { docid: content.id, roots, root_ids: Object.keys(roots) },
    ]);
    const group = new Group(content, Bokeh.documents.find((one) => !before.has(one)));
    groups.add(group);
    return group;
  };

  Object.assign(gradevo, { unpacked, theme, paintAxes });

  async function main() {
    for (const script of document.querySelectorAll("[data-gradevo-charts]")) await gradevo.open(script);
    gradevo.repaint = () => groups.forEach((group) => group.paint());
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", gradevo.repaint);
    document.documentElement.dataset.gradevoCharts = "ready";
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", main);
  else main();
})();
