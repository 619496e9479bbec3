// Plays a recording at a place: one that grows piece by piece through a MediaSource, a finished one as it is.

import { Pause, Refused, ask, fileAddress, sleep, wonder } from './node.js';

const LOOK = 250;          // ms between looks at how far it is
const AHEAD = 30;          // seconds that are kept before the picture …
const KEPT = 90;           // … and behind it: going back half a minute needs nobody
const DRIFT = 2;           // seconds off the place the node tells, from which on we go there, …
const EXACT = 0.3;         // … and while the picture is held
const STILL = 15000;       // ms without a byte until we ask again: a recording that grows brings some every 2 s
const REST = 1;            // seconds before a hole that a browser may leave unplayed
const STALLED = 1500;      // ms without a step forward until the picture counts as stopped
const FAR = 86400;         // seconds no recording is longer than
const FOR_EVER = 2 ** 31 - 1;

export class Shift {
  #turn = new AbortController();
  #fetch = new AbortController();
  #pause = new Pause();
  #buffer = null;
  #moved = 0;
  #last = 0;

  /** tell(state) says tape, held, lost or a refusal; uncovered() is called when there is something to see. */
  constructor(video, { tell, uncovered, refusedSound }) {
    Object.assign(this, { video, tell, uncovered, refusedSound, recording: null, told: null });
    for (const sign of ['playing', 'pause', 'seeked', 'canplay']) video.addEventListener(sign, () => this.#seen(sign));
    video.addEventListener('loadedmetadata', () => this.#aim());
    video.addEventListener('error', () => this.recording && this.tell('codec-unsupported'));
  }

  /** Shows what the node tells; called again whenever that has changed. */
  show(told) {
    this.told = { ...told, since: performance.now() };
    if (told.recording !== this.recording) this.#open(told.recording);
    else this.#steer();
  }

  /** Leaves its last picture standing. */
  hold() {
    this.#turn.abort();
    this.#fetch.abort();
    this.#buffer = this.recording = null;
    this.video.pause();
  }

  stop() {
    this.hold();
    this.video.removeAttribute('src');
    this.video.load();
  }

  get isStalled() { return !this.video.paused && performance.now() - this.#moved > STALLED; }

  get #place() {
    const { at, paused, since } = this.told;
    return paused ? at : at + (performance.now() - since) / 1000;
  }

  #open(recording) {
    this.stop();
    this.recording = recording;
    this.#turn = new AbortController();
    this.#pause = new Pause();
    this.#watch(this.#turn.signal);
    if (this.told.growing && globalThis.MediaSource) this.#keepOn(this.#turn.signal);
    else this.#whole();
  }

  #whole() {
    this.#buffer = null;
    this.video.src = fileAddress(this.told.address || `/recordings/${this.recording}`);
    this.#move();
  }

  #steer() {
    if (this.video.readyState > 0 && Math.abs(this.video.currentTime - this.#place) > DRIFT) this.#aim();
    this.#move();
  }

  #move() {
    this.#moved = performance.now();
    if (this.told.paused) return this.video.pause();
    return this.video.play().catch((error) => {
      if (error.name !== 'NotAllowedError') return;
      this.video.muted = true;
      this.refusedSound();
      this.video.play().catch(() => {});
    });
  }

