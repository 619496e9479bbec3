// Asks the node for one thing as long as somebody looks: held back until there is news, or again and again.

import { read, wonder } from './node.js';

const SLOWEST = 40000;     // ms; the node answers within 25 s
const BRIEF = 5000;        // ms; where nothing is held back
const AFTER = 100;         // ms between an answer and the next question: a burst of news is one answer
const PERIOD = 1000;       // ms; between two tries while the node cannot be reached

export class Poll {
  #path = null;
  #version;
  #cut = new AbortController();
  #woken = () => {};

  /** heard(answer) for each answer, lost(error) for each failure; `period`: ms between questions that are not held back. */
  constructor({ heard, lost = () => {}, period = 0 }) { Object.assign(this, { heard, lost, period }); }

  get path() { return this.#path; }

  /** Sets what is asked for; null for nothing. */
  set path(path) {
    if (path === this.#path) return;
    this.#path = path;
    this.#version = undefined;
    this.look();
  }

  /** Asks at once. */
  look() {
    this.#cut.abort();
    this.#woken();
  }

  async follow() {
    for (;;) {
      const path = this.#path;
      this.#cut = new AbortController();
      const { signal } = this.#cut;
      const rest = path === null ? undefined : await this.#ask(path, signal);
      if (!signal.aborted) await this.#rest(rest);
    }
  }

  /** Returns how long to rest. */
  async #ask(path, signal) {
    const question = new URLSearchParams(this.#version === undefined ? {} : { after: this.#version });
    if (this.period) question.set('wait', '0');
    try {
      const timeout = this.period ? BRIEF : SLOWEST;
      const answer = await read(`${path}?${question}`, { timeout, signal, cache: 'no-store' });
      if (signal.aborted) return 0;
      this.#version = answer.version;
      this.heard(answer);
      return this.period || AFTER;
    } catch (error) {
      if (signal.aborted) return 0;
      wonder(error);
      this.#version = undefined;                       // a node that was started anew counts from one again
      this.lost(error);
      return PERIOD;
    }
  }

  #rest(milliseconds) {
    return new Promise((done) => {
      this.#woken = done;
      if (milliseconds !== undefined) setTimeout(done, milliseconds);
    });
  }
}
