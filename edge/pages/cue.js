// The cue that a hand was raised: a sentence, the title of the tab, and a short chime that can be turned off.

import { recall, remember } from './node.js';
import { hush, say } from './words.js';

const NOTES = [660, 880];  // Hz: two soft notes, clear of a voice
const LENGTH = 0.14;       // s each
const LOUDNESS = 0.12;
const STANDS = 6000;       // ms the sentence of a new hand stands out

const at = (id) => document.getElementById(id);

export class Cue {
  #known = null;           // hands that were up before; null until the node has told once
  #context = null;
  #calm;

  constructor() {
    at('chime').checked = recall('chime') !== 'off';
    at('chime').addEventListener('change', () => remember('chime', at('chime').checked ? 'on' : 'off'));
  }

  /** Takes the raised hands, the oldest first. */
  show(hands) {
    const keys = new Set(hands.map((one) => `${one.node} ${one.hand}`));
    const fresh = this.#known && hands.filter((one) => !this.#known.has(`${one.node} ${one.hand}`));
    this.#known = keys;
    const count = hands.length;
    if (count) say(document.querySelector('title'), 'teach-hands', { count });
    else say(document.querySelector('title'), 'teach');
    if (fresh?.length) this.#call(fresh.at(-1), count);
    else if (!at('said').classList.contains('is-new') || !count) this.#rest(count);
  }

  clear() {
    this.#known = null;
    clearTimeout(this.#calm);
    at('said').classList.remove('is-new');
    hush(at('said'));
    say(document.querySelector('title'), 'teach');
  }

  #call(one, count) {
    say(at('said'), 'hand-new', { name: one.name, count });
    at('said').classList.add('is-new');
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => this.#rest(count), STANDS);
    if (at('chime').checked) this.#chime();
  }

  #rest(count) {
    at('said').classList.remove('is-new');
    if (count) say(at('said'), 'hands-count', { count });
    else say(at('said'), 'hands-none');
  }

  /** Browsers play nothing before the first click; who teaches has made it. */
  #chime() {
    if (navigator.userActivation?.hasBeenActive === false) return;
    this.#context ??= new AudioContext();
    NOTES.forEach((frequency, place) => {
      const begin = this.#context.currentTime + place * LENGTH;
      const tone = new OscillatorNode(this.#context, { frequency });
      const loudness = new GainNode(this.#context, { gain: 0 });
      loudness.gain.setTargetAtTime(LOUDNESS, begin, 0.01);
      loudness.gain.setTargetAtTime(0, begin + LENGTH / 2, 0.03);
      tone.connect(loudness).connect(this.#context.destination);
      tone.start(begin);
      tone.stop(begin + LENGTH * 2);
    });
  }
}
