// The list, its controls, the keys and the address.
(() => {
  const { make } = page;
  const index = examples.index;
  const size = 40;
  const by = (id) => document.getElementById(id);
  const controls = { order: by("order"), score: by("score"), show: by("show"), query: by("search") };
  let places = [];
  let at = 0;
  let written = "";

  const chosen = () => ({
    order: controls.order.value, score: controls.score ? controls.score.value : "", show: controls.show.value, query: controls.query.value,
  });

  const mark = (place) => {
    const { order, score } = chosen();
    const number = index.scores.findIndex((item) => item.name === score);
    if (order === "sure") return examples.missing(index.sure[0][place]) ? "–" : index.sure[0][place].toFixed(2);
    if (number >= 0 && order !== "data") {
      const values = index.values.map((model) => model[number][place]).filter((value) => !examples.missing(value));
      if (order === "disagree") return values.length > 1 ? "± " + (Math.max(...values) - Math.min(...values)).toFixed(2) : "–";
      return examples.missing(index.values[0][number][place]) ? "–" : index.values[0][number][place].toFixed(2);
    }
    const wrong = index.wrong[0][place];
    return examples.missing(wrong) ? "" : wrong ? "✗ " + wrong : "✓";
  };

  const link = (place) => {
    const state = new URLSearchParams();
    const wanted = chosen();
    state.set("id", index.ids[place]);
    if (wanted.order !== controls.order.options[0].value) state.set("order", wanted.order);
    if (wanted.score && wanted.score !== index.scores[0].name) state.set("score", wanted.score);
    if (wanted.show) state.set("show", controls.show.selectedOptions[0].textContent);
    if (wanted.query) state.set("q", wanted.query);
    return state;
  };

  const row = (place, position) => {
    const button = make("button", { type: "button", "aria-current": position === at ? "true" : null }, make("span", { class: "id", title: index.ids[place] }, index.ids[place]), make("span", { class: "mark" }, mark(place)));
    button.addEventListener("click", () => go(position));
    return make("li", {}, button);
  };

  const paint = () => {
    const first = Math.floor(at / size) * size;
    const last = Math.min(first + size, places.length);
    by("list").setAttribute("start", first + 1);
    by("list").replaceChildren(...places.slice(first, last).map((place, offset) => row(place, first + offset)));
    by("range").textContent = places.length ? `${first + 1}–${last} of ${places.length}` : "none";
    by("page-back").disabled = first === 0;
    by("page-on").disabled = last >= places.length;
    by("nothing").hidden = places.length > 0;
    by("example").hidden = places.length === 0;
  };

  const go = (position, focus = false) => {
    if (!places.length) { paint(); by("said").textContent = "No example matches."; return; }
    at = Math.max(0, Math.min(position, places.length - 1));
    const listed = by("list").contains(document.activeElement) || focus;
    paint();
    const state = link(places[at]);
    written = "#" + state.toString();
    show.draw(places[at], `${at + 1} of ${places.length}`, written);
    page.keep(state);
    by("said").textContent = `Example ${index.ids[places[at]]}, ${at + 1} of ${places.length}`;
    const button = by("list").querySelector('[aria-current="true"]');
    if (button && listed) button.focus({ preventScroll: true });
    if (button) {
      const [inner, outer] = [button.getBoundingClientRect(), by("list").parentElement.getBoundingClientRect()];
      if (inner.top < outer.top || inner.bottom > outer.bottom) by("list").parentElement.scrollTop += inner.top - outer.top - outer.height / 2;
    }
  };

  /** Choose again; `id` names the example to stand on, if it is among them. */
  const choose = (id) => {
    places = examples.select(chosen());
    const position = id === undefined ? 0 : places.findIndex((place) => index.ids[place] === id);
    go(Math.max(position, 0));
  };

  const read = () => {
    const state = page.state();
    const set = (select, value) => { if (select && [...select.options].some((option) => option.value === value)) select.value = value; };
    controls.order.selectedIndex = 0;
    if (controls.score) controls.score.selectedIndex = 0;
    set(controls.order, state.get("order"));
    set(controls.score, state.get("score"));
    const named = [...controls.show.options].find((option) => option.textContent === state.get("show"));
    controls.show.value = named ? named.value : "";
    controls.query.value = state.get("q") || "";
    choose(state.get("id") || undefined);
  };

  const scored = () => { if (controls.score) controls.score.disabled = !["worst", "best", "disagree"].includes(controls.order.value); };
  for (const name of ["order", "score", "show"]) if (controls[name]) controls[name].addEventListener("change", () => { scored(); choose(); });
  let waiting = 0;
  controls.query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(choose, 180); });
  by("controls").addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); choose(); });
  by("page-back").addEventListener("click", () => go((Math.floor(at / size) - 1) * size));
  by("page-on").addEventListener("click", () => go((Math.floor(at / size) + 1) * size));
  by("help-open").addEventListener("click", () => by("help").showModal());
  by("help-close").addEventListener("click", () => by("help").close());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || by("help").open) return;
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea");
    // A search field would also empty itself.
    if (event.key === "Escape" && typing) { typing.blur(); event.preventDefault(); return; }
    if (typing) return;
    const inList = by("list").contains(event.target);
    const steps = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1, ...(inList ? { ArrowDown: 1, ArrowUp: -1 } : {}) };
    const actions = { "/": () => { controls.query.focus(); controls.query.select(); }, "?": () => by("help").showModal(), a: () => show.change("map"), b: () => show.change("boxes") };
    if (event.key in steps) go(at + steps[event.key], inList);
    else if (event.key in actions) actions[event.key]();
    else return;
    event.preventDefault();
  });
  addEventListener("hashchange", () => { if (location.hash !== written) read(); });
  read();
  scored();
})();
