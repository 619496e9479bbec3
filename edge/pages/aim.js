// Whether somebody aims at something in a part of the page: nothing there may move away under the cursor.

export class Aim {
  #isOver = false;

  /** over() is called when nobody aims any more. */
  constructor(part, over) {
    Object.assign(this, { part, over });
    part.addEventListener('pointerenter', () => { this.#isOver = true; });
    part.addEventListener('pointermove', () => { this.#isOver = true; });
    for (const sign of ['pointerleave', 'pointercancel']) part.addEventListener(sign, () => this.#leave());
    part.addEventListener('focusout', () => setTimeout(() => this.#rest()));   // when the focus has arrived elsewhere
    document.addEventListener('visibilitychange', () => document.hidden && this.#leave());
  }

  /** A focus that a click left behind is not aimed with: browsers do not show it either. */
  get isAimed() { return this.#isOver || this.part.querySelector(':focus-visible') !== null; }

  #leave() {
    this.#isOver = false;
    this.#rest();
  }

  #rest() { if (!this.isAimed) this.over(); }
}
