// The table is complete without this script; it adds sorting, filters, columns, permalinks, details and downloads.
(() => {
  const data = page.data();
  const table = document.getElementById("board");
  if (!data || !table) return;
  const FIXED = ["rank", "model", "inputs", "seen"];
  const names = data.columns.map((column) => column.name);
  const byId = new Map(data.rows.map((row) => [row.id, row]));
  const headers = [...table.tHead.rows[0].cells];
  const headline = data.headline;
  const bodies = [...table.tBodies].filter((body) => body.dataset.kind);
  const rows = bodies.flatMap((body) => [...body.rows].filter((row) => row.id));
  const control = (id) => document.getElementById(id);
  const boxes = [...control("chooser").querySelectorAll("input")];
  const signatureOf = (name) => data.signatures[data.columns[names.indexOf(name)].signature];
  const titleOf = (name) => (data.columns[names.indexOf(name)] || {}).title || name;

  const rankScore = (state) => (data.ranks[state.get("rank")] ? state.get("rank") : data.main);
  const chosen = (state) => {
    if (!state.has("cols")) return headline;
    const wanted = state.get("cols").split(",").filter(Boolean);
    return names.filter((name) => wanted.includes(name));
  };

  // Missing values sort last in both directions.
  const valueOf = (row, key, state) => {
    if (key === "model") return row.label.toLowerCase();
    if (key === "inputs") return row.inputs.join(", ");
    if (key === "seen") return row.seen;
    if (key === "rank") return ((data.ranks[rankScore(state)] || {})[row.id] || [null])[0];
    const cell = row.values[names.indexOf(key)];
    return cell ? cell[0] : null;
  };
  const bestFirst = (key) => {
    const column = data.columns[names.indexOf(key)];
    return column && column.direction === "higher" ? "desc" : "asc";
  };
  const sortRows = (state) => {
    const key = state.get("sort");
    const known = key && (FIXED.includes(key) || names.includes(key));
    const sign = (state.get("dir") || bestFirst(key)) === "desc" ? -1 : 1;
    const original = new Map(data.rows.map((row, place) => [row.id, place]));
    const compare = (a, b) => {
      const left = valueOf(byId.get(a.id), key, state), right = valueOf(byId.get(b.id), key, state);
      if (left === right) return original.get(a.id) - original.get(b.id);
      if (left === null || right === null) return left === null ? 1 : -1;
      return (left < right ? -1 : 1) * sign;
    };
    for (const body of bodies) {
      const own = rows.filter((row) => row.parentNode === body);
      own.sort(known ? compare : (a, b) => original.get(a.id) - original.get(b.id));
      body.append(...own);
    }
    for (const header of headers) header.removeAttribute("aria-sort");
    if (known) headers.find((header) => header.dataset.col === key).setAttribute("aria-sort", sign < 0 ? "descending" : "ascending");
  };

  const matches = (row, state) => {
    if (state.get("floors") === "0" && row.kind === "floor") return false;
    if (state.get("inputs") && row.inputs.join(", ") !== state.get("inputs")) return false;
    const text = [row.label, row.inputs.join(" "), row.run, row.kind, row.reason].join(" ").toLowerCase();
    return (state.get("q") || "").toLowerCase().split(/\s+/).every((word) => text.includes(word));
  };
  const filterRows = (state) => {
    let shown = 0;
    for (const row of rows) {
      const fits = matches(byId.get(row.id), state);
      row.classList.toggle("out", !fits);
      shown += fits;
    }
    for (const body of bodies) {
      const any = rows.some((row) => row.parentNode === body && !row.classList.contains("out"));
      body.rows[0].classList.toggle("out", !any);
    }
    control("nothing").hidden = shown > 0;
    control("shown").textContent = shown === rows.length ? `${shown} rows` : `${shown} of ${rows.length} rows`;
  };

  const showColumns = (state) => {
    const visible = new Set([...FIXED, ...chosen(state)]);
    const hidden = headers.map((header) => !visible.has(header.dataset.col));
    for (const row of [table.tHead.rows[0], ...rows]) {
      for (let place = FIXED.length; place < hidden.length; place++) row.cells[place].hidden = hidden[place];
    }
    for (const box of boxes) box.checked = visible.has(box.value);
  };

  const showRanks = (state) => {
    const score = rankScore(state), ranks = data.ranks[score] || {};
    for (const row of rows) {
      const [rank, high] = ranks[row.id] || [];
      const text = rank ? [page.make("b", {}, String(rank))] : [page.make("span", { class: "soft" }, "–")];
      if (rank) text.push(page.make("small", {}, high === rank ? "" : `${rank} to ${high}`));
      row.cells[0].replaceChildren(...text);
    }
    for (const place of document.querySelectorAll("[data-rank-title]")) place.textContent = titleOf(score);
    const beats = (a, b) => ((ranks[a] || [])[2] || []).some((place) => data.rows[place].id === b);
    for (const cell of document.querySelectorAll(".matrix tbody td")) {
      const one = cell.parentNode.dataset.row, other = cell.closest("table").dataset.order.split(" ")[cell.cellIndex - 1];
      if (one === other) continue;
      const verdict = beats(one, other) ? ["good", "▲"] : beats(other, one) ? ["bad", "▼"] : ranks[one] && ranks[other] ? ["soft", "="] : ["soft", "–"];
      [cell.className, cell.textContent] = verdict;
    }
  };

  const render = () => {
    const state = page.state();
    control("q").value = state.get("q") || "";
    control("floors").checked = state.get("floors") !== "0";
    if (control("inputs")) control("inputs").value = state.get("inputs") || "";
    if (control("rank")) control("rank").value = rankScore(state);
    showRanks(state);
    sortRows(state);
    filterRows(state);
    showColumns(state);
    reach(table.querySelector("tbody tr[id]:not(.out) td:not([hidden]) a"));
  };
  const change = (settings) => {
    const state = page.state();
    for (const [key, value] of Object.entries(settings)) value === null || value === "" ? state.delete(key) : state.set(key, value);
    // A jump to a section has no "=": it is no state.
    for (const [key, value] of [...state]) if (value === "" && key !== "cols") state.delete(key);
    page.keep(state);
    render();
  };

  for (const header of headers) {
    header.querySelector("button").addEventListener("click", () => {
      const key = header.dataset.col, first = bestFirst(key), state = page.state();
      const again = state.get("sort") === key && (state.get("dir") || first) === first;
      change({ sort: key, dir: again ? (first === "asc" ? "desc" : "asc") : first });
    });
  }
  control("q").addEventListener("input", (event) => change({ q: event.target.value }));
  control("floors").addEventListener("change", (event) => change({ floors: event.target.checked ? null : "0" }));
  if (control("inputs")) control("inputs").addEventListener("change", (event) => change({ inputs: event.target.value }));
  if (control("rank")) control("rank").addEventListener("change", (event) => change({ rank: event.target.value === data.main ? null : event.target.value }));
  const setColumns = (wanted) => change({ cols: wanted.join() === headline.join() ? null : wanted.join(",") || "none" });
  control("chooser").addEventListener("change", () => setColumns(names.filter((name) => boxes.some((box) => box.value === name && box.checked))));
  control("chooser").addEventListener("click", (event) => {
    const set = { headline, all: names, none: [] }[event.target.dataset.columns];
    if (set) setColumns(set);
  });
  control("reset").addEventListener("click", () => change({ sort: null, dir: null, q: null, floors: null, inputs: null, cols: null, rank: null }));

  const record = (row, wanted) => {
    const item = { model: row.label, kind: row.kind, inputs: row.inputs.join(", "), trained_on_this_data: row.seen, run: row.run, not_ranked: row.reason };
    for (const name of wanted) {
      const [value, low, high, n] = row.values[names.indexOf(name)] || [null, null, null, null];
      const [rank, highest] = (data.ranks[name] || {})[row.id] || [];
      Object.assign(item, { [name]: value, [name + ":low"]: low, [name + ":high"]: high, [name + ":n"]: n });
      if (data.ranks[name]) Object.assign(item, { [name + ":rank"]: rank ?? null, [name + ":rank_high"]: highest ?? null });
    }
    return item;
  };
  control("download").addEventListener("click", (event) => {
    const { download, form } = event.target.dataset;
    if (!download) return;
    const view = download === "view";
    const wanted = view ? chosen(page.state()) : names;
    const shown = bodies.flatMap((body) => [...body.rows]).filter((row) => row.id && !(view && row.classList.contains("out")));
    const items = (view ? shown.map((row) => byId.get(row.id)) : data.rows).map((row) => record(row, wanted));
    const file = `${data.name}${view ? "-view" : ""}.${form}`;
    if (form === "json") {
      const signatures = Object.fromEntries(wanted.map((name) => [name, signatureOf(name)]));
      page.download(file, "application/json", JSON.stringify({ ...data.about, signatures, rows: items }, null, 1));
    } else {
      const keys = items.length ? Object.keys(items[0]) : [];
      page.download(file, "text/csv", page.csv([keys, ...items.map((item) => keys.map((key) => item[key]))]));
    }
  });

  const dialog = control("detail");
  const detail = (row, place) => {
    const [value, low, high, n] = row.values[place], name = names[place];
    const [rank, highest] = (data.ranks[name] || {})[row.id] || [];
    const interval = low === null ? "" : ` [95% CI: ${low.toFixed(4)}, ${high.toFixed(4)}]`;
    const facts = [
      ["Model", row.label],
      ["Value", value.toFixed(4) + interval],
      ["n", String(n)],
      ["Rank", rank ? (highest === rank ? String(rank) : `${rank} to ${highest}`) : "not ranked"],
      ["Signature", signatureOf(name)],
      ["Run", page.make("a", { href: "#u" + row.id }, row.run)],
      ...(row.report ? [["Report", page.make("a", { href: row.report }, "report of this run")]] : []),
    ];
    control("detail-title").textContent = data.columns[place].title;
    control("detail-facts").replaceChildren(...facts.flatMap(([term, text]) => [page.make("dt", {}, term), page.make("dd", {}, text)]));
    control("detail-cite").textContent = `${name} = ${value.toFixed(4)}${interval} (n = ${n}) ${signatureOf(name)}`;
    dialog.showModal();
  };
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (!cell || !event.target.closest("a")) return;
    event.preventDefault();
    detail(byId.get(cell.parentNode.id), cell.cellIndex - FIXED.length);
  });
  dialog.addEventListener("click", (event) => (event.target === dialog || event.target.closest("a")) && dialog.close());

  // One cell at a time is in the order of the tab key; the arrow keys move between cells.
  const links = (row) => [...row.cells].slice(FIXED.length).map((cell) => (cell.hidden ? null : cell.querySelector("a")));
  const reach = (link) => {
    for (const other of table.querySelectorAll('td a[tabindex="0"]')) other.tabIndex = -1;
    if (link) link.tabIndex = 0;
  };
  table.addEventListener("keydown", (event) => {
    const link = event.target.closest("td a"), step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!link || !step) return;
    event.preventDefault();
    const lines = [...table.querySelectorAll("tbody tr[id]:not(.out)")];
    let line = lines.indexOf(link.closest("tr")), place = link.closest("td").cellIndex - FIXED.length, next = null;
    do {
      line += step[0];
      place += step[1];
      if (!lines[line] || place < 0 || place >= names.length) return;
      next = links(lines[line])[place];
    } while (!next);
    reach(next);
    next.focus();
  });

  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || /input|select|textarea/i.test(event.target.tagName)) return;
    event.preventDefault();
    control("q").focus();
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  addEventListener("hashchange", () => {
    openTarget();
    if (!location.hash || location.hash.includes("=")) render();
  });
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open]):not(.menu)")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
  for (const link of table.querySelectorAll("td a")) link.tabIndex = -1;
  control("controls").hidden = false;
  openTarget();
  render();
})();
