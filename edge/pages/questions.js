// Questions of the schools: what waits for an answer, the oldest first, then what was answered; text, and never anything else.

import { Aim } from './aim.js';
import { arrange, hour, kept, made, put } from './rows.js';
import { say } from './words.js';

const LONGEST = 300;       // letters of an answer, as the node takes them

const at = (id) => document.getElementById(id);

export class Questions {
  #rows = new Map();
  #told = [];

  constructor(orders, seen) {
    Object.assign(this, { orders, seen });
    this.aim = new Aim(at('questions'), () => this.#settle());
  }

  show(classes, moment) {
    this.moment = moment;
    this.#told = classes.flatMap((school) => school.questions.map((question) => ({ ...question, school })));
    this.refresh();
  }

  clear() {
    this.#told = [];
    this.#settle(true);
  }

  refresh() {
    const asked = this.#told.filter((one) => one.answer || !this.seen.has(one.id));
    const open = asked.filter((one) => !one.answer);
    if (open.length) say(at('asked'), 'questions-open', { count: open.length });
    else say(at('asked'), asked.length ? 'questions-done' : 'questions-none');
    for (const one of asked) if (this.#rows.has(one.id)) this.#fill(this.#rows.get(one.id), one);
    this.#settle();
  }

  #settle(isCleared = false) {
    const asked = this.#told.filter((one) => one.answer || !this.seen.has(one.id));
    asked.sort((one, other) => Boolean(one.answer) - Boolean(other.answer)
      || (one.answer ? other.at - one.at : one.at - other.at));
    if (this.aim.isAimed && !isCleared) this.#wait(asked);
    this.#rows = kept(this.#rows, asked, ({ id }) => id, (one) => this.#fill(this.#row(one), one));
    arrange(at('questions'), [...this.#rows.values()]);
  }

  /** Somebody types or is about to press: what stands stays where it is, new questions come to the end. */
  #wait(asked) {
    const places = new Map([...at('questions').children].map((row, place) => [row.dataset.id, place]));
    const place = ({ id }) => places.get(id) ?? Infinity;
    asked.sort((one, other) => (place(one) === place(other) ? 0 : place(one) - place(other)));
  }

  #row(one) {
    const head = made('p', made('time'), made('strong'));
    const answered = made('p', made('b'), made('span'), made('q'));
    answered.className = 'answered';
    const row = made('li', head, made('q'), answered, this.#form(one.id));
    row.dataset.id = one.id;
    answered.firstChild.textContent = '✓';
    answered.firstChild.setAttribute('aria-hidden', 'true');
    say(answered.children[1], 'question-answered');
    return row;
  }

  #form(id) {
    const [field, count, send] = [made('input'), made('span'), made('button')];
    const form = made('form', field, count, this.#away(id), send);
    field.dataset.wordsLabel = 'answer';
    field.setAttribute('autocomplete', 'off');
    count.className = 'count';
    send.className = 'order';
    say(send, 'answer-send');
    const look = () => {
      const letters = [...field.value.trim()].length;
      put(count, `${letters} / ${LONGEST}`);
      count.classList.toggle('is-over', letters > LONGEST);
      send.disabled = letters === 0 || letters > LONGEST;
    };
    field.addEventListener('input', look);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#answer(send, id, field.value.trim());
    });
    this.orders.ready(send);
    look();
    return form;
  }

  #away(id) {
    const away = made('button');
    Object.assign(away, { type: 'button', className: 'away' });
    say(away, 'question-read');
    away.addEventListener('click', () => this.seen.putAway(id));
    return away;
  }

  #answer(button, id, text) { return this.orders.give(button, 'answers', { question: id, text }); }

  #fill(row, one) {
    const [head, asked, answered, form] = row.children;
    put(head.firstChild, hour(this.moment(one.at)));
    put(head.lastChild, [one.school.name, one.school.class].filter(Boolean).join(' · '));
    put(asked, one.text);
    row.dataset.state = one.answer ? 'answered' : 'open';
    answered.hidden = !one.answer;
    put(answered.lastChild, one.answer);
    form.hidden = Boolean(one.answer);
    return row;
  }
}
