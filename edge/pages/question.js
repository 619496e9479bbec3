// A quick check on the projector: the question, whose cards were read but not what they say, and how many chose what at the end.

import { fileAddress } from './node.js';
import { markedUp } from './markup.js';
import { say } from './words.js';

const STAGES = {
  asked: 'quick-asked',
  reading: 'quick-reading',
  counting: 'quick-counting',
  sent: 'quick-sent',
  ended: 'quick-ended',
  roll: 'roll-reading',
};
const SHAPES = { read: '✓', missing: '○' };
const LARGEST = 1.6;       // all is drawn large first …
const STEP = 0.05;         // … and then smaller, until everything is in sight
const SMALLEST = 0.35;

export class Question {
  #place = make('section', 'question');
  #drawn = '';

  constructor() {
    this.#place.hidden = true;
    document.body.append(this.#place);
    addEventListener('resize', () => this.#fit());
    const spoken = new MutationObserver(() => this.#fit());
    spoken.observe(document.documentElement, { attributeFilter: ['lang'] });
  }

  /** Shows a check, or the cards read for a roll call, or nothing. */
  show(check, roll) {
    const told = check ?? (roll && { stage: 'roll', text: '', choices: [], ...roll });
    document.body.classList.toggle('is-asked', Boolean(told));
    this.#place.hidden = !told;
    if (JSON.stringify(told ?? null) === this.#drawn) return;
    this.#drawn = JSON.stringify(told ?? null);
    if (told) this.#draw(told);
    else this.#place.replaceChildren();
  }

  #draw(told) {
    const before = this.#place.querySelector('img');
    this.#place.dataset.stage = told.stage;
    this.#place.replaceChildren(head(told), body(told, before, () => this.#fit()), choices(told), roster(told));
    this.#fit();
  }

  #fit() {
    for (let scale = LARGEST; scale >= SMALLEST; scale -= STEP) {
      this.#place.style.setProperty('--scale', scale.toFixed(2));
      if (this.#place.scrollHeight <= this.#place.clientHeight && this.#place.scrollWidth <= this.#place.clientWidth) return;
    }
  }
}

function head({ stage, read, missing }) {
  const made = make('header');
  const line = make('p', 'stage');
  line.setAttribute('role', 'status');
  say(line, STAGES[stage] ?? STAGES.asked);
  made.append(spoken('h2', stage === 'roll' ? 'roll-by-cards' : 'quick-check'), line);
  const of = read.length + missing.length;
  if (['reading', 'roll'].includes(stage) && of) made.append(progress(read.length, of));
  return made;
}

function progress(count, of) {
  const made = make('p', 'progress');
  const bar = Object.assign(make('progress'), { max: of, value: count });
  const words = make('span');
  say(words, 'quick-read', { count, of });
  made.append(bar, words);
  return made;
}

function body({ text, markup, picture }, before, fit) {
  const made = make('div', 'asked');
  const question = make('div', 'text');
  question.append(markedUp(markup, text));
  made.append(question);
  if (picture) made.append(image(fileAddress(picture), before, fit));
  return made;
}

/** The picture that is there already is kept: it would flicker with every card. */
function image(address, before, fit) {
  if (before?.getAttribute('src') === address) return before;
  const made = Object.assign(make('img'), { alt: '', src: address });
  made.addEventListener('load', fit);
  made.addEventListener('error', () => made.remove());
  return made;
}

function choices({ stage, choices: all, counts, right }) {
  const made = make('ol', 'choices');
  const most = Math.max(1, ...Object.values(counts ?? {}));
  for (const { letter, text, markup } of all) {
    const one = make('li');
    const sign = Object.assign(make('b'), { textContent: letter });
    const words = make('div', 'text');
    words.append(markedUp(markup, text));
    one.append(sign, words);
    if (stage === 'ended' && counts) one.append(share(counts[letter] ?? 0, most));
    if (stage === 'ended' && right === letter) one.append(verdict(one));
    made.append(one);
  }
  return made;
}

function share(count, most) {
  const made = make('p', 'share');
  const line = make('i');
  line.style.setProperty('--share', (count / most).toFixed(3));
  made.append(line, Object.assign(make('strong'), { textContent: count }));
  return made;
}

function verdict(one) {
  one.dataset.right = 'yes';
  return spoken('em', 'quick-right');
}

/** The numbers of the class list: a shape for those that were read, another for those that are still looked for. */
function roster({ stage, read, missing }) {
  const made = make('ol', 'roster');
  if (!['reading', 'roll'].includes(stage)) return made;
  const seen = new Set(read);
  for (const number of [...read, ...missing].sort((one, other) => one - other)) {
    const one = make('li');
    one.dataset.state = seen.has(number) ? 'read' : 'missing';
    one.append(`${SHAPES[one.dataset.state]} ${number}`);
    made.append(one);
  }
  return made;
}

function make(tag, className = '') { return Object.assign(document.createElement(tag), { className }); }

function spoken(tag, key) {
  const made = make(tag);
  say(made, key);
  return made;
}
