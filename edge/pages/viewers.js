// The strip of watching schools: name, shape, word and colour for each.

import { Refused, read, sleep, wonder } from './node.js';
import { hush, say } from './words.js';

const PERIOD = 1000;
const STATES = {
  ok: ['▲', 'viewer-ok'],
  'no-picture': ['▽', 'viewer-no-picture'],
  'no-sound': ['▽', 'viewer-no-sound'],
  frozen: ['▽', 'viewer-frozen'],
  black: ['▽', 'viewer-black'],
  silent: ['▽', 'viewer-silent'],
  still: ['▲', 'viewer-still'],
  gone: ['✕', 'viewer-gone'],
};

export class Viewers {
  #rows = new Map();

  constructor(list, count) { Object.assign(this, { list, count, stream: null }); }

  /** Asks each second while a stream is set. */
  async follow() {
    for (;;) {
      if (this.stream) await this.#look(this.stream);
      await sleep(PERIOD);
    }
  }

  clear() {
    this.stream = null;
    this.#rows.clear();
    this.list.replaceChildren();
    hush(this.count);
  }

  async #look(stream) {
    try {
      const { viewers } = await read(`/api/streams/${stream}/viewers`, { timeout: 3000, cache: 'no-store' });
      if (this.stream === stream) this.#show(viewers);
    } catch (error) {
      wonder(error);
      if (error instanceof Refused && this.stream === stream) this.#show([]);   // the stream is gone: nobody watches
    }
  }

  #show(viewers) {
    const watching = viewers.filter((one) => one.state !== 'gone').length;
    if (watching) say(this.count, 'viewers-count', { count: watching });
    else say(this.count, 'viewers-none');
    const seen = new Map();
    const rows = viewers.map((one) => {
      const key = `${one.name} ${one.since}`;
      const row = this.#rows.get(key) ?? entry(one.name);
      mark(row, one.state);
      seen.set(key, row);
      return row;
    });
    this.#rows = seen;
    if (rows.some((row, place) => this.list.children[place] !== row) || rows.length !== this.list.children.length) {
      this.list.replaceChildren(...rows);
    }
  }
}

function entry(name) {
  const row = document.createElement('li');
  const [shape, title, word] = ['b', 'strong', 'span'].map((tag) => document.createElement(tag));
  shape.setAttribute('aria-hidden', 'true');
  title.textContent = name;
  row.append(shape, title, word);
  return row;
}

function mark(row, state) {
  const [shape, word] = STATES[state] ?? STATES['no-picture'];
  row.dataset.state = state;
  row.firstChild.textContent = shape;
  if (row.lastChild.dataset.words !== word) say(row.lastChild, word);
}
