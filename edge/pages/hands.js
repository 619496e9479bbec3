// What classes say in the lesson: raised hands first, the oldest before all; a click puts away what was dealt with.

import { read, recall, remember, sleep, wonder } from './node.js';
import { hush, say, sayDate } from './words.js';

const LONG = 40000;        // ms; the node answers within 25 s
const PERIOD = 1000;       // ms; between two tries while the node cannot be reached
const MOST_SEEN = 500;     // things put away that are remembered: a day of a hub

export class Hands {
  #rows = new Map();
  #seen = new Set(JSON.parse(recall('seen') ?? '[]'));
  #classes = [];
  #late = 0;               // ms by which this browser's clock is ahead of the node's
  #stream = null;
  #poll = new AbortController();

  constructor(list, count) {
    Object.assign(this, { list, count });
    addEventListener('storage', ({ key, newValue }) => key === 'seen' && this.#remember(JSON.parse(newValue ?? '[]')));
  }

  /** Sets whose lesson it is; null clears the list. */
  set stream(name) {
    if (name === this.#stream) return;
    this.#stream = name;
    this.#classes = [];
    this.#show();
    this.#poll.abort();
  }

  /** Asks for what is said as long as the page is open. */
  async follow() {
    let asked;
    let version;
    for (;;) {
      if (this.#stream !== asked) version = undefined;
      asked = this.#stream;
      version = asked ? await this.#ask(asked, version) : undefined;
      if (version === undefined) await sleep(asked === this.#stream ? PERIOD : 0);
    }
  }

  async #ask(stream, version) {
    this.#poll = new AbortController();
    const query = version === undefined ? '' : `?after=${version}`;
    try {
      const options = { timeout: LONG, signal: this.#poll.signal, cache: 'no-store' };
      const said = await read(`/api/streams/${stream}/talk${query}`, options);
      if (stream !== this.#stream) return undefined;
      this.#late = Date.now() - said.now;
      this.#classes = said.classes;
      this.#show();
      return said.version;
    } catch (error) {
      wonder(error);
      return undefined;
    }
  }

  #putAway(what) { this.#remember([...this.#seen, what]); }

  #remember(seen) {
    this.#seen = new Set(seen.slice(-MOST_SEEN));
    remember('seen', JSON.stringify([...this.#seen]));
    this.#show();
  }

  #show() {
    const left = this.#classes.map((one) => this.#left(one)).filter((one) => one.hand || one.questions.length);
    left.sort((one, other) => Boolean(other.hand) - Boolean(one.hand));   // the node's order within both
    const hands = left.filter((one) => one.hand).length;
    if (!this.#stream) hush(this.count);
    else if (hands) say(this.count, 'hands-count', { count: hands });
    else say(this.count, left.length ? 'hands-questions' : 'hands-none');
    this.#rows = kept(this.#rows, left, (one) => `${one.node} ${one.class}`, () => this.#row());
    for (const [key, row] of this.#rows) this.#fill(row, left.find((one) => `${one.node} ${one.class}` === key));
    arrange(this.list, [...this.#rows.values()]);
  }

  #left(one) {
    const isUp = one.hand && !this.#seen.has(`${one.node} ${one.hand}`);
    return { ...one, hand: isUp ? one.hand : 0, questions: one.questions.filter(({ id }) => !this.#seen.has(id)) };
  }

  #row() {
    const row = made('li', made('b'), made('strong'), made('span'), button('hand-down'), made('ol'));
    row.firstChild.setAttribute('aria-hidden', 'true');
    row.querySelector('button').addEventListener('click', () => this.#putAway(row.dataset.hand));
    return row;
  }

  #fill(row, one) {
    const [shape, title, word, down, list] = row.children;
    row.dataset.state = one.hand ? 'up' : 'asked';
    row.dataset.hand = `${one.node} ${one.hand}`;
    shape.textContent = one.hand ? '▲' : '?';
    title.textContent = one.class ? `${one.name} · ${one.class}` : one.name;
    if (one.hand) sayDate(word, 'hand-up', this.#moment(one.hand));
    else hush(word);
    down.hidden = !one.hand;
    const before = new Map([...list.children].map((each) => [each.dataset.id, each]));
    arrange(list, [...kept(before, one.questions, ({ id }) => id, (asked) => this.#question(asked)).values()]);
  }

  #question(asked) {
    const row = made('li', made('time'), made('q'), button('question-read'));
    row.dataset.id = asked.id;
    const at = this.#moment(asked.at);
    row.firstChild.textContent = [at.getHours(), String(at.getMinutes()).padStart(2, '0')].join(':');
    row.children[1].textContent = asked.text;          // a stranger's words: text, and never anything else
    row.lastChild.addEventListener('click', () => this.#putAway(asked.id));
    return row;
  }

  #moment(at) { return new Date(at + this.#late); }
}

/** The elements of these things by key: those that were there stay, so that a button keeps its focus. */
function kept(before, things, keyOf, make) {
  return new Map(things.map((one) => [keyOf(one), before.get(keyOf(one)) ?? make(one)]));
}

function arrange(list, rows) {
  for (const each of [...list.children]) if (!rows.includes(each)) each.remove();
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

function made(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

function button(key) {
  const element = made('button');
  element.type = 'button';
  say(element, key);
  return element;
}
