// The map: makes its points move, and finds and lists neighbours. Without this script its picture
// and its table stay. All numbers on show come from Python; here is only what the hand does.

const mountMap = (root) => {
  const plot = root.querySelector(".map-plot");
  const points = [...plot.querySelectorAll(".map-point")];
  const legends = [...root.querySelectorAll(".map-legend")];
  const make = (tag, properties, ...inner) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inner);
    return element;
  };

  let data, at, near, cosines;
  const n = points.length;
  try {
    data = JSON.parse(root.querySelector(".map-data").textContent);
    const unpack = (text, Kind) =>
      new Kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
    at = unpack(data.at, Uint16Array); // [state, point, 2]
    near = unpack(data.near, n > 256 ? Uint16Array : Uint8Array); // [state, point, k]
    cosines = unpack(data.cosines, Int8Array); // [state, point, k], in hundredths
    const states = data.runs.length * data.states.length;
    const counts = [data.names.length, at.length / states / 2, cosines.length / states / data.k];
    if (counts.some((count) => count !== n) || near.length !== cosines.length) throw Error();
  } catch {
    const text = "The data of this map are missing or damaged: it shows one picture and stands still.";
    root.prepend(make("p", { className: "map-problem", textContent: text }));
    return () => {};
  }

  const { names, runs, states, kinds, k } = data;
  const seen = { state: data.start, run: 0, kinds: 0, active: -1, chosen: -1, kind: -1, query: "" };
  const place = new Float32Array(2 * n); // where points are on show, in percent
  const number = (hundredths) =>
    `${hundredths < 0 ? "\u2212" : ""}${(Math.abs(hundredths) / 100).toFixed(2)}`;
  const index = () => seen.run * states.length + seen.state;
  const target = (i) => at[2 * n * index() + i] / 655.35;
  const neighboursOf = (point) =>
    Array.from({ length: k }, (_, rank) => {
      const i = (index() * n + point) * k + rank;
      return { point: near[i], cosine: number(cosines[i]) };
    });
  const kindOf = (point) => kinds.map(({ names: of, of: each }) => of[each[point]]);
  const marks = (kind) => [`map-s${(kind + (kind >> 3)) % 8}`, `map-c${kind % 8}`];

  // What is drawn besides the points: lines to neighbours, a ring, a name.
  const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lines.setAttribute("class", "map-lines");
  lines.setAttribute("aria-hidden", "true");
  const ring = make("span", { className: "map-ring", hidden: true });
  const tip = make("span", { className: "map-tip", hidden: true });
  plot.prepend(lines);
  plot.append(ring, tip);
  const drawLines = () => {
    const ends = seen.chosen < 0 ? [] : neighboursOf(seen.chosen).map((found) => found.point);
    while (lines.childElementCount > ends.length) lines.lastChild.remove();
    while (lines.childElementCount < ends.length) {
      lines.append(document.createElementNS(lines.namespaceURI, "line"));
    }
    ends.forEach((end, rank) => {
      [seen.chosen, end].forEach((point, side) => {
        lines.children[rank].setAttribute(`x${side + 1}`, `${place[2 * point]}%`);
        lines.children[rank].setAttribute(`y${side + 1}`, `${place[2 * point + 1]}%`);
      });
    });
  };
  const put = (element, point) => {
    element.hidden = point < 0;
    if (point < 0) return;
    element.style.left = `${place[2 * point]}%`;
    element.style.top = `${place[2 * point + 1]}%`;
  };
  const draw = () => {
    points.forEach((point, i) => {
      point.style.left = `${place[2 * i]}%`;
      point.style.top = `${place[2 * i + 1]}%`;
    });
    put(ring, seen.active === seen.chosen ? -1 : seen.active);
    put(tip, seen.active);
    if (seen.active >= 0) {
      const left = (place[2 * seen.active] * plot.clientWidth) / 100 + 8;
      tip.style.left = `${Math.max(0, Math.min(left, plot.clientWidth - tip.offsetWidth))}px`;
    }
    drawLines();
  };

  // Points follow the state that is chosen, however fast it changes.
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let frame = 0;
  let last = 0;
  const move = (now) => {
    const part = calm.matches ? 1 : 1 - Math.exp((last - now) / 130);
    let far = 0;
    for (let i = 0; i < place.length; i++) {
      const left = target(i) - place[i];
      place[i] += left * part;
      far = Math.max(far, Math.abs(left * (1 - part)));
    }
    if (far < 0.05) place.forEach((_, i) => (place[i] = target(i)));
    draw();
    last = now;
    frame = far < 0.05 ? 0 : requestAnimationFrame(move);
  };
  const go = () => {
    if (frame) return;
    last = performance.now();
    frame = requestAnimationFrame(move);
  };

  // Beside the picture: what is nearest. And what is seen, in one sentence for screen readers.
  const said = make("p", { className: "map-said" });
  said.setAttribute("role", "status");
  const list = make("ol");
  const heading = make("p", { className: "map-heading" });
  const about = make("p", { className: "map-about" });
  const side = make("div", { className: "map-side" }, heading, list, about);
  side.style.setProperty("--k", k);
  const picture = (point) => {
    const mark = make("span", { className: "map-mark" });
    if (data.columns) {
      mark.classList.add("map-picture");
      mark.style.setProperty("--column", point % data.columns);
      mark.style.setProperty("--row", Math.floor(point / data.columns));
    } else if (kinds.length) mark.classList.add(...marks(kinds[seen.kinds].of[point]));
    else mark.classList.add("map-s0", "map-c0");
    return mark;
  };
  const listNeighbours = () => {
    const { chosen } = seen;
    points.forEach((point) => point.classList.remove("map-chosen", "map-near"));
    root.classList.toggle("map-has-chosen", chosen >= 0);
    if (chosen < 0) {
      heading.textContent = "Choose a point";
      about.textContent =
        "Click or tap it; or come here by Tab, move with the arrow keys, and press Enter. Its " +
        "nearest neighbours appear here.";
      list.replaceChildren();
      return;
    }
    const found = neighboursOf(chosen);
    heading.replaceChildren("Nearest to ", make("strong", {}, picture(chosen), names[chosen]));
    list.replaceChildren(
      ...found.map(({ point, cosine }) => {
        const name = make("button", { type: "button" }, picture(point), names[point]);
        name.addEventListener("click", () => choose(point));
        name.title = kindOf(point).join(", ");
        return make("li", {}, name, make("span", { textContent: cosine }));
      }),
    );
    about.textContent = `Cosines of the whole vectors, of ${data.dims[index()].toLocaleString("en")} numbers. The picture has two.`;
    points[chosen].classList.add("map-chosen");
    found.forEach(({ point }) => points[point].classList.add("map-near"));
  };
  const nameOf = (point) => {
    const of = kindOf(point).filter((kind) => !names[point].includes(kind));
    return [names[point], ...of].join(", ");
  };
  const sayNeighbours = () => {
    const found = neighboursOf(seen.chosen).map(({ point, cosine }) => `${nameOf(point)} ${cosine}`);
    said.textContent = `Nearest to ${nameOf(seen.chosen)}: ${found.join("; ")}.`;
  };
  const point = (active, say = true) => {
    seen.active = active;
    if (active >= 0) {
      tip.textContent = nameOf(active);
      if (say) said.textContent = `${nameOf(active)}.`;
    }
    draw();
  };
  const choose = (chosen) => {
    seen.chosen = chosen;
    point(chosen, false);
    listNeighbours();
    if (chosen >= 0) sayNeighbours();
    else said.textContent = "";
    draw();
  };

  const fitting = make("small", { className: "map-fits", ariaHidden: "true" });
  // Points that fit what is typed, or are of the kind that is pressed in the legend.
  const filter = () => {
    const fits = names.map(
      (name, i) =>
        name.toLowerCase().includes(seen.query) &&
        (seen.kind < 0 || kinds[seen.kinds].of[i] === seen.kind),
    );
    points.forEach((each, i) => each.classList.toggle("map-out", !fits[i]));
    const count = fits.filter(Boolean).length;
    fitting.textContent = seen.query ? `${count} of ${n}` : "";
    if (seen.query) said.textContent = `${count} of ${n} fit.${count ? " Enter chooses the first." : ""}`;
    return fits.indexOf(true);
  };
  const colour = () => {
    const { of } = kinds[seen.kinds];
    points.forEach((each, i) => {
      each.className = each.className.replace(/map-[sc]\d ?/g, "").trim();
      each.classList.add(...(data.columns ? [`map-c${of[i] % 8}`] : marks(of[i])));
    });
    legends.forEach((legend, i) => (legend.hidden = i !== seen.kinds));
  };
  legends.forEach((legend) => {
    [...legend.children].forEach((item, kind) => {
      const button = make("button", { type: "button" }, ...item.childNodes);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        seen.kind = seen.kind === kind ? -1 : kind;
        root.querySelectorAll(".map-legend button").forEach((other) => {
          other.setAttribute("aria-pressed", other === button && seen.kind >= 0);
        });
        filter();
      });
      item.replaceChildren(button);
    });
  });

  // What was measured in the state on show, and the curve of it over all states.
  const measures = Object.entries(data.measures).map(([name, values]) => {
    const value = make("b", { className: "map-value" });
    const low = Math.min(...values);
    const span = Math.max(...values) - low || 1;
    const x = (state) => (100 * state) / (states.length - 1 || 1);
    const y = (of) => 95 - (90 * (of - low)) / span;
    const curve = make("span", { className: "map-curve" });
    const cursor = make("i");
    const show = () => {
      const of = values[index()];
      value.textContent = `${of < 0 ? "\u2212" : ""}${Math.abs(of).toFixed(2)}`;
      cursor.style.left = `${x(seen.state)}%`;
      cursor.style.top = `${y(of)}%`;
      const first = seen.run * states.length;
      const path = states.map((_, state) => `${x(state)},${y(values[first + state])}`);
      const box = 'viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"';
      curve.innerHTML = `<svg ${box}><polyline points="${path.join(" ")}"/></svg>`;
      curve.append(cursor);
    };
    const parts = states.length > 5 ? [curve] : [];
    return { show, element: make("p", { className: "map-measure" }, `${name} `, value, ...parts) };
  });

  // The controls: run, state, colour, search.
  const unique = `map-${Math.random().toString(36).slice(2)}`;
  const buttons = (title, texts, checked, change) => {
    const labels = texts.map((text, i) => {
      const radio = make("input", { type: "radio", name: `${unique}-${title}`, checked: i === checked });
      radio.addEventListener("change", () => change(i));
      return make("label", {}, radio, make("span", { textContent: text }));
    });
    const set = make("fieldset", {}, make("legend", { textContent: title }), ...labels);
    return set;
  };
  const changed = () => {
    measures.forEach(({ show }) => show());
    listNeighbours();
    if (seen.chosen >= 0) sayNeighbours();
    fillTable();
    go();
  };
  const form = make("form", { className: "map-form" });
  form.addEventListener("submit", (event) => event.preventDefault());
  let timer = 0;
  if (runs.length > 1) form.append(buttons("Run", runs, 0, (run) => ((seen.run = run), changed())));
  if (states.length > 1 && states.length < 6) {
    form.append(buttons(data.label, states, seen.state, (state) => ((seen.state = state), changed())));
  } else if (states.length > 1) {
    const range = make("input", { type: "range", min: 0, max: states.length - 1 });
    const name = make("b", { className: "map-value" });
    const play = make("button", { type: "button", className: "map-play" });
    const show = (state) => {
      seen.state = state;
      range.value = state;
      name.textContent = states[state];
      range.setAttribute("aria-valuetext", states[state]);
    };
    const playing = (is) => {
      clearInterval(timer);
      timer = is ? setInterval(step, 450) : 0;
      play.textContent = is ? "Pause" : "Play";
    };
    const step = () => {
      if (!root.isConnected || seen.state === states.length - 1) return playing(false);
      show(seen.state + 1);
      changed();
    };
    range.addEventListener("input", () => {
      playing(false);
      show(Number(range.value));
      changed();
    });
    play.addEventListener("click", () => {
      if (timer) return playing(false);
      if (seen.state === states.length - 1) show(0);
      changed();
      playing(true);
    });
    show(seen.state);
    playing(false);
    const title = make("span", { textContent: data.label });
    form.append(
      make("div", { className: "map-range" }, make("label", {}, title, range), name, play),
    );
  }
  if (kinds.length > 1) {
    const headings = kinds.map(({ heading: each }) => each);
    const by = (which) => {
      Object.assign(seen, { kinds: which, kind: -1 });
      root.querySelectorAll(".map-legend button").forEach((b) => b.setAttribute("aria-pressed", false));
      colour();
      filter();
      listNeighbours();
    };
    form.append(buttons("Colour by", headings, 0, by));
  }
  const search = make("input", { type: "search", autocomplete: "off", spellcheck: false, size: 12 });
  search.addEventListener("input", () => {
    seen.query = search.value.trim().toLowerCase();
    filter();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const exact = names.findIndex((name) => name.toLowerCase() === seen.query);
    const first = exact >= 0 ? exact : filter();
    if (seen.query && first >= 0) choose(first);
  });
  search.placeholder = `such as ${names[0]}`;
  const find = make("span", { textContent: "Find a name" });
  form.append(make("label", { className: "map-search" }, find, search, " ", fitting));

  // The table follows the state, once it is open.
  const table = root.querySelector(".map-table");
  const fillTable = () => {
    if (!table.open) return;
    const run = runs.length > 1 ? `${runs[seen.run]}, ` : "";
    table.querySelector("caption").textContent = run + states[seen.state];
    table.querySelectorAll("tbody tr").forEach((row, i) => {
      row.lastElementChild.textContent = neighboursOf(i)
        .slice(0, data.shown)
        .map((found) => `${names[found.point]} ${found.cosine}`)
        .join(", ");
    });
  };
  table.addEventListener("toggle", fillTable);

  // The hand: the nearest point counts, so that a finger need not hit it.
  const within = (event, reach) => {
    const box = plot.getBoundingClientRect();
    let best = -1;
    let least = reach ** 2;
    for (let i = 0; i < n; i++) {
      const x = box.left + (place[2 * i] * box.width) / 100 - event.clientX;
      const y = box.top + (place[2 * i + 1] * box.height) / 100 - event.clientY;
      if (x * x + y * y < least) [best, least] = [i, x * x + y * y];
    }
    return best;
  };
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const found = within(event, data.columns ? 22 : 16);
    plot.style.cursor = found < 0 ? "" : "pointer";
    if (found !== seen.active && (found >= 0 || !plot.matches(":focus-visible"))) point(found, false);
  });
  plot.addEventListener("pointerleave", () => plot.matches(":focus") || point(-1, false));
  plot.addEventListener("click", (event) => choose(within(event, 26)));

  // The keys: to the nearest point in a direction, within a quarter of all directions if there is one.
  const toward = (dx, dy) => {
    const cost = (i, narrow) => {
      const x = place[2 * i] - place[2 * seen.active];
      const y = place[2 * i + 1] - place[2 * seen.active + 1];
      const along = x * dx + y * dy;
      const across = Math.abs(x * dy - y * dx);
      if (along <= 0 || (narrow && across > along)) return Infinity;
      return along + 2 * across;
    };
    for (const narrow of [true, false]) {
      const costs = names.map((_, i) => (i === seen.active ? Infinity : cost(i, narrow)));
      const least = Math.min(...costs);
      if (least < Infinity) return costs.indexOf(least);
    }
    return seen.active;
  };
  const arrows = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  const first = () => (seen.chosen >= 0 ? seen.chosen : 0);
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in arrows) {
      point(seen.active < 0 ? first() : toward(...arrows[event.key]));
    } else if (event.key === "Enter" || event.key === " ") {
      choose(seen.active < 0 ? first() : seen.active);
    } else if (event.key === "Escape") choose(-1);
    else return;
    event.preventDefault();
  });
  plot.addEventListener("focus", () => {
    if (plot.matches(":focus-visible") && seen.active < 0) point(first());
  });
  plot.addEventListener("blur", () => point(-1, false));

  points.forEach((each) => each.removeAttribute("title"));
  plot.setAttribute("role", "application");
  plot.setAttribute("aria-roledescription", "map");
  plot.setAttribute(
    "aria-label",
    `${plot.getAttribute("aria-label")} Arrow keys move from point to point, Enter lists neighbours.`,
  );
  plot.tabIndex = 0;
  const caption = root.querySelector(".map-caption");
  const body = make("div", { className: "map-body" });
  plot.replaceWith(body);
  body.append(plot, side);
  root.prepend(form, ...measures.map(({ element }) => element));
  body.after(said);
  said.after(...legends, caption);
  root.classList.add("map-alive");
  place.forEach((_, i) => (place[i] = target(i)));
  measures.forEach(({ show }) => show());
  listNeighbours();
  draw();
  return () => {
    clearInterval(timer);
    cancelAnimationFrame(frame);
  };
};

if (document.currentScript) {
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".map").forEach(mountMap);
  });
}
