// One quick check: its question, how far each school is, the answers of all as bars, and which was right.

import { markedUp } from './markup.js';
import { fileAddress } from './node.js';
import { arrange, kept, made, put } from './rows.js';
import { hush, say } from './words.js';

const STAGES = {
  asked: ['◷', 'stage-asked'],
  reading: ['▲', 'stage-reading'],
  counting: ['▲', 'stage-counting'],
  answered: ['✓', 'stage-answered'],
  busy: ['◷', 'stage-busy'],
  idle: ['–', 'stage-idle'],
  away: ['○', 'stage-away'],
};

/** A question as it is shown to be chosen, asked or remembered. */
export class Sheet {
  #told = '';

  constructor() {
    this.text = made('div');
    this.picture = made('img');
    this.choices = made('ol');
    this.text.className = 'question';
    this.choices.className = 'choices';
    this.picture.alt = '';
    this.element = made('div', this.text, this.picture, this.choices);
    this.element.className = 'sheet-of-paper';
  }

  show(question) {
    const told = JSON.stringify([question.text, question.markup, question.picture, question.choices, question.right]);
    if (told === this.#told) return;
    this.#told = told;
    this.text.replaceChildren(markedUp(question.markup, question.text));
    this.picture.hidden = !isOurs(question.picture);
    if (isOurs(question.picture)) this.picture.src = fileAddress(question.picture);
    this.choices.replaceChildren(...question.choices.map((choice) => {
      const sign = made('b');
      const text = made('span');
      sign.textContent = choice.letter;
      text.append(markedUp(choice.markup, choice.text));
      const row = made('li', sign, text);
      if (choice.letter === question.right) row.append(rightSign());
      return row;
    }));
  }
}

export class Tally {
  #bars = new Map();
  #rows = new Map();

  constructor() {
    this.sheet = new Sheet();
    this.bars = made('ul');
    this.count = made('p');
    this.list = made('ul');
    this.elsewhere = made('p');
    this.bars.className = 'bars';
    this.list.className = 'progress';
    this.element = made('div', this.sheet.element, this.count, this.bars, this.list, this.elsewhere);
    this.element.className = 'tally';
    this.elsewhere.className = 'elsewhere';
  }

  show(check) {
    this.sheet.show(check);
    const { classes, totals } = check;
    const [answered, asked] = [classes.filter((one) => one.stage === 'answered').length, classes.length];
    if (asked) say(this.count, 'check-answered', { count: answered, asked });
    else hush(this.count);
    const pupils = Object.values(totals).reduce((sum, one) => sum + one, 0);
    this.#bars = kept(this.#bars, check.choices, ({ letter }) => letter, () => bar());
    for (const { letter } of check.choices) this.#draw(this.#bars.get(letter), letter, totals[letter] ?? 0, pupils, check.right);
    arrange(this.bars, [...this.#bars.values()]);
    this.#list(classes, check.choices);
    if (check.elsewhere) say(this.elsewhere, 'check-elsewhere', { count: check.elsewhere });
    else hush(this.elsewhere);
  }

  #draw(row, letter, count, pupils, right) {
    const percent = pupils ? Math.round((100 * count) / pupils) : 0;
    const [sign, track, word] = row.children;
    put(sign, letter === right ? `${letter} ✓` : letter);
    row.classList.toggle('is-right', letter === right);
    track.firstChild.style.setProperty('--share', `${percent}%`);
    say(word, 'check-share', { count, percent });
  }

  #list(classes, choices) {
    const { compare } = new Intl.Collator(document.documentElement.lang);
    const sorted = [...classes].sort((one, other) => compare(one.name, other.name) || compare(one.node, other.node));
    const row = () => made('li', made('b'), made('strong'), made('span'), made('em'), made('span'));
    this.#rows = kept(this.#rows, sorted, ({ node }) => node, row);
    for (const one of sorted) {
      const [shape, name, word, bare, counts] = this.#rows.get(one.node).children;
      const [sign, key] = STAGES[one.stage] ?? STAGES.asked;
      this.#rows.get(one.node).dataset.stage = one.stage;
      shape.setAttribute('aria-hidden', 'true');
      put(shape, sign);
      put(name, one.name);
      say(word, key, { read: one.read, of: one.of });
      if (one.bare) say(bare, 'stage-bare');
      else hush(bare);
      put(counts, one.stage === 'answered' ? choices.map(({ letter }) => `${letter} ${one.counts[letter] ?? 0}`).join('  ') : '');
    }
    arrange(this.list, [...this.#rows.values()]);
  }
}

function bar() {
  const track = made('div', made('i'));
  track.className = 'track';
  return made('li', made('b'), track, made('span'));
}

function rightSign() {
  const sign = made('em');
  say(sign, 'check-right');
  return sign;
}

/** Pictures come from this node or not at all. */
function isOurs(address) { return typeof address === 'string' && /^\/(?!\/)/.test(address); }
