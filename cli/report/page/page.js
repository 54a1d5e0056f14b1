"use strict";
(() => {
  const words = new Intl.Collator("en", { numeric: true });

  function order(row, column) {
    const cell = row.cells[column];
    return cell.dataset.order ?? cell.textContent;
  }

  function sort(heading, table) {
    const column = heading.cellIndex;
    const descending = heading.ariaSort ? heading.ariaSort === "ascending" : heading.classList.contains("number");
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((one, other) => words.compare(order(one, column), order(other, column)) * (descending ? -1 : 1));
    table.tBodies[0].append(...rows);
  }

  function filter(table) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "search";
    label.className = "filter";
    label.append("Show only rows with", input);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    table.parentElement.before(label);
  }

  for (const table of document.querySelectorAll("table:has(thead)")) {
    for (const heading of table.tHead.rows[0].cells) {
      heading.querySelector("button")?.addEventListener("click", () => sort(heading, table));
    }
    if (table.tBodies[0].rows.length > 15) filter(table);
  }
  addEventListener("beforeprint", () => {
    for (const closed of document.querySelectorAll("details")) closed.open = true;
  });
})();
