// What stands on the page while a lesson is on the air: schools, floor, questions, checks and curves, as the node tells them.

import { Cue } from './cue.js';
import { Floor } from './floor.js';
import { Refused } from './node.js';
import { Orders } from './orders.js';
import { Poll } from './poll.js';
import { Questions } from './questions.js';
import { Seen } from './seen.js';
import { Strip } from './strip.js';
import { hush, say } from './words.js';

const at = (id) => document.getElementById(id);

export class Lesson {
  #poll = new Poll({ heard: (told) => this.#heard(told), lost: (error) => this.#lost(error) });
  #late = 0;               // ms by which this browser's clock is ahead of the node's
  #checks = null;
  #curves = null;

  constructor() {
    this.orders = new Orders(at('lesson'), at('order'));
    const seen = new Seen(() => this.#refresh());
    this.strip = new Strip(this.orders, seen);
    this.floor = new Floor(this.orders);
    this.questions = new Questions(this.orders, seen);
    this.cue = new Cue();
    at('curves-open').addEventListener('click', () => this.#openCurves());
    this.#poll.follow();
  }

  /** Sets whose lesson it is; null clears all. */
  async teach(stream) {
    if (stream === this.orders.stream) return;
    Object.assign(this.orders, { stream, isOpen: false });
    const path = stream && `/api/streams/${encodeURIComponent(stream)}`;
    this.path = path;
    if (this.#poll.path) this.#clear();
    this.#poll.path = path && `${path}/classes`;
    if (path) this.#checks ??= new (await import('./checks.js')).Checks(this.orders);
    this.#checks?.teach(this.path);
    this.#curves?.teach(this.path);
  }

  #heard(told) {
    this.#late = Date.now() - told.now;
    this.told = told;
    this.orders.isOpen = true;
    hush(at('link-lost'));
    this.#refresh();
  }

  /** What was told stands as it was; no button does anything until the node tells again. */
  #lost(error) {
    this.orders.isOpen = false;
    const isOver = error instanceof Refused && ['no-lesson', 'no-publisher'].includes(error.key);
    if (isOver) this.#clear();
    else say(at('link-lost'), error instanceof Refused && error.key?.startsWith('token') ? error.key : 'lost');
  }

  #refresh() {
    if (!this.told) return;
    const { classes, floor } = this.told;
    const moment = (at) => new Date(at + this.#late);
    this.strip.show(classes, floor, moment);
    this.floor.show(floor, classes, moment);
    this.questions.show(classes, moment);
    const hands = classes.filter((one) => this.strip.isUp(one));
    this.cue.show(hands.sort((one, other) => one.hand - other.hand));
  }

  #clear() {
    this.told = null;
    for (const one of [this.strip, this.floor, this.questions, this.cue]) one.clear();
    for (const id of ['order', 'link-lost']) hush(at(id));
  }

  async #openCurves() {
    this.#curves ??= new (await import('./curves.js')).Curves();
    this.#curves.teach(this.path);
    this.#curves.toggle();
  }
}