  /** Goes to the place; what lies there is fetched if it is not here. */
  #aim() {
    const place = this.#place;
    if (this.#buffer && !range(this.video.buffered, place)) {
      this.#isElsewhere = true;
      this.#fetch.abort();
    }
    this.video.currentTime = place;
  }

  #isElsewhere = false;

  #seen(sign) {
    if (this.recording === null || this.video.readyState < 2) return;
    if (['seeked', 'canplay'].includes(sign) && !this.video.paused) return;
    this.#moved = performance.now();
    this.uncovered();
    this.tell(this.video.paused ? 'held' : 'tape');
  }

  // A recording that grows ------------------------------------------------------------------------------------------

  async #keepOn(turn) {
    const source = new MediaSource();
    const address = URL.createObjectURL(source);
    const opened = new Promise((done) => { source.addEventListener('sourceopen', done, { once: true }); });
    this.video.src = address;
    this.#move();
    await opened;
    URL.revokeObjectURL(address);
    source.setLiveSeekableRange?.(0, FAR);              // else a place that is still to come is not gone to
    while (!turn.aborted) {
      this.#pause.begin();
      try {
        if (await this.#feed(source, turn)) return;
        this.#pause.reset();
      } catch (error) {
        if (turn.aborted) return;
        if (this.#isElsewhere) continue;
        wonder(error);
        if (error instanceof Refused) this.tell(error.key ?? 'unknown');
        await this.#pause.over(error.seconds);
      }
    }
  }

  /** Fetches from where the picture stands until the recording has ended: true; or until something breaks. */
  async #feed(source, turn) {
    await this.#room(turn);
    if (this.#isElsewhere) await this.#forget(0, Infinity);
    this.#isElsewhere = false;
    this.#fetch = new AbortController();
    const { signal } = this.#fetch;
    const path = fileAddress(`/recordings/${this.recording}/live`);
    const from = range(this.video.buffered, this.video.currentTime)?.end ?? this.#place;
    const reply = await ask(`${path}${path.includes('?') ? '&' : '?'}from=${from.toFixed(2)}`, { timeout: FOR_EVER, signal });
    if (reply.redirected) {
      this.#fetch.abort();
      this.#whole();
      return true;
    }
    const type = reply.headers.get('Content-Type');
    if (!this.#buffer && !MediaSource.isTypeSupported(type)) throw new Refused(406, { key: 'codec-unsupported' }, 60);
    if (this.#buffer) this.#buffer.abort();
    else this.#buffer = source.addSourceBuffer(type);
    const reader = reply.body.getReader();
    for (;;) {
      const piece = await soon(reader.read(), this.#fetch);
      if (piece.done) break;
      await this.#append(piece.value);
      await this.#room(turn);
      signal.throwIfAborted();
    }
    source.endOfStream();
    return true;
  }

  /** Waits until there is need of more, and lets go of what was seen long ago. */
  async #room(turn) {
    while (!turn.aborted && !this.#isElsewhere) {
      const here = this.video.currentTime;
      if (this.#buffer && this.video.buffered.length && this.video.buffered.start(0) < here - KEPT) {
        await this.#forget(0, here - KEPT / 2);
      }
      if ((range(this.video.buffered, here)?.end ?? here) - here < AHEAD) return;
      await sleep(LOOK);
    }
  }

  async #append(bytes) {
    this.#buffer.appendBuffer(bytes);
    await settled(this.#buffer);
  }

  async #forget(start, end) {
    if (!this.#buffer || !this.video.buffered.length) return;
    this.#buffer.abort();
    this.#buffer.remove(start, end);
    await settled(this.#buffer);
  }

  /** Notices whether the picture moves, and carries it over what was never received. */
  async #watch(turn) {
    while (!turn.aborted) {
      const here = this.video.currentTime;
      if (here !== this.#last) this.#moved = performance.now();
      this.#last = here;
      const place = this.#place;
      const allowed = this.told.paused ? EXACT : DRIFT;
      if (this.#buffer && Math.abs(here - place) > allowed && range(this.video.buffered, place)) this.#aim();
      const left = (range(this.video.buffered, here)?.end ?? here) - here;
      if (this.#buffer && this.isStalled && !this.#isElsewhere && left < REST) {
        const next = starts(this.video.buffered).find((start) => start > here);
        if (next !== undefined) this.video.currentTime = next + 0.01;
      }
      await sleep(LOOK);
    }
  }
}

function range(buffered, at) {
  for (let one = 0; one < buffered.length; one += 1) {
    if (buffered.start(one) <= at + 0.1 && at <= buffered.end(one)) return { start: buffered.start(one), end: buffered.end(one) };
  }
  return undefined;
}

function starts(buffered) { return Array.from({ length: buffered.length }, (_, one) => buffered.start(one)); }

function settled(buffer) {
  if (!buffer.updating) return undefined;
  return new Promise((done) => { buffer.addEventListener('updateend', done, { once: true }); });
}

async function soon(reading, fetching) {
  const late = setTimeout(() => fetching.abort(), STILL);
  try {
    return await reading;
  } finally {
    clearTimeout(late);
  }
}
