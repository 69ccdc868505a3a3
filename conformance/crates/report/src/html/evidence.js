// The evidence of a sign beside it, the way from sign to sign, and lines to copy.
(() => {
  const table = document.getElementById("matrix");
  const dialog = document.querySelector("dialog");
  const links = () => [...table.querySelectorAll("a")];
  const visible = (link) => link.offsetParent !== null;

  function element(name, text, className) {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function copyOf(found) {
    const copy = found.cloneNode(true);
    copy.removeAttribute("id");
    copy.querySelector(".output")?.remove();
    return copy;
  }

  /** Fills the dialog with what a link of the table leads to. */
  function fill(link, target) {
    const row = link.closest("tr");
    const requirement = target.closest(".requirement");
    const title = element("h2", "");
    title.id = "shown";
    const parts = [title];
    if (requirement) {
      title.append(element("code", requirement.querySelector("code").textContent), " ",
        requirement.querySelector(".weight").cloneNode(true));
      if (!table.matches(".modes")) title.append(row.querySelector("bdi").cloneNode(true));
      parts.push(element("p", requirement.querySelector(".sentence").textContent));
      parts.push(...[...requirement.querySelectorAll(".tip")].map(copyOf));
    } else {
      title.append(row.querySelector("bdi").cloneNode(true));
    }
    const copy = copyOf(target);
    copy.querySelector(".who")?.remove();
    parts.push(copy);
    const output = document.getElementById(`o${row.dataset.place ?? 0}`);
    if (target.querySelector(".output") && output) {
      parts.push(element("h3", "Last output of the program"), copyOf(output));
    }
    const sharing = target.querySelector(".who b");
    if (sharing && !sharing.textContent.startsWith("1 ")) {
      const all = element("a", `${sharing.textContent} show this`);
      all.href = `#${target.id}`;
      parts.push(all);
    }
    dialog.querySelector(".shown").replaceChildren(...parts);
    for (const [name, step] of Object.entries({ previous: -1, next: 1 })) {
      dialog.querySelector(`.${name}`).disabled = !neighbour(link, 0, step);
    }
    if (document.activeElement?.disabled) dialog.querySelector(".close").focus();
    dialog.scrollTop = 0;
  }

  /** The sign that Tab comes to, and the one whose evidence is shown. */
  let current = null;
  let shown = null;

  function show(link) {
    const target = document.getElementById(link.hash.slice(1));
    if (!target) return false;
    shown = link;
    fill(link, target);
    if (!dialog.open) {
      dialog.showModal();
      dialog.querySelector(".close").focus();
    }
    return true;
  }

  /** The place of a cell among the requirements, or among the modes; heads of requirements have no name before them. */
  const before = table.matches(".modes") ? 1 : 2;
  const placeOf = (cell) => cell.cellIndex - (cell.closest("thead") ? 0 : before);

  /** The link at a place of a row, if it is shown; what was not judged has one cell for all. */
  function linkAt(row, place) {
    const cell = row.closest("thead") ? row.cells[place] : row.cells[Math.min(place + before, row.cells.length - 1)];
    const link = place < 0 ? null : cell?.querySelector("a");
    return link && visible(link) ? link : null;
  }

  /** The column that arrow keys follow up and down; a row that was not judged has none of its own. */
  let column = 0;

  /** The next link in a direction. */
  function neighbour(link, down, right) {
    const cell = link.closest("td, th");
    const row = cell.parentElement;
    if (right !== 0) {
      for (let place = placeOf(cell) + right; place >= 0 && place < row.cells.length; place += right) {
        if (linkAt(row, place) && linkAt(row, place) !== link) return linkAt(row, place);
      }
      return null;
    }
    if (!cell.matches(".lost")) column = placeOf(cell);
    const rows = [...table.querySelectorAll("tr.requirements, tbody tr:not([hidden])")];
    for (let next = rows.indexOf(row) + down; rows[next]; next += down) {
      if (linkAt(rows[next], column)) return linkAt(rows[next], column);
    }
    return null;
  }

  /** Makes a sign the one that Tab comes to: the table is one stop, arrow keys go on from there. */
  function enter(link) {
    if (current) current.tabIndex = -1;
    current = link;
    if (link) link.tabIndex = 0;
  }

  function keepOneStop() {
    if (!current || !visible(current)) enter([...table.querySelectorAll("tbody a"), ...links()].find(visible) ?? null);
  }

  /** Shows a link's target also where it is folded away or filtered out. */
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let folded = target; folded; folded = folded.parentElement) {
      if (folded.tagName === "DETAILS") folded.open = true;
      if (folded.matches(".requirement, section.task, .rest")) folded.hidden = false;
    }
    target?.scrollIntoView();
  }

  function copyButton() {
    const button = element("button", "Copy", "copy");
    button.type = "button";
    return button;
  }

  async function copyLine(button) {
    const line = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(line.textContent);
    } catch {
      getSelection().selectAllChildren(line);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    button.classList.add("done");
  }

  const bar = element("div", "", "bar");
  for (const [name, text] of [["previous", "‹ Previous"], ["next", "Next ›"], ["close", "Close"]]) {
    const button = element("button", text, name);
    button.type = "button";
    bar.append(button);
  }
  dialog.append(bar, element("div", "", "shown"));
  bar.addEventListener("click", ({ target }) => {
    if (target.matches(".close")) return dialog.close();
    const step = target.matches(".next") ? 1 : target.matches(".previous") ? -1 : 0;
    if (step !== 0) show(neighbour(shown, 0, step));
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  // The browser goes back to where it came from; the reader may have gone on to another sign.
  dialog.addEventListener("close", () => shown?.focus());

  for (const link of links()) link.tabIndex = -1;
  keepOneStop();
  table.addEventListener("filtered", keepOneStop);
  table.addEventListener("focusin", ({ target }) => { if (target.matches("a")) enter(target); });
  table.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step || !event.target.matches("a")) return;
    event.preventDefault();
    neighbour(event.target, ...step)?.focus();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copyLine(button);
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (link.matches("#matrix tbody a") && plain && show(link)) return event.preventDefault();
    if (dialog.open) {
      shown = null;
      dialog.close();
    }
    // The same link twice changes no hash.
    if (link.hash === location.hash) reveal();
  });

  // Words for a cell under the pointer; made when wanted, as there may be sixty thousand.
  table.addEventListener("mouseover", ({ target }) => {
    const cell = target.closest("tbody td");
    if (!cell || cell.title || cell.matches(".score, .lost, .none")) return;
    const row = cell.parentElement;
    const modes = table.matches(".modes");
    const heads = table.tHead.rows[table.tHead.rows.length - 1].cells;
    const [name, head] = modes
      ? [row.cells[0].dataset.id, heads[cell.cellIndex].textContent]
      : [row.cells[0].textContent, heads[cell.cellIndex - 2].dataset.id];
    cell.title = `${name}, ${head}: ${(cell.querySelector("a") ?? cell).getAttribute("aria-label")}`;
  });

  for (const line of document.querySelectorAll("pre.curl")) line.after(copyButton());
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
})();
