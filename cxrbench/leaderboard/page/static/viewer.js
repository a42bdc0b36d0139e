// Examples: what the page carries, read chunk by chunk so that only what is shown takes memory.
const examples = (() => {
  const index = page.data();
  const kept = 4;
  const reader = (kind, size) => {
    const elements = document.getElementsByClassName(kind);
    const cache = new Map();
    return (place) => {
      const chunk = Math.floor(place / size);
      if (!cache.has(chunk)) {
        if (cache.size >= kept) cache.delete(cache.keys().next().value);
        cache.set(chunk, JSON.parse(elements[chunk].textContent));
      }
      return cache.get(chunk)[place % size];
    };
  };
  const words = reader("words", index.wordsChunk);
  const pictures = reader("pictures", index.picturesChunk);

  /** All that can be searched of an example, in lower case. */
  const searchable = (record) => {
    const parts = [record.id, record.group, record.question, record.gold, record.type, record.reference];
    for (const item of record.context || []) parts.push(item[1]);
    for (const model of record.models) {
      parts.push(model.answer, model.text, model.error);
      for (const text of model.difference || []) parts.push(text.join(""));
    }
    return parts.filter(Boolean).join("\n").toLowerCase();
  };

  /** Places of the examples that hold every word, in the order given. Chunks are read one after the other. */
  const search = (text, places) => {
    const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!terms.length) return places;
    const found = new Set();
    const elements = document.getElementsByClassName("words");
    for (let chunk = 0; chunk < elements.length; chunk++) {
      const raw = elements[chunk].textContent.toLowerCase();
      // Escapes of the file (<, >, &, quotes) hide characters; terms of letters and digits are looked for unread.
      if (terms.some((term) => /^[a-z0-9]+$/.test(term) && !raw.includes(term))) continue;
      const records = JSON.parse(elements[chunk].textContent);
      for (let row = 0; row < records.length; row++) {
        const body = searchable(records[row]);
        if (terms.every((term) => body.includes(term))) found.add(chunk * index.wordsChunk + row);
      }
    }
    return places.filter((place) => found.has(place));
  };

  const missing = (value) => value === null || value === undefined;

  /** The key by which examples are sorted, smallest first; null sorts last. */
  const key = (order, score) => {
    const number = index.scores.findIndex((item) => item.name === score);
    const sign = number >= 0 && index.scores[number].higher ? 1 : -1;
    if (order === "sure" && index.sure[0]) return (place) => (missing(index.sure[0][place]) ? null : -index.sure[0][place]);
    if (number < 0 || order === "data") return null;
    const values = index.values.map((model) => model[number]);
    if (order === "worst") return (place) => (missing(values[0][place]) ? null : sign * values[0][place]);
    if (order === "best") return (place) => (missing(values[0][place]) ? null : -sign * values[0][place]);
    return (place) => {
      const seen = values.map((model) => model[place]).filter((value) => !missing(value));
      return seen.length > 1 ? Math.min(...seen) - Math.max(...seen) : null;
    };
  };

  /** Places in the wanted order, of the wanted examples. */
  const select = ({ order, score, show, query }) => {
    let places = index.ids.map((_, place) => place);
    const [group, item] = (show || "").split(".").map(Number);
    if (show && index.filters[group] && index.filters[group].items[item]) places = index.filters[group].items[item][1];
    places = search(query, places);
    const by = key(order, score);
    if (!by) return places;
    const keys = new Map(places.map((place) => [place, by(place)]));
    return [...places].sort((a, b) => {
      const [left, right] = [keys.get(a), keys.get(b)];
      if (left === null || right === null) return (left === null) - (right === null) || a - b;
      return left - right || a - b;
    });
  };

  return { index, words, pictures, select, missing };
})();
