// Who has the floor, beside the lesson: picture and sound in a corner, silent while it is this class itself.

import { Player } from './player.js';
import { say } from './words.js';

const GRACE = 6000;        // ms that a class which was just given the floor may take to be heard
const LOOKS = { live: 'live', frozen: 'sound', paused: 'sound' };
const LINES = { live: 'floor-of', sound: 'floor-sound', connecting: 'floor-connecting' };

export class Speaker {
  #place = document.createElement('aside');
  #video = document.createElement('video');
  #line = document.createElement('p');
  #player;
  #told = null;
  #state = 'connecting';
  #isMuted = false;
  #grace;

  constructor(refusedSound) {
    Object.assign(this.#place, { className: 'floor', hidden: true });
    Object.assign(this.#video, { playsInline: true, disablePictureInPicture: true });
    this.#line.setAttribute('role', 'status');
    this.#place.append(this.#video, this.#line);
    document.body.append(this.#place);
    const tell = (state) => this.#heard(state);
    this.#player = new Player(this.#video, { tell, doubt: () => {}, refusedSound, door: '/floor/whep/' });
  }

  /** Plays as the node says; the session is kept while nobody speaks, so that the next one is heard at once. */
  show(told) {
    const before = this.#told;
    this.#told = told;
    if (told.stream !== (before?.stream ?? '')) this.#turn(told.stream);
    if (told.holder !== before?.holder || told.mine !== before?.mine || told.muted !== before?.muted) this.#pass();
    this.#draw();
  }

  set volume(share) { this.#video.volume = share; }

  set isMuted(isMuted) {
    if (isMuted === this.#isMuted) return;
    this.#isMuted = isMuted;
    this.#hush();
    if (!isMuted) this.#video.play().catch(() => {});
  }

  wake() { this.#player.wake(); }

  leave() { this.#player.leave(); }

  #turn(stream) {
    if (stream) this.#player.play(stream);
    else this.#player.stop();
    this.#player.isPaused = true;                      // until somebody is to be heard, silence is no fault
  }

  /** Somebody else has the floor: the picture before is hidden until there is a new one. */
  #pass() {
    const { holder, mine, muted } = this.#told;
    const isSilent = mine || !holder || Boolean(muted);
    clearTimeout(this.#grace);
    this.#player.isPaused = true;
    if (!isSilent) this.#grace = setTimeout(() => { this.#player.isPaused = false; }, GRACE);
    this.#place.dataset.picture = 'no';
    this.#video.requestVideoFrameCallback?.(() => { this.#place.dataset.picture = 'yes'; });
    this.#hush();
    this.#player.wake();
  }

  #hush() { this.#video.muted = this.#isMuted || Boolean(this.#told?.mine); }

  #heard(state) {
    this.#state = state;
    this.#draw();
  }

  #draw() {
    const { holder, mine, stream } = this.#told;
    const look = mine ? 'mine' : LOOKS[this.#state] ?? 'connecting';
    this.#place.hidden = !stream || !(holder || mine);
    this.#place.dataset.state = look;
    if (mine) say(this.#line, 'floor-mine');
    else say(this.#line, LINES[look], { name: holder });
  }
}
