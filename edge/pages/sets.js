// Prepared questions: searched by typing, looked at before they are asked.

import { Sheet } from './tally.js';
import { arrange, kept, made, put } from './rows.js';
import { say } from './words.js';

const MOST = 60;           // questions shown at once: who sees more types a word

const at = (id) => document.getElementById(id);

export class Sets {
  #rows = new Map();
  #sets = [];

  /** pick(item, number, button) asks the question that was chosen. */
  constructor(orders, pick) {
    Object.assign(this, { orders, pick });
    at('set-find').addEventListener('input', () => this.#show());
  }

  set all(sets) {
    this.#sets = sets;
    this.#show();
  }

  /** The question of a set that comes after this one, or null. */
  next({ item, number }) {
    const later = this.#sets.find((set) => set.item === item)?.questions.filter((one) => one.number > number) ?? [];
    return later.length ? later.reduce((one, other) => (other.number < one.number ? other : one)) : null;
  }

  #show() {
    const spoken = document.documentElement.lang;
    const text = at('set-find').value.trim().toLocaleLowerCase(spoken);
    const isFound = (...said) => said.some((one) => one.toLocaleLowerCase(spoken).includes(text));
    const found = this.#sets.flatMap((set) => set.questions
      .filter((one) => isFound(set.title, set.subject, one.text, ...one.choices.map((each) => each.text)))
      .map((one) => ({ set, one, key: `${set.item} ${one.number}` })));
    if (!this.#sets.length) say(at('sets-count'), 'sets-none');
    else if (found.length > MOST) say(at('sets-count'), 'sets-more', { count: MOST });
    else say(at('sets-count'), 'sets-count', { count: found.length });
    const shown = found.slice(0, MOST);
    this.#rows = kept(this.#rows, shown, ({ key }) => key, () => this.#row());
    for (const each of shown) this.#fill(this.#rows.get(each.key), each);
    arrange(at('set-list'), [...this.#rows.values()]);
  }

  #row() {
    const sheet = new Sheet();
    const ask = made('button');
    const head = made('summary', made('b'), made('span'));
    const row = made('li', made('details', head, sheet.element, ask));
    ask.type = 'button';
    say(ask, 'check-ask');
    this.orders.wire(ask, (pressed) => this.pick(row.dataset.item, Number(row.dataset.number), pressed));
    return Object.assign(row, { sheet });
  }

  #fill(row, { set, one }) {
    const head = row.querySelector('summary');
    Object.assign(row.dataset, { item: set.item, number: one.number });
    put(head.firstChild, `${one.number}.`);
    put(head.lastChild, [one.text, set.title].join(' · '));
    row.sheet.show(one);
  }
}
