// Draws the maps of a page and answers to their controls: the cosine of two steps, the elements of an epoch.
//
// The data are in <script type="application/json" data-gradevo-maps>, see maps.py, which also says what tests
// can hold on to. Runs after charts.js, whose numbers and packed arrays it uses.
(() => {
  "use strict";

  const gradevo = (window.gradevo = window.gradevo || {});
  const LEVELS = 201; // colours of a map
  const [BLUE, VERMILION, SKY] = ["#0072b2", "#d55e00", "#56b4e9"];

  const { bytes, raised, unpacked } = gradevo;
  gradevo.powerOfTwo = (power) => (Number.isInteger(power) ? `2${raised(power)}` : "");

  function color(name, fallback) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || fallback;
  }

  function parts(hex) {
    return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
  }

  // Colours from stop to stop, evenly.
  function palette(stops) {
    const known = stops.map(parts);
    return [...Array(LEVELS).keys()].map((level) => {
      const place = (level / (LEVELS - 1)) * (known.length - 1);
      const low = Math.min(Math.floor(place), known.length - 2);
      const mixed = known[low].map((value, index) => Math.round(value + (place - low) * (known[low + 1][index] - value)));
      return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
    });
  }

  const dark = () => window.matchMedia("(prefers-color-scheme: dark)").matches;

  // A map, the controls of its section and the table beside it.
  class AskedMap {
    constructor(content, bokeh) {
      Object.assign(this, content);
      this.bokeh = bokeh;
      this.section = document.querySelector(`[data-map="${this.key}"]`);
      this.plot = bokeh.get_model_by_name(this.key);
      this.select = this.section.querySelector("select");
      this.inputs = [...this.section.querySelectorAll("[data-end]")];
      this.cells = [...this.section.querySelectorAll("tr[data-row] td")];
      this.here = this.section.querySelector("[data-here]");
      this.decoded = {};
      const [[left, right], [bottom, top]] = this.range;
      this.plot.x_range.setv({ start: left, end: right });
      this.plot.y_range.setv({ start: bottom, end: top });
      this.select.addEventListener("change", () => this.draw());
      for (const input of this.inputs) input.addEventListener("input", () => this.read());
      for (const click of ["tap", "doubletap"]) this.plot.on_event(click, (event) => this.pick(this.places2d(event)));
      this.plot.on_event("mousemove", (event) => (this.here.textContent = this.words(this.places2d(event))));
      this.plot.on_event("mouseleave", () => (this.here.textContent = "\u200b"));
    }

    // The places in the map that are nearest to a point.
    places2d({ x, y }) {
      const [[left, right], [bottom, top]] = this.range;
      const cell = (value, start, end, count) =>
        Math.min(count - 1, Math.max(0, Math.floor(((value - start) / (end - start)) * count)));
      return [cell(x, left, right, this.places.length), cell(y, bottom, top, this.rowsOfImage)];
    }

    get shown() {
      return this.select.value;
    }

    get at() {
      return this.inputs.map((input) => Number(input.value));
    }

    series(name) {
      if (!this.decoded[name]) this.decoded[name] = this.decode(this.content[name]);
      return this.decoded[name];
    }

    draw() {
      const source = this.bokeh.get_model_by_name(`${this.key}:image`);
      const [[left, right], [bottom, top]] = this.range;
      const shape = [this.rowsOfImage, this.places.length];
      const image = new source.data.image[0].constructor(this.image(), shape);
      source.data = { image: [image], x: [left], y: [bottom], dw: [right - left], dh: [top - bottom] };
      this.section.dataset.shown = this.shown;
      this.read();
    }

    pick(places) {
      this.inputs.forEach((input, index) => (input.value = places[index]));
      this.read();
    }

    // The middle of a place in the map.
    middle(axis, place, count) {
      const [start, end] = this.range[axis];
      return start + ((place + 0.5) / count) * (end - start);
    }

    read() {
      this.at.forEach((place, index) => {
        this.inputs[index].parentElement.querySelector("output").textContent = this.told(place);
        this.inputs[index].setAttribute("aria-valuetext", this.told(place));
      });
      this.cells.forEach((cell, index) => this.fill(cell, index));
      this.mark();
      const words = this.summary();
      this.section.querySelector("[role=status]").textContent = words;
      this.section.querySelector("[data-plot]").setAttribute("aria-label", `Map. ${words}`);
    }

    paint() {
      const [ink, muted] = [color("--ink", "#1c1c1c"), color("--muted", "#6e6e6e")];
      for (const axis of [...this.plot.left, ...this.plot.below])
        axis.setv({
          axis_label_text_color: ink,
          major_label_text_color: ink,
          axis_line_color: muted,
          major_tick_line_color: muted,
        });
      const mapper = this.bokeh.get_model_by_name(`${this.key}:colors`);
      mapper.setv({ palette: palette(this.stops()), low: this.bounds[0], high: this.bounds[1] });
      this.bokeh.get_model_by_name(`${this.key}:lines`).glyph.line_color = ink;
      this.draw();
    }

    lines(marks) {
      this.bokeh.get_model_by_name(`${this.key}:marks`).data = { xs: marks.map(([xs]) => xs), ys: marks.map(([, ys]) => ys) };
    }
  }

  class Similarity extends AskedMap {
    bounds = [-1, 1];

    get rowsOfImage() {
      return this.places.length;
    }

    stops() {
      return [BLUE, dark() ? "#2b2e33" : "#efefef", VERMILION];
    }

    // Of hundredths above the diagonal, -128 where there is no value.
    decode(text) {
      const count = this.places.length;
      const hundredths = new Int8Array(bytes(text).buffer);
      const values = new Float32Array(count * count).fill(1);
      let next = 0;
      for (let row = 0; row < count; row++)
        for (let column = row + 1; column < count; column++) {
          const whole = hundredths[next++];
          values[row * count + column] = values[column * count + row] = whole === -128 ? NaN : whole / 100;
        }
      for (let place = 0; place < count; place++) {
        const others = values.subarray(place * count, (place + 1) * count);
        if (others.every((value, index) => index === place || Number.isNaN(value))) values[place * count + place] = NaN;
      }
      return values;
    }

    image() {
      return this.series(this.shown);
    }

    cosine(name, [one, other]) {
      return this.series(name)[one * this.places.length + other];
    }

    told(place) {
      const loss = gradevo.number(this.losses[place]);
      return `${this.names[place]}, loss ${loss}`;
    }

    words(places) {
      const [one, other] = places.map((place) => this.names[place]);
      return `${one} and ${other}: cosine ${this.text(this.cosine(this.shown, places))}`;
    }

    text(value) {
      return Number.isNaN(value) ? "–" : `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
    }

    fill(cell, index) {
      const name = this.rows[index];
      const value = this.cosine(name, this.at);
      cell.textContent = this.text(value);
      cell.parentElement.toggleAttribute("data-chosen", name === this.shown);
      const ends = [50, 50 + 50 * (Number.isNaN(value) ? 0 : value)].sort((one, other) => one - other);
      cell.dataset.bar = "";
      cell.style.setProperty("--from", `${ends[0]}%`);
      cell.style.setProperty("--to", `${ends[1]}%`);
      cell.style.setProperty("--bar", value < 0 ? `${BLUE}55` : `${VERMILION}55`);
    }

    mark() {
      const count = this.places.length;
      const [x, y] = this.at.map((place) => this.middle(0, place, count));
      const [[left, right], [bottom, top]] = this.range;
      this.lines([[[x, x], [bottom, top]], [[left, right], [y, y]]]);
      this.section.dataset.steps = this.at.map((place) => this.places[place]).join(" ");
    }

    summary() {
      return `${this.words(this.at)} in ${this.shown}.`;
    }
  }

  class Distributions extends AskedMap {
    bounds = [0, 1];

    get rowsOfImage() {
      return this.range[1][1] - this.range[1][0];
    }

    stops() {
      return dark() ? ["#16181b", "#0b4f7d", SKY, "#ffffff"] : ["#fdfdfb", SKY, BLUE, "#00203a"];
    }

    decode({ shares, numbers }) {
      return { levels: bytes(shares), numbers: numbers.map(unpacked) };
    }

    // Row by row from the smallest elements up, of levels that are stored epoch by epoch.
    image() {
      const [rows, columns] = [this.rowsOfImage, this.places.length];
      const { levels } = this.series(this.shown);
      const values = new Float32Array(rows * columns);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const level = levels[column * rows + row];
          values[row * columns + column] = level ? level / 255 : NaN;
        }
      return values;
    }

    told(place) {
      return this.names[place];
    }

    words([epoch, row]) {
      const level = this.series(this.shown).levels[epoch * this.rowsOfImage + row];
      const [strongest, gamma] = this.scale;
      const share = 100 * strongest * (level / 255) ** (1 / gamma);
      const power = this.range[1][0] + row;
      const text = level ? `about ${gradevo.number(share, 2)}` : "none or less than 0.001";
      return `${this.names[epoch]}, 2${raised(power)} to 2${raised(power + 1)}: ${text} % of the elements`;
    }

    fill(cell, index) {
      const value = this.series(this.shown).numbers[index][this.at[0]];
      if (Number.isNaN(value)) cell.textContent = "–";
      else if (index < 3) cell.textContent = gradevo.number(2 ** value, 2);
      else cell.textContent = value === 0 ? "0 %" : value < 5e-4 ? "< 0.05 %" : `${gradevo.number(100 * value, 2)} %`;
    }

    mark() {
      const epochs = this.places.length;
      const x = this.middle(0, this.at[0], epochs);
      this.lines([[[x, x], this.range[1]]]);
      const xs = this.places.map((_, place) => this.middle(0, place, epochs));
      const ys = this.series(this.shown).numbers.slice(0, 3);
      this.bokeh.get_model_by_name(`${this.key}:quantiles`).data = { xs: [xs, xs, xs], ys, width: [1, 2, 1] };
      this.section.dataset.epoch = this.places[this.at[0]];
    }

    summary() {
      const [low, middle, high] = this.cells.slice(0, 3).map((cell) => cell.textContent);
      return `${this.shown}, ${this.told(this.at[0])}: half of the elements are below ${middle}, 5 % below ${low}, 95 % below ${high}.`;
    }
  }

  async function main() {
    const script = document.querySelector("[data-gradevo-maps]:not(html)");
    if (!script) return;
    const content = JSON.parse(script.textContent);
    const roots = Object.fromEntries(content.maps.map(({ key, root }) => [root, `maps-${key}`]));
    const before = new Set(Bokeh.documents);
    await Bokeh.embed.embed_items({ maps: content.document }, [{ docid: "maps", roots, root_ids: Object.keys(roots) }]);
    const bokeh = Bokeh.documents.find((one) => !before.has(one) && one.get_model_by_name(content.maps[0].key));
    const kinds = { similarity: Similarity, distributions: Distributions };
    const maps = content.maps.map(({ series, losses, ...rest }) => {
      const one = new kinds[rest.key]({ ...rest, content: series, losses: losses && unpacked(losses) }, bokeh);
      one.paint();
      return one;
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => maps.forEach((one) => one.paint()));
    document.documentElement.dataset.gradevoMaps = "ready";
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", main);
  else main();
})();
