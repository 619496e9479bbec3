// The curves of the running experiment of all schools in one chart; asked for only while the chart is open.

import { draw, look } from './chart.js';
import { Poll } from './poll.js';
import { arrange, kept, made, put } from './rows.js';
import { knows, phrase } from './words.js';

const PERIOD = 1000;       // ms; as often as schools tell
const MOST = 20;           // curves in colour: more shapes and colours cannot be told apart; the others stand behind them

const at = (id) => document.getElementById(id);

export class Curves {
  #poll = new Poll({ heard: (told) => this.#heard(told), period: PERIOD });
  #told = [];
  #rows = new Map();
  #chosen = new Map();     // by key whether a curve is in colour, where the teacher said so
  #places = new Map();     // look by key: a curve keeps its colour while it is chosen
  #kinds = '';
  #pointed = null;         // the curve whose name is pointed at stands out

  constructor() {
    at('curves-kind').addEventListener('change', () => this.#show());
    at('curves-find').addEventListener('input', () => this.#show());
    document.addEventListener('visibilitychange', () => this.#follow());
    this.#poll.follow();
  }

  teach(path) {
    if (path !== this.path) this.#told = [];
    this.path = path;
    this.#follow();
    this.#show();
  }

  toggle() {
    at('curves').hidden = !at('curves').hidden;
    at('curves-open').setAttribute('aria-expanded', String(!at('curves').hidden));
    this.#follow();
  }

  #follow() {
    const isLooked = this.path && !at('curves').hidden && !document.hidden;
    this.#poll.path = isLooked ? `${this.path}/curves` : null;
  }

  #heard(told) {
    this.#told = told.curves.filter((one) => one.points.length);
    this.#show();
  }

  #show() {
    this.#offer();
    const kind = at('curves-kind').value;
    const curves = keyed(this.#told.filter((one) => kindOf(one) === kind));
    const { compare } = new Intl.Collator(document.documentElement.lang);
    curves.sort((one, other) => compare(one.name, other.name) || compare(one.node, other.node));
    this.#choose(curves);
    this.#draw(curves);
    this.#list(curves);
  }

  /** What is measured: one chart has one unit. */
  #offer() {
    const kinds = new Map(this.#told.map((one) => [kindOf(one), one]));
    const spoken = JSON.stringify([document.documentElement.lang, [...kinds.keys()]]);
    if (spoken === this.#kinds) return;
    this.#kinds = spoken;
    const chosen = at('curves-kind').value;
    const options = [...kinds].map(([kind, one]) => {
      const title = [one.experiment, named(one)].filter(Boolean).join(': ');
      return new Option(title, kind, false, kind === chosen);
    });
    at('curves-kind').replaceChildren(...options);
    at('curves-kind').disabled = kinds.size < 2;
  }

  /** The first schools are in colour until the teacher chooses others. */
  #choose(curves) {
    const wanted = curves.filter((one) => this.#chosen.get(one.key) === true);
    const others = curves.filter((one) => !this.#chosen.has(one.key));
    const shown = new Set([...wanted, ...others].slice(0, MOST).map((one) => one.key));
    for (const key of this.#places.keys()) if (!shown.has(key)) this.#places.delete(key);
    const taken = new Set(this.#places.values());
    for (const key of shown) {
      if (this.#places.has(key)) continue;
      const free = Array.from({ length: MOST }, (_, place) => place).find((place) => !taken.has(place));
      taken.add(free);
      this.#places.set(key, free);
    }
  }

  #draw(curves) {
    at('curves-none').hidden = curves.length > 0;
    at('chart').parentElement.hidden = at('curves-find').hidden = !curves.length;
    if (!curves.length) return;
    const isChosen = (one) => this.#places.has(one.key);
    const coloured = curves.filter(isChosen).map((one) => (
      { points: one.points, look: look(this.#places.get(one.key)), isPointed: one.key === this.#pointed }
    ));
    coloured.sort((one, other) => one.isPointed - other.isPointed);
    const words = { along: phrase('curves-time'), up: named(curves[0]) };
    draw(at('chart'), coloured, curves.filter((one) => !isChosen(one)), words);
    at('chart').setAttribute('aria-label', words.up);
  }

  #list(curves) {
    const spoken = document.documentElement.lang;
    const text = at('curves-find').value.trim().toLocaleLowerCase(spoken);
    const found = curves.filter((one) => one.name.toLocaleLowerCase(spoken).includes(text));
    this.#rows = kept(this.#rows, found, ({ key }) => key, ({ key }) => this.#row(key));
    for (const one of found) {
      const label = this.#rows.get(one.key).firstChild;
      const [box, sign, name, value] = label.children;
      const place = this.#places.get(one.key);
      box.checked = place !== undefined;
      const seen = place === undefined ? { shape: '–', colour: 'muted' } : look(place);
      put(sign, seen.shape);
      sign.className = `of-${seen.colour}`;
      put(name, one.name);
      put(value, `${one.points.at(-1)[1].toLocaleString(spoken, { maximumFractionDigits: 2 })} ${one.unit}`);
    }
    arrange(at('legend'), [...this.#rows.values()]);
  }

  #point(key) {
    this.#pointed = key;
    this.#show();
  }

  #row(key) {
    const box = made('input');
    const sign = made('b');
    box.type = 'checkbox';
    sign.setAttribute('aria-hidden', 'true');
    box.addEventListener('change', () => {
      this.#chosen.set(key, box.checked);
      this.#show();
    });
    const row = made('li', made('label', box, sign, made('span'), made('em')));
    for (const event of ['pointerenter', 'focusin']) row.addEventListener(event, () => this.#point(key));
    for (const event of ['pointerleave', 'focusout']) row.addEventListener(event, () => this.#point(null));
    return row;
  }
}

/** A school may have two sensors of one kind: the second is another curve. */
function keyed(curves) {
  const seen = new Map();
  return curves.map((one) => {
    const count = (seen.get(one.node) ?? 0) + 1;
    seen.set(one.node, count);
    return { ...one, key: `${one.node} ${count}`, name: count > 1 ? `${one.name} (${count})` : one.name };
  });
}

function kindOf(one) { return [one.quantity, one.unit].join(' '); }

/** A quantity in words with its unit; one that has no word of ours stands as the school calls it. */
function named(one) {
  const key = `quantity-${one.quantity}`;
  return [knows(key) ? phrase(key) : one.quantity, one.unit].filter(Boolean).join(', ');
}
