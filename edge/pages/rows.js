// Lists whose entries stay the same elements as long as they stand for the same thing.

/** The elements of these things by key: those that were there stay, so that a button keeps its focus. */
export function kept(before, things, keyOf, make) {
  return new Map(things.map((one) => [keyOf(one), before.get(keyOf(one)) ?? make(one)]));
}

export function arrange(list, rows) {
  const wanted = new Set(rows);
  for (const each of [...list.children]) if (!wanted.has(each)) each.remove();
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

export function made(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

/** Text of somebody else: shown as it is, and never as anything else. */
export function put(element, text) { if (element.textContent !== text) element.textContent = text; }

export function hour(moment) { return `${moment.getHours()}:${String(moment.getMinutes()).padStart(2, '0')}`; }
