"use strict";
// Small helpers for every page; each page's own script follows in the same element.
const page = {
  /** The JSON that the page carries, or null. */
  data() {
    const element = document.getElementById("data");
    return element ? JSON.parse(element.textContent) : null;
  },
  /** A new element; text is always text, never markup. */
  make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  },
  /** The state kept in the address: #key=value&key=value. */
  state() {
    return new URLSearchParams(location.hash.slice(1));
  },
  /** Put the state into the address without a new entry in the history. */
  keep(state) {
    const text = state.toString();
    const target = text ? "#" + text : "#";
    if (location.hash !== target && (location.hash || text)) location.replace(target);
  },
  /** A cell of a CSV file: quoted, and never read as a formula by a spreadsheet. */
  cell(value) {
    let text = value === null || value === undefined ? "" : String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  },
  csv(rows) {
    return rows.map((row) => row.map(page.cell).join(",")).join("\r\n") + "\r\n";
  },
  /** Offer a text as a file. */
  download(name, type, text) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    page.make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  },
};
