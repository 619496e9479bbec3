// The floor: who has it and since when, its picture large and its sound, as the node tells; it is taken back here.

import { Player } from './player.js';
import { put } from './rows.js';
import { clock, hush, say } from './words.js';

const TICK = 500;
const WAITING = 'floor-waiting';
const SENTENCES = { live: '', frozen: 'frozen', silent: WAITING, paused: '', 'codec-unsupported': 'codec-unsupported' };

const at = (id) => document.getElementById(id);

export class Floor {
  #since = 0;
  #node = '';
  #one = null;             // the row of who has it; none where that one is not in the strip
  #state = '';             // of the player

  constructor(orders) {
    this.orders = orders;
    this.player = new Player(at('floor-picture'), {
      door: '/floor/whep/',
      tell: (state) => this.#heard(state),
      doubt: () => {},
      refusedSound: () => this.#showSound(),
    });
    orders.wire(at('floor-back'), (pressed) => orders.give(pressed, 'floor', { node: '' }));
    orders.wire(at('floor-mute'), (pressed) => {
      orders.give(pressed, 'mute', { node: this.#node, on: pressed.getAttribute('aria-pressed') !== 'true' });
    });
    at('floor-sound').addEventListener('click', () => this.#listen(at('floor-picture').muted));
    addEventListener('pagehide', () => this.player.leave());
    setInterval(() => this.#tick(), TICK);
  }

  /** Shows who has the floor, as the node tells it. */
  show(floor, classes, moment) {
    const isMuted = floor.muted || floor.mutes.includes('*') || floor.mutes.includes(floor.holder);
    this.#node = floor.holder;
    this.#since = floor.holder ? moment(floor.since).getTime() : 0;
    at('floor').dataset.state = floor.holder ? 'held' : 'free';
    for (const id of ['floor-back', 'floor-mute', 'floor-sound']) at(id).hidden = !floor.holder;
    this.#one = floor.holder ? classes.find((one) => one.node === floor.holder) : null;
    this.#name(this.#one);
    at('floor-mute').setAttribute('aria-pressed', String(isMuted));
    say(at('floor-mute'), isMuted ? 'unmute' : 'mute');
    at('floor-muted').hidden = !(floor.holder && isMuted);
    this.player.isPaused = isMuted;                    // nothing comes while it is muted: no reason to connect anew
    this.#play(floor.holder ? this.orders.stream : null);
    this.#explain();
    this.#tick();
  }

  clear() { this.show({ holder: '', since: 0, muted: false, mutes: [] }, [], () => new Date(0)); }

  #name(one) {
    if (!this.#node) say(at('floor-who'), 'floor-free');
    else if (one) {
      delete at('floor-who').dataset.words;
      put(at('floor-who'), one.name);
    } else say(at('floor-who'), 'floor-somebody');
  }

  #play(stream) {
    if (stream === this.player.stream) return;
    if (stream) this.player.play(stream);
    else {
      this.player.stop();
      this.#state = '';
    }
    this.#showSound();
  }

  #heard(state) {
    this.#state = state;
    at('floor').dataset.picture = state;
    this.#explain();
  }

  /** Says why the school is not heard or not seen: what is missing there, else what comes of it. */
  #explain() {
    const key = missing(this.#one) || (this.#state && (SENTENCES[this.#state] ?? WAITING));
    if (!key) hush(at('floor-status'));
    else if (at('floor-status').dataset.words !== key) say(at('floor-status'), key);
  }

  #listen(isHeard) {
    const video = at('floor-picture');
    video.muted = !isHeard;
    if (isHeard) video.play().catch(() => {});
    this.#showSound();
  }

  #showSound() {
    const isMuted = at('floor-picture').muted;
    say(at('floor-sound'), isMuted ? 'sound-on' : 'sound-off');
    at('floor-sound').classList.toggle('wanted', isMuted);
  }

  #tick() {
    const seconds = Math.max(0, (Date.now() - this.#since) / 1000);
    put(at('floor-since'), this.#since ? clock(seconds) : '');
  }
}

/** What a class lacks to be seen and heard, as a sentence; both tracks come, whatever is behind them. */
function missing(one) {
  if (!one || (one.camera && one.microphone)) return '';
  if (one.camera) return 'floor-no-sound';
  return one.microphone ? 'floor-no-picture' : 'floor-no-devices';
}
