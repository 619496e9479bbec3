// The class's own side of the lesson: what it sends, who else is heard, what is asked of it, and its lamps.

import { wonder } from './node.js';
import { say } from './words.js';

const DARK = { seen: false, heard: false, muted: false };
const UNTRIED = ['class-asks', 'class-elsewhere'];   // what no second try helps against
const NOBODY = { stream: '', holder: '', mine: false };

export class Classroom {
  #parts = {};               // promises of what is fetched only when there is need of it
  #told = null;
  #sending = null;
  #place = document.createElement('aside');
  #lamps = document.createElement('div');
  #troubles = document.createElement('div');

  /** refusedSound() is called when the browser wants a click first; changed() when `report` is another. */
  constructor({ refusedSound, changed }) {
    Object.assign(this, { refusedSound, changed, isMuted: false });
    Object.assign(this.#place, { className: 'class', hidden: true });
    this.#lamps.className = 'lamps';
    this.#lamps.setAttribute('role', 'status');
    this.#troubles.className = 'troubles';
    this.#troubles.setAttribute('role', 'alert');
    this.#place.append(this.#lamps, this.#troubles);
    document.body.append(this.#place);
    dress();
  }

  /** Shows what the node tells; called again after every answer of it. */
  show(told) {
    this.#told = told;
    this.#light(told.lamps ?? DARK);
    this.#complain();
    if (told.capture || this.#parts.sending) this.#with('sending', (sending) => sending.follow(this.#told.capture));
    if (told.floor?.stream || this.#parts.speaker) this.#with('speaker', (speaker) => this.#listen(speaker));
    if (told.check || told.roll || this.#parts.question) {
      this.#with('question', (question) => question.show(this.#told.check, this.#told.roll));
    }
  }

  /** What the page says of its camera and microphone; nothing where it has none to look after. */
  get report() {
    if (!this.#sending) return {};
    return { camera: this.#sending.state('camera'), microphone: this.#sending.state('microphone') };
  }

  mute(isMuted) {
    this.isMuted = isMuted;
    if (this.#parts.speaker) this.#with('speaker', (speaker) => this.#listen(speaker));
  }

  wake() {
    for (const part of Object.values(this.#parts)) part.then((one) => one.wake?.(), () => {});
  }

  leave() {
    for (const part of Object.values(this.#parts)) part.then((one) => one.leave?.(), () => {});
  }

  #listen(speaker) {
    speaker.isMuted = this.isMuted;
    if (this.#told.volume !== null) speaker.volume = this.#told.volume / 100;
    speaker.show(this.#told.floor ?? NOBODY);
  }

  async #with(name, use) {
    try {
      this.#parts[name] ??= this.#fetch(name);
      use(await this.#parts[name]);
    } catch (error) {
      delete this.#parts[name];
      wonder(error);
    }
  }

  async #fetch(name) {
    if (name === 'speaker') return new (await import('./speaker.js')).Speaker(this.refusedSound);
    if (name === 'question') return new (await import('./question.js')).Question();
    const { Sending } = await import('./sending.js');
    this.#sending = new Sending(() => this.#changed());
    return this.#sending;
  }

  /** Whether another page of this computer has camera and microphone, or would have them open. */
  get #isElsewhere() { return Object.values(this.#told.elsewhere ?? {}).includes(true); }

  #changed() {
    this.#complain();
    this.changed();
  }

  #complain() {
    const keys = this.#isElsewhere ? ['class-elsewhere'] : this.#sending?.sentences ?? [];
    if (keys.join() === (this.#troubles.dataset.keys ?? '')) return;
    this.#troubles.dataset.keys = keys.join();
    const lines = keys.map((key) => spoken('p', key));
    const again = spoken('button', 'class-again');
    again.type = 'button';
    again.addEventListener('click', () => this.#sending.retry());
    this.#troubles.replaceChildren(...lines, ...(keys.some((key) => !UNTRIED.includes(key)) ? [again] : []));
  }

  /** Both lamps are shown where one of them may be lit: a dark one says as much as a light one. */
  #light({ seen, heard, muted }) {
    this.#lamps.hidden = !(seen || heard || muted || this.#told.capture || this.#isElsewhere);
    const lit = { seen: seen ? 'on' : 'off', heard: muted ? 'muted' : heard ? 'on' : 'off' };
    if (this.#lamps.dataset.seen === lit.seen && this.#lamps.dataset.heard === lit.heard) return;
    Object.assign(this.#lamps.dataset, lit);
    this.#lamps.replaceChildren(...Object.entries(lit).map(([name, state]) => lamp(name, state)));
  }
}

const SHAPES = { on: '●', off: '○', muted: '▽' };
const WORDS = {
  seen: { on: 'class-seen', off: 'class-unseen' },
  heard: { on: 'class-heard', off: 'class-unheard', muted: 'class-muted' },
};

function lamp(name, state) {
  const made = document.createElement('p');
  const shape = document.createElement('b');
  Object.assign(made.dataset, { lamp: name, state });
  shape.setAttribute('aria-hidden', 'true');
  shape.textContent = SHAPES[state];
  made.append(shape, spoken('span', WORDS[name][state]));
  return made;
}

function spoken(tag, key) {
  const made = document.createElement(tag);
  say(made, key);
  return made;
}

/** Fetches the style of all this; nothing is shown before. */
function dress() {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/static/class.css' });
  const shown = () => document.querySelector('.class').removeAttribute('hidden');
  link.addEventListener('load', shown);
  link.addEventListener('error', shown);
  document.head.append(link);
}
