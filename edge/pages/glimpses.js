// The small pictures of the schools that stand on the screen just now; the sessions of all others are given back.

import { Refused, wonder } from './node.js';
import { Session } from './peer.js';

const MOST = 24;           // sessions: more rows than a screen of 1920×1080 shows, few enough for a teacher's PC
const AT_ONCE = 3;         // that are being opened
const DWELL = 250;         // ms in sight until a picture is asked for: who scrolls past asks for none
const LINGER = 1500;       // ms out of sight until it is given back
const STILL = 5000;        // ms without a new frame until the picture is shown as one that stands still
const LOOK = 250;
const SOONEST = 1000;      // ms between two tries, then twice as long each time …
const SLOWEST = 16000;     // … up to this

export class Glimpses {
  #all = new Map();        // glimpse by its <video>
  #observer = new IntersectionObserver((seen) => this.#saw(seen));
  #heldUntil = 0;

  constructor() {
    setInterval(() => this.#review(), LOOK);
    document.addEventListener('visibilitychange', () => this.#review());
    addEventListener('pagehide', () => this.#all.forEach((one) => one.close()));
  }

  /** Says whose picture a <video> is to show, "" for nobody's, and in which lesson. */
  show(video, node, lesson) {
    if (!this.#all.has(video)) {
      this.#all.set(video, new Glimpse(video));
      this.#observer.observe(video);
    }
    const glimpse = this.#all.get(video);
    if (glimpse.node !== node) glimpse.close();
    Object.assign(glimpse, { node, lesson });
  }

  forget(video) {
    this.#observer.unobserve(video);
    this.#all.get(video)?.close();
    this.#all.delete(video);
  }

  #saw(seen) {
    for (const { target, isIntersecting } of seen) this.#all.get(target)?.saw(isIntersecting, performance.now());
  }

  #review() {
    const now = performance.now();
    const all = [...this.#all.values()];
    for (const one of all) one.review(now, document.hidden);
    let free = MOST - all.filter((one) => one.isOpen).length;
    let hands = AT_ONCE - all.filter((one) => one.isOpening).length;
    for (const one of all.filter((each) => each.isDue(now, document.hidden))) {
      if (free <= 0 || hands <= 0 || now < this.#heldUntil) return;
      free -= 1;
      hands -= 1;
      this.#open(one);
    }
  }

  async #open(glimpse) {
    try {
      await glimpse.open();
    } catch (error) {
      wonder(error);
      const isFull = error instanceof Refused && error.key === 'too-many';
      if (isFull) this.#heldUntil = performance.now() + (error.seconds ?? 5) * 1000;
    }
  }
}

/** One small picture: no sound, and nothing is said when it does not come; the row says how the school fares. */
class Glimpse {
  #session = null;
  #turn = 0;               // counts openings and closings: one that was closed meanwhile does not come up
  #pause = SOONEST;
  #due = 0;
  #movedAt = 0;            // when the last frame came; 0 before the first

  constructor(video) { Object.assign(this, { video, node: '', lesson: '', isSeen: false, since: 0, isOpening: false }); }

  get isOpen() { return this.#session !== null || this.isOpening; }

  saw(isSeen, now) { if (isSeen !== this.isSeen) Object.assign(this, { isSeen, since: now }); }

  isDue(now, isHidden) {
    return this.node && this.isSeen && !isHidden && !this.isOpen && now >= this.since + DWELL && now >= this.#due;
  }

  review(now, isHidden) {
    if (!this.isOpen) return;
    const isAway = !this.isSeen && now - this.since > LINGER;
    if (isHidden || isAway || !this.node) this.close();
    else if (this.#session && this.#isBroken) this.#fail(now);
    else if (this.#session) this.#look(now);
  }

  async open() {
    this.#turn += 1;
    const turn = this.#turn;
    const pc = new RTCPeerConnection();
    this.isOpening = true;
    try {
      pc.addTransceiver('video', { direction: 'recvonly' });
      const session = await Session.open(`/class/whep/${this.node}?stream=${encodeURIComponent(this.lesson)}`, pc);
      if (turn !== this.#turn) session.close();
      else this.#take(session);
    } catch (error) {
      pc.close();
      if (turn === this.#turn) this.#later(performance.now(), error.seconds);
      throw error;
    } finally {
      if (turn === this.#turn) this.isOpening = false;
    }
  }

  close() {
    this.#turn += 1;
    this.isOpening = false;
    this.#session?.close();
    this.#session = null;
    this.video.srcObject = null;
    delete this.video.dataset.picture;
  }

  get #isBroken() { return this.#session.isBroken || this.#session.pc.connectionState === 'disconnected'; }

  #take(session) {
    this.#session = session;
    this.#movedAt = 0;
    this.#watch(this.#turn);
    this.video.srcObject = new MediaStream(session.pc.getReceivers().map((one) => one.track));
    this.video.play().catch(() => {});
  }

  /** Counts frames as they are shown: Firefox has no other count of them. */
  #watch(turn) {
    this.video.requestVideoFrameCallback?.(() => {
      if (turn !== this.#turn) return;
      this.#movedAt = performance.now();
      this.#pause = SOONEST;
      this.#watch(turn);
    });
  }

  #look(now) { if (this.#movedAt) this.video.dataset.picture = now - this.#movedAt > STILL ? 'still' : 'live'; }

  #fail(now) {
    this.close();
    this.#later(now);
  }

  #later(now, seconds) {
    this.#due = now + (seconds ? seconds * 1000 : this.#pause);
    this.#pause = Math.min(this.#pause * 2, SLOWEST);
  }
}
