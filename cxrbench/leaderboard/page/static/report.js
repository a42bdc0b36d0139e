// The report reads without a script; this one offers its tables as CSV and opens everything before printing.
(() => {
  const text = (cell) => cell.innerText.replace(/\s+/g, " ").trim();
  for (const region of document.querySelectorAll(".scroll")) {
    const table = region.querySelector("table");
    const name = (region.getAttribute("aria-label") || "table").toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const button = page.make("button", { type: "button", class: "csv no-print" }, "CSV");
    button.setAttribute("aria-label", "Download as CSV: " + (region.getAttribute("aria-label") || "table"));
    button.addEventListener("click", () => {
      const rows = [...table.rows].map((row) => [...row.cells].flatMap((cell) => [text(cell), ...Array(cell.colSpan - 1).fill("")]));
      page.download(name + ".csv", "text/csv", page.csv(rows));
    });
    region.before(button);
  }
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
