// Follows what is live: a long poll while the node answers, a short probe each second while it does not.

import { Refused, read, sleep, wonder } from './node.js';

const LONG = 40000;        // ms; the node answers within 25 s
const SHORT = 1400;        // ms; one TCP retransmission (1 s) fits, so a link that is back is seen within a second
const PERIOD = 1000;       // ms; never more than one request a second when answers come at once

export class Streams {
  live = [];
  known = [];
  refusal = null;
  isReachable = true;
  #version;
  #poll = new AbortController();

  constructor(changed) { this.changed = changed; }

  find(name) { return this.known.find((stream) => stream.name === name); }

  /** Drops the long poll: whoever calls has a reason to think that the link is gone. */
  probe() {
    if (!this.isReachable) return;
    this.isReachable = false;
    this.#poll.abort();
  }

  async follow() {
    for (;;) {
      const begun = performance.now();
      const before = this.#version;
      const wasReachable = this.isReachable;
      await this.#once();
      if (this.#version !== before || !wasReachable || !this.isReachable) this.changed(!wasReachable && this.isReachable);
      const left = PERIOD - (performance.now() - begun);
      if (!this.isReachable || this.#version === before) await sleep(Math.max(200, left));
    }
  }

  async #once() {
    const isLong = this.isReachable && this.#version !== undefined;
    this.#poll = new AbortController();
    try {
      const reply = await read(isLong ? `/api/streams?after=${this.#version}` : '/api/streams', {
        timeout: isLong ? LONG : SHORT, signal: this.#poll.signal, cache: 'no-store',
      });
      this.#version = reply.version;
      this.known = reply.streams;
      this.live = this.known.filter((stream) => stream.live);
      this.isReachable = true;
      this.refusal = null;
    } catch (error) {
      wonder(error);
      this.isReachable = false;
      this.refusal = error instanceof Refused ? error : null;
    }
  }
}
