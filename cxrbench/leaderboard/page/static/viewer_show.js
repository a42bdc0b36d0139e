// One example on the page: film with boxes and attention, texts with their difference, chips.
const show = (() => {
  const { make } = page;
  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const index = examples.index;
  const state = { boxes: true, map: "" };
  let current = null;

  const boxes = (list, name, scale) =>
    (list || []).flatMap(([x1, y1, x2, y2, label, score]) => {
      const place = { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) };
      const drawn = [svg("rect", { ...place, class: "edge" }), svg("rect", { ...place, class: "box " + name })];
      const text = [label, examples.missing(score) ? null : score.toFixed(2)].filter(Boolean).join(" ");
      if (text) {
        const caption = svg("text", { x: place.x, y: Math.max(place.y - scale / 3, scale), class: "box-label" }, text);
        caption.style.fontSize = scale + "px";
        drawn.push(caption);
      }
      return drawn;
    });

  const heat = (map, width, height) => {
    const [, rows, columns, cells] = map;
    const bytes = atob(cells);
    const group = svg("g", {});
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = bytes.charCodeAt(row * columns + column) / 255;
        if (value < 0.04) continue;
        group.append(svg("rect", {
          class: "heat", "fill-opacity": (0.7 * value).toFixed(2), x: ((column * width) / columns).toFixed(2),
          y: ((row * height) / rows).toFixed(2), width: (width / columns).toFixed(2), height: (height / rows).toFixed(2),
        }));
      }
    }
    return group;
  };

  const maps = (pictures) => (pictures.models || []).flatMap((model, number) => (model.maps || []).map((map) => ({ key: number + ":" + map[0], map, number })));

  const film = (item, place, pictures) => {
    const name = [item.view === "unknown" ? "film" : item.view, item.when].filter(Boolean).join(", ");
    const caption = make("figcaption", {}, name + (item.width ? ` · ${item.width} × ${item.height}` : ""));
    const shown = item.source && item.width;
    if (!shown && !item.width) return make("figure", { class: "film" }, make("p", { class: "unseen" }, item.reason || "no film"), caption);
    const [width, height] = [item.width, item.height];
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Film ${place + 1}: ${name}` });
    if (item.source) picture.append(svg("image", { href: item.source, width, height, preserveAspectRatio: "none" }));
    // Boxes and maps are those of the first film.
    if (place === 0) {
      const map = maps(pictures).find((one) => one.key === state.map);
      if (map) picture.append(heat(map.map, width, height));
      if (state.boxes) {
        const scale = Math.max(width, height) / 42;
        picture.append(...boxes(pictures.boxes, "reference", scale));
        (pictures.models || []).forEach((model, number) => picture.append(...boxes(model.boxes, `predicted p${number % 4}`, scale)));
      }
    }
    const figure = make("figure", { class: "film" }, picture);
    if (item.reason) figure.append(make("p", { class: "unseen" }, item.reason));
    figure.append(caption);
    return figure;
  };

  const swatch = (name, label) => {
    const line = svg("svg", { viewBox: "0 0 26 10", "aria-hidden": "true", class: "film" }, svg("rect", { x: 2, y: 2, width: 22, height: 6, class: "box " + name }));
    return make("span", { class: "key film-key" }, line, label);
  };

  const tools = (pictures, redraw) => {
    const bar = make("div", { class: "tools" });
    const some = (list) => list && list.length;
    const predicted = (pictures.models || []).map((model) => some(model.boxes));
    if (some(pictures.boxes) || predicted.some(Boolean)) {
      const toggle = make("input", { type: "checkbox", id: "boxes" });
      toggle.checked = state.boxes;
      toggle.addEventListener("change", () => { state.boxes = toggle.checked; redraw(); });
      bar.append(make("label", { class: "key" }, toggle, "boxes"));
      if (some(pictures.boxes)) bar.append(swatch("reference", "reference"));
      predicted.forEach((has, number) => { if (has) bar.append(swatch(`predicted p${number % 4}`, index.models[number].name)); });
    }
    const list = maps(pictures);
    if (list.length) {
      const select = make("select", { id: "map" }, make("option", { value: "" }, "none"));
      for (const one of list) {
        const label = index.models.length > 1 ? `${one.map[0]} (${index.models[one.number].name})` : one.map[0];
        select.append(make("option", { value: one.key }, label));
      }
      select.value = list.some((one) => one.key === state.map) ? state.map : "";
      select.addEventListener("change", () => { state.map = select.value; redraw(); });
      bar.append(make("label", { class: "key" }, "Attention ", select));
    }
    return bar;
  };

  const marked = (parts, name) => {
    const text = make("p", { class: "text" });
    parts.forEach((part, number) => { if (part) text.append(number % 2 ? make("mark", { class: name }, part) : part); });
    return text;
  };

  const column = ([heading, note], body) => make("div", {}, make("h4", {}, heading, make("span", { class: "note" }, note)), body);

  const chips = (model) => {
    const found = [];
    const probability = new Map(model.probabilities || []);
    const sources = model.labels || [];
    for (const [source, right, invented, missed] of sources) {
      const line = make("p", {}, sources.length > 1 || source !== "gold" ? make("span", { class: "small soft" }, `Labels (${source}): `) : "");
      for (const [names, kind, sign, word] of [[right, "good", "✓", "found"], [missed, "bad missed", "✗", "missed"], [invented, "warn", "+", "invented"]]) {
        for (const name of names) {
          const stated = probability.get(name);
          line.append(make("span", { class: "chip " + kind }, `${sign} ${name} `, make("small", {}, word + (examples.missing(stated) ? "" : ` · p ${stated.toFixed(2)}`))), " ");
        }
      }
      if (!right.length && !invented.length && !missed.length) line.append(make("span", { class: "soft small" }, "no label in either text"));
      found.push(line);
    }
    return found;
  };

  const probabilities = (model) => {
    if (!model.probabilities) return [];
    const table = make("div", { class: "sure" });
    for (const [name, value] of [...model.probabilities].sort((a, b) => b[1] - a[1])) {
      table.append(make("span", {}, name), make("meter", { min: 0, max: 1, value, "aria-label": name }), make("span", { class: "num" }, value.toFixed(3)));
    }
    return [make("details", {}, make("summary", { class: "small" }, "Probabilities"), table)];
  };

  const answer = (model, number, record) => {
    const part = make("section", { class: "model" });
    const status = { ok: "", empty: "empty", refused: "refused", error: "failed, not scored", absent: "not in this run" }[model.status];
    if (index.models.length > 1 || status) part.append(make("h3", {}, index.models[number].name + " ", status ? make("span", { class: "chip bad" }, status) : ""));
    if (model.error) part.append(make("p", { class: "bad small" }, model.error));
    part.append(...chips(model));
    if (!examples.missing(model.right) || model.answer !== undefined) {
      const line = make("p", { class: "qa" }, make("span", { class: "soft" }, "Answer: "), model.answer || "–", " ");
      if (!examples.missing(model.right)) line.append(make("span", { class: "chip " + (model.right ? "good" : "bad") }, model.right ? "✓ right" : "✗ wrong"));
      if (!examples.missing(model.confidence)) line.append(" ", make("span", { class: "small soft" }, `confidence ${model.confidence.toFixed(2)}`));
      part.append(line);
    }
    for (const [name, value] of [["Severity", model.severity], ["Regions", (model.regions || []).join(", ")]]) if (value) part.append(make("p", { class: "small" }, `${name}: ${value}`));
    if (model.difference) {
      part.append(make("div", { class: "two" }, column(["Reference", " underlined: not in the answer"], marked(model.difference[0], "missing")), column(["Answer", " dashed: not in the reference"], marked(model.difference[1], "extra"))));
    } else if (record.reference !== undefined || model.text !== undefined) {
      part.append(make("div", { class: "two" }, column(["Reference", ""], make("p", { class: "text" }, record.reference || "–")), column(["Answer", ""], make("p", { class: "text" }, model.text || "–"))));
      if (model.uncompared) part.append(make("p", { class: "small soft" }, "Too long to compare word by word."));
    }
    part.append(...probabilities(model));
    return part;
  };

  const facts = (record) => {
    const list = make("dl", { class: "facts small" });
    const rows = [["Type", record.type], ["Choices", (record.choices || []).join(" · ")], ["Gold severity", record.severity], ["Gold regions", (record.regions || []).join(", ")], ...(record.context || []), ...(record.strata || []), ["Group", record.group === record.id ? "" : record.group]];
    for (const [name, value] of rows) if (value) list.append(make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, value));
    return list.childElementCount ? [make("details", {}, make("summary", { class: "small" }, "About this example"), list)] : [];
  };

  /** Draw an example; `position` says where it stands in the list. */
  const draw = (place, position, link) => {
    current = [place, position, link];
    const [record, pictures] = [examples.words(place), examples.pictures(place)];
    const target = document.getElementById("example");
    const head = make("header", {}, make("h2", {}, record.id), make("span", { class: "soft small" }, position), make("a", { class: "small no-print", href: link }, "permalink"));
    const films = make("div", { class: "films" });
    const redraw = () => films.replaceChildren(tools(pictures, redraw), ...(pictures.films || []).map((item, number) => film(item, number, pictures)));
    redraw();
    const texts = make("div", {});
    if (record.question) texts.append(make("p", { class: "qa" }, make("strong", {}, record.question)));
    if (record.gold) texts.append(make("p", { class: "qa" }, make("span", { class: "soft" }, "Gold: "), record.gold));
    texts.append(...record.models.map((model, number) => answer(model, number, record)), ...facts(record));
    const hasFilms = (pictures.films || []).length > 0;
    target.replaceChildren(head, hasFilms ? make("div", { class: "pane" }, films, texts) : texts);
  };

  /** Repaint after a key changed what is laid over the film. */
  const change = (what) => {
    if (!current) return;
    if (what === "boxes") state.boxes = !state.boxes;
    else {
      const keys = ["", ...maps(examples.pictures(current[0])).map((one) => one.key)];
      state.map = keys[(Math.max(keys.indexOf(state.map), 0) + 1) % keys.length];
    }
    draw(...current);
  };

  return { draw, change, state };
})();
