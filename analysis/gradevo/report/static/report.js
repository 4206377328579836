// Sorting, filtering and playing. Without it the pages show everything all the same.
"use strict";

// --- tables: heads become buttons -------------------------------------------------------------------------

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function keyOf(row, column) {
  const cell = row.cells[column];
  if (!("key" in cell.dataset)) return cell.textContent.trim();
  return cell.dataset.key === "" ? NaN : Number(cell.dataset.key);
}

// What has no value comes last, in whichever direction.
function compared(one, other, sign) {
  if (typeof one === "number" && typeof other === "number") {
    if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) - Number.isNaN(other);
    return one < other ? -sign : one > other ? sign : 0;
  }
  return sign * words.compare(String(one), String(other));
}

function sort(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const ascending = heads[column].getAttribute("aria-sort") !== "ascending";
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [keyOf(row, column), row]);
  rows.sort(([one], [other]) => compared(one, other, ascending ? 1 : -1));
  body.append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, column));
    head.append(button);
  });
}

// --- boxes of tables: a stop of the Tab key only where there is something to scroll -------------------------

const boxes = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
});

for (const box of document.querySelectorAll(".scroll")) boxes.observe(box);

// --- filters of the verdicts ------------------------------------------------------------------------------

for (const form of document.querySelectorAll("form.filter")) {
  const groups = [...document.getElementById(form.dataset.filters).querySelectorAll("section")];
  const fields = form.elements;
  const update = () => {
    const sought = fields.words.value.trim().toLowerCase();
    let shown = 0;
    let all = 0;
    for (const group of groups) {
      const rows = [...group.querySelectorAll("tbody tr")];
      const found = rows.filter((row) => {
        const fits =
          (!fields.experiment.value || row.dataset.experiment === fields.experiment.value) &&
          (!fields.verdict.value || row.dataset.verdict === fields.verdict.value) &&
          (!sought || row.textContent.toLowerCase().includes(sought));
        row.hidden = !fits;
        return fits;
      });
      group.hidden = found.length === 0;
      const narrowed = fields.experiment.value || fields.verdict.value || sought;
      for (const details of group.querySelectorAll("details")) {
        details.open = Boolean(narrowed) && details.querySelector("tbody tr:not([hidden])") !== null;
      }
      shown += found.length;
      all += rows.length;
    }
    form.querySelector("output").textContent = `${shown} of ${all} rows`;
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  update();
}

// --- films play while they are in sight, unless the reader wants less motion or has paused them -------------

const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const ours = new WeakSet(); // pauses that are not the reader's
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target: film, isIntersecting } of entries) {
      if (isIntersecting) film.preload = "auto";
      if (!isIntersecting && !film.paused) {
        ours.add(film);
        film.pause();
      } else if (isIntersecting && film.paused && !still.matches && !("stopped" in film.dataset)) {
        film.play().catch(() => {}); // a browser may refuse: there are controls
      }
    }
  },
  { threshold: 0.4 },
);

const PARTS = 1000; // of a film, as its slider counts them

// Controls below the picture: the browser's own lie over its lowest lines, and darken them.
function controlled(film) {
  const bar = document.createElement("div");
  const button = document.createElement("button");
  const slider = document.createElement("input");
  const link = document.createElement("a");
  const name = film.closest("section").querySelector("h2").textContent;
  bar.className = "bar";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", `Film: ${name}`);
  button.type = "button";
  Object.assign(slider, { type: "range", min: 0, max: PARTS, step: 1, value: 0 });
  slider.setAttribute("aria-label", "Position in the film");
  link.href = film.getAttribute("src");
  link.textContent = "Film alone";
  bar.append(button, slider, link);
  const told = () => {
    button.textContent = film.paused ? "▶ Play" : "❚❚ Pause";
  };
  const moved = () => {
    const { currentTime, duration } = film;
    if (!duration) return;
    slider.value = Math.round((PARTS * currentTime) / duration);
    slider.setAttribute("aria-valuetext", `${currentTime.toFixed(1)} of ${duration.toFixed(1)} seconds`);
  };
  const toggle = () => (film.paused ? film.play().catch(() => {}) : film.pause());
  const step = () => {
    if (film.paused) return;
    moved();
    requestAnimationFrame(step); // timeupdate comes but four times a second
  };
  button.addEventListener("click", toggle);
  film.addEventListener("click", toggle);
  slider.addEventListener("input", () => {
    film.pause();
    if (film.duration) film.currentTime = (slider.value / PARTS) * film.duration;
  });
  for (const event of ["play", "pause"]) film.addEventListener(event, told);
  for (const event of ["timeupdate", "seeked", "loadedmetadata"]) film.addEventListener(event, moved);
  film.addEventListener("play", step);
  told();
  film.controls = false;
  film.after(bar);
}

for (const film of document.querySelectorAll("video[data-plays]")) {
  controlled(film);
  film.addEventListener("pause", () => {
    if (ours.delete(film)) return;
    if (!film.ended) film.dataset.stopped = "";
  });
  film.addEventListener("play", () => delete film.dataset.stopped);
  sight.observe(film);
}
