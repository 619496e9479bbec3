// What the teacher has put away in this browser, in all its tabs.

import { recall, remember } from './node.js';

const MOST = 500;          // things that are remembered: a day of a hub

export class Seen {
  #keys = read(recall('seen'));

  /** changed() is called when something was put away, here or in another tab. */
  constructor(changed) {
    this.changed = changed;
    addEventListener('storage', ({ key, newValue }) => {
      if (key !== 'seen') return;
      this.#keys = read(newValue);
      this.changed();
    });
  }

  has(key) { return this.#keys.has(key); }

  putAway(key) {
    this.#keys = new Set([...this.#keys, key].slice(-MOST));
    remember('seen', JSON.stringify([...this.#keys]));
    this.changed();
  }
}

function read(kept) {
  try {
    return new Set(JSON.parse(kept ?? '[]'));
  } catch {
    return new Set();
  }
}
