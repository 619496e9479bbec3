// Orders of the teacher to the node. What is so is told by the node alone; a refusal becomes a sentence.

import { Lost, Refused, ask, wonder } from './node.js';
import { hush, say } from './words.js';

const SENTENCES = {
  'no-lesson': 'order-no-lesson',
  'no-publisher': 'order-no-lesson',
  'not-here': 'order-not-here',
  'lesson-elsewhere': 'order-not-here',
  'node-unknown': 'order-node-unknown',
  'class-unknown': 'order-node-unknown',
  'node-elsewhere': 'order-node-elsewhere',
  'question-unknown': 'order-question-unknown',
  'answer-empty': 'order-empty',
  'text-missing': 'order-empty',
  'too-long': 'order-too-long',
  'choices-wrong': 'order-choices-wrong',
  'right-wrong': 'order-choices-wrong',
  'formula-wrong': 'order-formula-wrong',
  'check-runs': 'order-check-runs',
  'no-check': 'order-no-check',
  'not-found': 'order-not-found',
  'disk-full': 'order-not-kept',
  'read-only': 'order-not-kept',
  'journal-broken': 'order-not-kept',
  'token-missing': 'token-missing',
  'token-wrong': 'token-wrong',
  'too-many': 'order-too-many',
};

export class Orders {
  #isOpen = false;

  /** `line` is where a refusal is said; buttons below `part` with the class `order` do nothing while the node is away. */
  constructor(part, line) { Object.assign(this, { part, line, stream: null }); }

  get isOpen() { return this.#isOpen; }

  set isOpen(isOpen) {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.part.dataset.link = isOpen ? 'good' : 'lost';
    for (const button of this.part.querySelectorAll('.order')) this.ready(button);
  }

  /** Shows on a button whether it does anything; it keeps its focus. */
  ready(button) { button.setAttribute('aria-disabled', String(!this.#isOpen)); }

  /** Has a button give an order when it is pressed. */
  wire(button, press) {
    button.classList.add('order');
    this.ready(button);
    button.addEventListener('click', () => press(button));
  }

  /** Gives an order; true when the node has carried it out. */
  async give(button, what, body = {}) {
    if (button.getAttribute('aria-busy') === 'true') return false;
    if (!this.#isOpen) return this.#refuse('order-no-link');
    button.setAttribute('aria-busy', 'true');
    hush(this.line);
    try {
      await ask(`/api/streams/${encodeURIComponent(this.stream)}/${what}`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
      });
      return true;
    } catch (error) {
      wonder(error);
      return this.#explain(error);
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  #explain(error) {
    if (error instanceof Lost) return this.#refuse('order-lost');
    if (!(error instanceof Refused)) return this.#refuse('order-refused');
    return this.#refuse(SENTENCES[error.key] ?? 'order-refused', error.problem);
  }

  #refuse(key, values = {}) {
    say(this.line, key, values);
    return false;
  }
}
