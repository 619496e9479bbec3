// Asks what the teacher's screen shows, by a long poll, and says at the same time how it goes here.

import { read, sleep, wonder } from './node.js';

const LONG = 40000;        // ms; the node answers within 25 s
const PERIOD = 1000;       // ms; never more than one request a second when answers come at once
const KEY = 'page';
const NOBODY = { mode: 'free', volume: null };   // until the node says otherwise, and at a node that never does

export class Showing {
  told = null;
  #page = name();
  #said = '';
  #poll = new AbortController();

  /** changed(told, before) is called after every answer; report() is what the page says of itself: `state`, `camera`, … */
  constructor(changed, report) { Object.assign(this, { changed, report }); }

  async follow() {
    for (;;) {
      const begun = performance.now();
      const before = this.told;
      await this.#once();
      const left = PERIOD - (performance.now() - begun);
      if (this.told === before || this.told?.version === before?.version) await sleep(Math.max(200, left));
    }
  }

  /** Asks anew if there is something to say; `isBack`: the old question will never be answered. */
  look(isBack = false) { if (isBack || this.#saying !== this.#said) this.#poll.abort(); }

  get #saying() { return String(new URLSearchParams(this.report())); }

  async #once() {
    this.#said = this.#saying;
    this.#poll = new AbortController();
    const question = new URLSearchParams(this.#said);
    question.set('page', this.#page);
    if (this.told?.version) question.set('after', this.told.version);
    const before = this.told;
    try {
      const options = { timeout: LONG, signal: this.#poll.signal, cache: 'no-store' };
      this.told = await read(`/api/showing?${question}`, options);
    } catch (error) {
      wonder(error);
      if (before) return;
      this.told = NOBODY;
    }
    this.changed(this.told, before);
  }
}

/** What this page calls itself, also after a reload; a copy of its tab finds nothing, and calls itself something else. */
function name() {
  let mine = Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, '0')).join('');
  try {
    mine = sessionStorage.getItem(KEY) ?? mine;
    sessionStorage.removeItem(KEY);
    addEventListener('pagehide', () => sessionStorage.setItem(KEY, mine));
  } catch { /* a browser that keeps nothing: after a reload it is another page */ }
  return mine;
}
