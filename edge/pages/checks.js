// Quick checks of the lesson: typed or prepared, asked, counted as the schools answer, ended, remembered.

import { Poll } from './poll.js';
import { arrange, hour, kept, made, put } from './rows.js';
import { Sets } from './sets.js';
import { Tally } from './tally.js';
import { hush, say } from './words.js';

const LETTERS = ['A', 'B', 'C', 'D'];
const EAGER = 1000;        // ms between looks while a check runs
const CALM = 3000;         // … and otherwise: it may be asked on another page
const LONGEST = { text: 300, choice: 120 };   // letters, as the node takes them

const at = (id) => document.getElementById(id);

export class Checks {
  #poll = new Poll({ heard: (told) => this.#heard(told), period: CALM });
  #tally = new Tally();
  #past = new Map();
  #running = null;

  constructor(orders) {
    this.orders = orders;
    this.sets = new Sets(orders, (item, number, button) => this.#ask(button, { item, number }));
    at('tally').append(this.#tally.element);
    this.#build();
    orders.wire(at('check-end'), (pressed) => this.#end(pressed));
    orders.wire(at('check-next'), (pressed) => this.#next(pressed));
    at('asking').addEventListener('input', () => this.#look());
    at('asking').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#typed();
    });
    document.addEventListener('visibilitychange', () => this.#follow());
    this.#poll.follow();
  }

  /** Sets where the lesson is; null when there is none. */
  teach(path) {
    this.path = path;
    if (!path) this.#clear();
    this.#follow();
  }

  /** A tab that nobody sees asks for nothing. */
  #follow() { this.#poll.path = this.path && !document.hidden ? `${this.path}/checks` : null; }

  #clear() {
    this.#heard({ running: null, past: [] });
    this.sets.all = [];
  }

  #heard(told) {
    if (told.sets) this.sets.all = told.sets;
    this.#running = told.running;
    const isRunning = Boolean(told.running && !told.running.ended);
    this.#poll.period = isRunning ? EAGER : CALM;
    at('running').hidden = !told.running;
    at('check-end').hidden = !isRunning;
    at('asking').hidden = at('sets').hidden = isRunning;
    if (told.running) this.#show(told.running, isRunning);
    else hush(at('check-status'));
    this.#remember(told.past.filter((one) => one.id !== told.running?.id));
  }

  #show(check, isRunning) {
    say(at('check-status'), isRunning ? 'check-runs' : 'check-ended');
    this.#tally.show(check);
    at('check-next').hidden = isRunning || !check.item || !this.sets.next(check);
  }

  #remember(past) {
    at('past').hidden = !past.length;
    this.#past = kept(this.#past, past, ({ id }) => id, () => {
      const tally = new Tally();
      return Object.assign(made('li', made('details', made('summary', made('time'), made('span')), tally.element)), { tally });
    });
    for (const one of past) {
      const row = this.#past.get(one.id);
      const [time, text] = row.querySelector('summary').children;
      put(time, hour(new Date(one.asked_at)));
      put(text, one.text);
      row.tally.show(one);
    }
    arrange(at('past-list'), [...this.#past.values()]);
  }

  // Asking -----------------------------------------------------------------------------------------------------------

  #build() {
    at('choices').replaceChildren(...LETTERS.map((letter) => {
      const [sign, field, right, radio, word] = ['b', 'input', 'label', 'input', 'span'].map((tag) => made(tag));
      sign.textContent = letter;
      Object.assign(field, { id: `choice-${letter}`, autocomplete: 'off' });
      field.setAttribute('aria-label', letter);
      Object.assign(radio, { type: 'radio', name: 'right', value: letter });
      word.textContent = '✓';
      radio.dataset.wordsLabel = 'check-right';
      right.append(radio, word);
      radio.addEventListener('click', () => this.#unmark(radio));
      return made('li', sign, field, right);
    }));
    at('check-ask').classList.add('order');
    this.orders.ready(at('check-ask'));
    this.#look();
  }

  /** A right answer need not be marked: pressed once more it is not. */
  #unmark(radio) {
    const isAgain = radio.dataset.was === 'checked';
    radio.checked = !isAgain;
    for (const one of at('asking').elements.right) one.dataset.was = one.checked ? 'checked' : '';
  }

  get #choices() { return LETTERS.map((letter) => at(`choice-${letter}`).value.trim()); }

  /** Answers are A, B, C, D without a gap: the second cannot be there without the first. */
  #look() {
    const choices = this.#choices;
    const count = choices.filter(Boolean).length;
    const text = at('check-text').value.trim();
    const isWhole = count >= 2 && choices.slice(0, count).every(Boolean);
    const isShort = letters(text) <= LONGEST.text && choices.every((one) => letters(one) <= LONGEST.choice);
    for (const [place, one] of [...at('asking').elements.right].entries()) {
      one.disabled = !choices[place];
      if (one.disabled) one.checked = false;
    }
    at('check-ask').disabled = !(text && isWhole && isShort);
    put(at('check-count'), `${letters(text)} / ${LONGEST.text}`);
    at('check-count').classList.toggle('is-over', !isShort);
  }

  async #typed() {
    const choices = this.#choices.filter(Boolean);
    const right = [...at('asking').elements.right].find((one) => one.checked)?.value ?? '';
    const isAsked = await this.#ask(at('check-ask'), { text: at('check-text').value.trim(), choices, right });
    if (!isAsked) return;
    at('asking').reset();
    for (const one of at('asking').elements.right) one.dataset.was = '';
    this.#look();
  }

  async #ask(button, check) {
    const isAsked = await this.orders.give(button, 'checks', check);
    if (isAsked) this.#poll.look();
    return isAsked;
  }

  async #end(button) {
    if (await this.orders.give(button, `checks/${encodeURIComponent(this.#running.id)}/end`)) this.#poll.look();
  }

  #next(button) {
    const { item } = this.#running;
    return this.#ask(button, { item, number: this.sets.next(this.#running).number });
  }
}

function letters(text) { return [...text].length; }
