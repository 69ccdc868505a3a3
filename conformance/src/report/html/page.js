"use strict";
// The page is whole without this: it filters, shows the evidence of a cell beside it, and copies lines.
(() => {
  const table = document.getElementById("matrix");
  const filters = document.getElementById("filters");
  const dialog = document.querySelector("dialog");
  const requirements = [...document.querySelectorAll(".requirement")];
  const tasks = [...table.tHead.rows[0].cells].slice(2);
  const heads = [...table.tHead.rows[1].cells];
  const rows = [...table.tBodies[0].rows];
  const sums = table.tFoot ? table.tFoot.rows[0] : null;
  // Cells of a requirement follow the name and the score; an implementation that was not judged has one for all.
  const judged = (row) => !row.querySelector(".lost");
  const lower = (element) => element.textContent.toLowerCase();
  const sentences = requirements.map((one) => lower(one.querySelector("summary")));
  const names = rows.map((row) => lower(row.cells[0]));

  function filter() {
    const { task, weight, verdict } = filters.elements;
    const text = filters.elements.text.value.trim().toLowerCase();
    const named = names.map((name) => name.includes(text));
    const told = sentences.map((sentence) => sentence.includes(text));
    // A text that names implementations picks these; else it picks requirements.
    const byName = text !== "" && named.includes(true) && !told.includes(true);
    const byBoth = text !== "" && named.includes(true) && told.includes(true);
    const shownRow = rows.map((_, index) => !byName || named[index]);
    const shownColumn = requirements.map((one, index) =>
      (task.value === "" || one.dataset.task === task.value) &&
      (weight.value === "" || one.dataset.weight === weight.value) &&
      (text === "" || byName || told[index]));
    const has = (row, index) => row.cells[index + 2].className.split(" ")[0] === verdict.value;
    if (verdict.value !== "") {
      const rest = rows.filter((row, index) => shownRow[index] && judged(row));
      shownColumn.forEach((shown, index) => { shownColumn[index] = shown && rest.some((row) => has(row, index)); });
      rows.forEach((row, index) => {
        shownRow[index] &&= judged(row) && shownColumn.some((shown, column) => shown && has(row, column));
      });
    }
    table.hidden = true;
    rows.forEach((row, index) => {
      row.hidden = !shownRow[index];
      if (!judged(row)) {
        row.querySelector(".lost").colSpan = Math.max(1, shownColumn.filter(Boolean).length);
        return;
      }
      shownColumn.forEach((shown, column) => {
        const cell = row.cells[column + 2];
        cell.hidden = !shown;
        cell.classList.toggle("dim", verdict.value !== "" && !has(row, column));
      });
    });
    shownColumn.forEach((shown, index) => {
      heads[index].hidden = !shown;
      requirements[index].hidden = !shown;
      if (sums) sums.cells[index + 2].hidden = !shown;
    });
    let first = 0;
    for (const head of tasks) {
      head.dataset.span ??= head.colSpan;
      const span = Number(head.dataset.span);
      const left = shownColumn.slice(first, first + span).filter(Boolean).length;
      head.hidden = left === 0;
      head.colSpan = Math.max(1, left);
      first += span;
    }
    table.hidden = false;
    for (const section of document.querySelectorAll("section.task")) {
      section.hidden = !section.querySelector(".requirement:not([hidden])");
    }
    const count = (shown, all) => `${shown.filter(Boolean).length} of ${all.length}`;
    filters.elements.count.value =
      `${count(shownRow, rows)} implementations, ${count(shownColumn, requirements)} requirements` +
      (byBoth ? "; the text was looked for in requirements" : "");
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function show(cell, article) {
    const requirement = article.closest(".requirement");
    const name = cell.parentElement.cells[0].textContent;
    const title = element("h2", `${requirement.querySelector("code").textContent}: ${name}`);
    title.id = "shown";
    const close = element("button", "Close", "close");
    close.addEventListener("click", () => dialog.close());
    const copy = article.cloneNode(true);
    copy.removeAttribute("id");
    const outputs = copy.querySelector(".output");
    const output = document.getElementById(`o${rows.indexOf(cell.parentElement)}`);
    outputs?.remove();
    dialog.replaceChildren(title, element("p", requirement.querySelector(".sentence").textContent), copy, close);
    if (outputs && output) {
      const shown = output.cloneNode(true);
      shown.removeAttribute("id");
      dialog.append(element("h3", "Last output of the program"), shown);
    }
    dialog.showModal();
    dialog.scrollTop = 0;
    close.focus();
  }

  // A link to something folded away unfolds it, also where the browser would not.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let folded = target?.closest("details"); folded; folded = folded.parentElement.closest("details")) {
      folded.open = true;
    }
    target?.scrollIntoView();
  }

  async function copyLine(button) {
    const line = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(line.textContent);
    } catch {
      getSelection().selectAllChildren(line);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
  }

  for (const line of document.querySelectorAll("pre.curl")) {
    const button = element("button", "Copy", "copy");
    button.type = "button";
    line.after(button);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copyLine(button);
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    const cell = link.closest("#matrix td");
    const target = document.getElementById(link.hash.slice(1));
    if (cell && target && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(cell, target);
      return;
    }
    if (dialog.open) dialog.close();
    // The same link twice changes no hash.
    if (link.hash === location.hash) reveal();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  // The arrow keys go from evidence to evidence.
  table.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell) return;
    event.preventDefault();
    let [row, column] = [rows.indexOf(cell.parentElement), cell.cellIndex];
    for (;;) {
      [row, column] = [row + step[0], column + step[1]];
      if (!rows[row] || column < 2 || column >= heads.length + 2) return;
      const next = rows[row].cells[column];
      const link = next && !next.hidden && !rows[row].hidden && next.querySelector("a");
      if (link) return link.focus();
    }
  });

  // Words for a cell under the pointer; made when wanted, as there may be sixty thousand.
  table.addEventListener("mouseover", (event) => {
    const cell = event.target.closest("tbody td");
    const one = cell && requirements[cell.cellIndex - 2];
    if (!one || cell.title || cell.matches(".score") || cell.classList.contains("lost")) return;
    const verdict = (cell.querySelector("a") ?? cell).getAttribute("aria-label");
    cell.title = `${cell.parentElement.cells[0].textContent}, ${one.querySelector("code").textContent}: ${verdict}`;
  });

  filters.hidden = false;
  filters.addEventListener("input", filter);
  filters.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  // Nothing to filter yet, unless the browser has kept what was asked before.
  if (["task", "weight", "verdict", "text"].some((name) => filters.elements[name].value !== "")) filter();
  if (location.hash) reveal();
})();
