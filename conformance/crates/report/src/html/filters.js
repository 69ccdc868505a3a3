"use strict";
// The filters. The page is whole without them.
(() => {
  const table = document.getElementById("matrix");
  const form = document.getElementById("filters");
  const field = (name) => form.elements[name];
  const value = (name) => field(name)?.value.trim().toLowerCase() ?? "";
  const lower = (element) => element.textContent.toLowerCase();
  const KINDS = { m: "met", n: "not-met", w: "not-met", i: "not-met", b: "blocked", u: "not-checked", e: "error" };
  const kind = (cell) => KINDS[cell.className];
  const show = (element, shown) => { if (element.hidden === shown) element.hidden = !shown; };

  // A requirement is the head of a column where the page has many implementations, of a row where it has one.
  const many = !table.classList.contains("modes");
  const requirements = [...table.querySelectorAll(".requirement")].map((head) => {
    const told = document.getElementById(`r-${head.dataset.id}`);
    const sentence = (told ?? head).querySelector(".sentence");
    return { head, told, text: `${head.dataset.id} ${lower(sentence)}`, shown: true };
  });
  // Cells of requirements follow the name and the score; what was not judged has one cell for all.
  const rows = !many ? [] : [...table.tBodies[0].rows].map((row, place) => {
    row.dataset.place = place;
    const [met, known] = row.cells[1].textContent.split("/");
    return { row, place, cells: known ? [...row.cells].slice(2) : null, name: lower(row.cells[0]),
      score: known ? met / Math.max(1, known) : -1, shown: true };
  });
  const sums = table.tFoot ? [...table.tFoot.rows[0].cells].slice(2) : [];
  const groups = [...table.querySelectorAll("thead tr")].map((row) => [...row.querySelectorAll("[data-span]")]);
  const alike = [...document.querySelectorAll("#alike li")].map((one) => new Set(one.dataset.places.split(" ").map(Number)));

  function matching() {
    const [task, weight, text, verdict, name] = ["task", "weight", "text", "verdict", "name"].map(value);
    const cluster = value("alike") === "" ? null : alike[Number(value("alike"))];
    const columns = requirements.map(({ head, text: own }) =>
      (task === "" || head.dataset.task === task) && (weight === "" || head.dataset.weight === weight) && own.includes(text));
    const lines = rows.map((row) => row.name.includes(name) && (!cluster || cluster.has(row.place)));
    if (verdict !== "" && many) {
      const has = (row, column) => row.cells && kind(row.cells[column]) === verdict;
      const rest = rows.filter((_, index) => lines[index]);
      columns.forEach((shown, column) => { columns[column] = shown && rest.some((row) => has(row, column)); });
      // What could not be judged is an error as a whole.
      rows.forEach((row, index) => {
        lines[index] &&= row.cells ? columns.some((shown, column) => shown && has(row, column)) : verdict === "error";
      });
    } else if (verdict !== "") {
      requirements.forEach(({ head }, index) => {
        columns[index] &&= [...head.parentElement.cells].slice(1).some((cell) => kind(cell) === verdict);
      });
    }
    return { columns, lines, verdict };
  }

  function showColumn(index, shown) {
    for (const { cells } of rows) if (cells) cells[index].hidden = !shown;
    if (sums[index]) sums[index].hidden = !shown;
  }

  function filter() {
    const { columns, lines, verdict } = matching();
    sums.forEach((cell, column) => {
      cell.textContent = rows.filter((row, index) => lines[index] && row.cells && kind(row.cells[column]) === "not-met").length;
    });
    requirements.forEach((one, index) => {
      if (one.shown === columns[index]) return;
      one.shown = columns[index];
      show(many ? one.head : one.head.parentElement, one.shown);
      if (one.told) show(one.told, one.shown);
      if (many) showColumn(index, one.shown);
    });
    rows.forEach((one, index) => { show(one.row, one.shown = lines[index]); });
    const count = columns.filter(Boolean).length;
    for (const heads of groups) {
      let first = 0;
      for (const head of heads) {
        const span = Number(head.dataset.span);
        const left = columns.slice(first, first += span).filter(Boolean).length;
        show(head, left > 0);
        head.colSpan = Math.max(1, left);
      }
    }
    for (const { row, cells } of rows) if (!cells) row.cells[2].colSpan = Math.max(1, count);
    if (!many) for (const body of table.tBodies) show(body, Boolean(body.querySelector("tr:not(.task):not([hidden])")));
    for (const section of document.querySelectorAll("section.task, .rest")) {
      show(section, Boolean(section.querySelector(".requirement:not([hidden])")));
    }
    // Signs that were not asked for step back.
    if (verdict === "") delete table.dataset.verdict; else table.dataset.verdict = verdict;
    // What could not be judged is there without any requirement.
    const nothing = (many && !lines.includes(true)) || (count === 0 && requirements.length > 0 && !(many && verdict === "error"));
    show(document.getElementById("nothing"), nothing);
    show(table.parentElement, !nothing);
    const asked = ["task", "weight", "text", "verdict", "name", "alike"].some((name) => value(name) !== "");
    form.querySelector(".clear").disabled = !asked && value("order") === "";
    field("count").value = (many ? `${lines.filter(Boolean).length} of ${rows.length} implementations, ` : "") +
      `${count} of ${requirements.length} requirements`;
    table.dispatchEvent(new Event("filtered"));
  }

  const ORDERS = {
    "": (left, right) => left.place - right.place,
    name: (left, right) => left.name.localeCompare(right.name) || left.place - right.place,
    most: (left, right) => right.score - left.score || left.place - right.place,
    fewest: (left, right) => left.score - right.score || left.place - right.place,
  };

  function order() {
    table.tBodies[0].append(...[...rows].sort(ORDERS[value("order")]).map(({ row }) => row));
    filter();
  }

  form.addEventListener("input", (event) => { if (event.target === field("order")) order(); else filter(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector(".clear").addEventListener("click", () => {
    form.reset();
    if (many) order(); else filter();
    // The button is of no use now.
    form.elements[0].focus();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cluster]");
    if (!button) return;
    field("alike").value = button.dataset.cluster;
    filter();
    field("alike").focus();
    form.scrollIntoView();
  });
  for (const element of document.querySelectorAll(".with-script")) element.hidden = false;
  // A browser that comes back to the page keeps what was asked.
  if (value("order") !== "") order(); else filter();
})();
