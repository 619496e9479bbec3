// Keeps one lesson on the screen: connects, notices a frozen picture, connects again.
//
// States told: connecting → live ⇄ frozen | silent | paused → lost → … ; refusals are told by their key.

import { Pause, Refused, sleep, wonder } from './node.js';
import { Session } from './peer.js';

const LOOK = 500;          // ms between two looks at the counters
const EAGER = 50;          // ms between looks before the first frame, so that it is uncovered at once
const STILL = 3000;        // ms without a new frame before we say so
const GIVE_UP = 5000;      // ms without a new frame before we connect again
const WAITING = ['no-publisher', 'too-many'];

export class Player {
  #pause = new Pause();
  #turn = new AbortController();
  #session = null;
  #before = '';

  /** tell(state) shows a sentence; doubt() is called when the link may be gone; `door` is where its streams are. */
  constructor(video, { tell, doubt, refusedSound, door = '/whep/' }) {
    Object.assign(this, { video, tell, doubt, refusedSound, door, stream: null, isPaused: false, isHeld: false });
  }

  play(stream) {
    this.stop();
    this.stream = stream;
    this.#turn = new AbortController();
    this.#keepOn(stream, this.#turn.signal);
  }

  stop() {
    this.#turn.abort();
    this.#session?.close();
    this.#pause.wake();
    Object.assign(this, { stream: null, isPaused: false, isHeld: false, hasPicture: undefined });
    this.video.srcObject = null;
    this.#pause = new Pause();
    this.#before = '';
  }

  /** Ends the session and leaves its last picture standing. */
  hold() {
    this.#turn.abort();
    this.video.pause();
    this.#session?.close();
    this.#pause.wake();
    this.isHeld = true;
  }

  /** Tries again now: the network is back or the lesson has begun. */
  wake() {
    this.#pause.reset();
    this.#pause.wake();
  }

  leave() { this.#session?.close(); }

  async #keepOn(stream, turn) {
    const pause = this.#pause;
    while (!turn.aborted) {
      pause.begin();
      if (!this.#before) this.#say('connecting');
      const seconds = await this.#once(stream, turn, pause);
      if (!turn.aborted) await pause.over(seconds);
    }
  }

  /** Plays until the session breaks; returns the seconds the node asks us to wait, if it does. */
  async #once(stream, turn, pause) {
    const pc = new RTCPeerConnection();
    try {
      for (const kind of ['video', 'audio']) pc.addTransceiver(kind, { direction: 'recvonly' });
      const session = await Session.open(this.door + encodeURIComponent(stream), pc);
      if (turn.aborted) return session.close();
      this.#session = session;
      pause.reset();
      this.#show(pc);
      await this.#watch(session, turn);
      session.close();
      if (!turn.aborted) this.#say('lost');
    } catch (error) {
      pc.close();
      if (!turn.aborted) return this.#explain(error);
    }
    return undefined;
  }

  #explain(error) {
    wonder(error);
    if (!(error instanceof Refused)) {
      this.doubt();
      this.#say('lost');
      return undefined;
    }
    this.#say(error.key ?? 'unknown');
    return WAITING.includes(error.key) ? error.seconds ?? 2 : error.seconds;
  }

  #show(pc) {
    const taken = pc.getTransceivers().filter((one) => one.currentDirection === 'recvonly');
    const tracks = taken.map((one) => one.receiver.track);
    this.hasPicture = tracks.some((track) => track.kind === 'video');
    this.video.srcObject = new MediaStream(tracks);
    this.video.play().catch((error) => error.name === 'NotAllowedError' && this.#playMuted());
  }

  #playMuted() {
    this.video.muted = true;
    this.refusedSound();
    this.video.play().catch(() => {});
  }

  async #watch(session, turn) {
    const counters = new Counters(session.pc, this.hasPicture);
    while (!turn.aborted && !session.isBroken) {
      await counters.look(performance.now());
      if (counters.isBroken && !this.isPaused) return;
      if (counters.hasBegun) this.#say(this.#seen(counters));
      await sleep(counters.hasBegun ? LOOK : EAGER);
    }
  }

  #seen(counters) {
    if (!counters.isStill) return 'live';
    if (this.isPaused) return 'paused';
    if (counters.isSilent) {
      this.doubt();
      return 'silent';
    }
    return 'frozen';
  }

  #say(state) {
    if (state !== this.#before) this.tell(state);
    this.#before = state;
  }
}

/** What arrives and what is shown. A picture that stands still while the sound goes on may be the node saving a poor
    link, so we connect again only when nothing arrives at all, or when pictures arrive but are not shown. */
class Counters {
  #last = { shown: 0, picture: 0, sound: 0 };
  #at;

  constructor(pc, hasPicture) {
    const now = performance.now();
    Object.assign(this, { pc, hasPicture, hasBegun: false });
    this.#at = { shown: now, picture: now, sound: now };
  }

  async look(now) {
    this.now = now;
    for (const one of (await this.pc.getStats()).values()) {
      if (one.type !== 'inbound-rtp') continue;
      if (one.kind === 'audio') this.#note('sound', one.packetsReceived);
      else {
        this.#note('picture', one.packetsReceived);
        this.#note('shown', one.framesDecoded);
      }
    }
    this.hasBegun ||= this.#last[this.#main] > 0 || this.isStill;
  }

  get isStill() { return this.#age(this.#main) > STILL; }

  get isSilent() { return this.#age('sound') > STILL; }

  get isBroken() {
    const isDead = this.#age('sound') > GIVE_UP && this.#age('picture') > GIVE_UP;
    const isStuck = this.hasPicture && this.#age('shown') > GIVE_UP && this.#age('picture') < LOOK * 2;
    return isDead || isStuck;
  }

  get #main() { return this.hasPicture ? 'shown' : 'sound'; }

  #age(what) { return this.now - this.#at[what]; }

  #note(what, count = 0) {
    if (count !== this.#last[what]) this.#at[what] = this.now;
    this.#last[what] = count;
  }
}
