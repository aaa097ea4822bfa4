
// Search, filter and sorting of the table of students. The page is whole without it.
(() => {
  "use strict";
  const table = document.getElementById("class");
  if (!table) {
    return;
  }
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const search = document.getElementById("search");
  const show = document.getElementById("show");
  const shown = document.getElementById("shown");
  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const kinds = new Map(rows.map((row) => [row, row.dataset.is.split(" ")]));

  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits =
        texts.get(row).includes(wanted) && (!show.value || kinds.get(row).includes(show.value));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${rows.length} shown`;
  };

  const valueOf = (row, column, numeric) => {
    const cell = row.cells[column];
    const text = cell.dataset.v ?? cell.textContent.trim();
    return numeric || cell.dataset.v !== undefined ? Number.parseFloat(text) : text;
  };

  const sort = (head) => {
    const column = head.cellIndex;
    const numeric = head.dataset.sort === "number";
    // The most of something is what one looks for first, and the first of names.
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const direction = head.getAttribute("aria-sort") === first ? other : first;
    for (const each of head.parentElement.cells) {
      each.removeAttribute("aria-sort");
    }
    head.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const keys = new Map(rows.map((row) => [row, valueOf(row, column, numeric)]));
    const isNothing = (key) => key === "" || Number.isNaN(key);
    const sorted = [...rows].sort((a, b) => {
      const [left, right] = [keys.get(a), keys.get(b)];
      if (isNothing(left) || isNothing(right)) {
        return isNothing(left) - isNothing(right); // what is not known comes last, either way
      }
      return sign * (typeof left === "number" ? left - right : words.compare(left, right));
    });
    body.append(...sorted);
  };

  for (const head of table.tHead.rows[0].cells) {
    if (head.dataset.sort) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head));
      head.append(button);
    }
  }
  table.tHead.rows[0].cells[0].setAttribute("aria-sort", "ascending");

  const form = search.form;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", filter);
  show.addEventListener("input", filter);
  filter(); // a browser may have kept what was typed before a reload

  // A link to a student who is filtered out shows everybody again.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#s"]');
    const row = link && document.getElementById(link.getAttribute("href").slice(1));
    if (row?.hidden) {
      search.value = "";
      show.value = "";
      filter();
    }
  });

  // Paper cannot be unfolded. Sentences matter there; long lists of names, and the table, which has
  // no room, do not.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("section > details:has(ul):not([open])")];
    for (const each of opened) {
      each.open = true;
    }
  });
  addEventListener("afterprint", () => {
    for (const each of opened) {
      each.open = false;
    }
  });
})();
