// Stills of the camera's full picture, for cards that are read from them: JPEG to the node, never two on the way at once.

import { ask, wonder } from './node.js';

const QUALITY = 0.85;      // at which the black and white fields of a card at the back of the room stay apart
const WORST = 0.5;
const MOST = 2 * 1024 * 1024;   // bytes the node takes
const LATE = 3000;         // ms a still may take; then the next one is worth more

export class Stills {
  #video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  #canvas = document.createElement('canvas');
  #track = null;
  #rate = 0;
  #ticks = null;
  #quality = QUALITY;
  #isBusy = false;

  /** Takes so many a second of a camera's track; without a track, or with 0, nothing is done at all. */
  take(track, rate) {
    const isOn = Boolean(track && rate);
    this.#watch(isOn ? track : null);
    this.#beat(isOn ? rate : 0);
  }

  #watch(track) {
    if (track === this.#track) return;
    this.#track = track;
    this.#video.srcObject = track && new MediaStream([track]);
    if (track) this.#video.play().catch(() => {});
  }

  #beat(rate) {
    if (rate === this.#rate) return;
    this.#rate = rate;
    this.#ticks?.terminate();
    this.#ticks = null;
    if (!rate) return;
    this.#ticks = new Worker('/static/ticks.js');      // the page's own timers sleep while something covers it
    this.#ticks.onmessage = () => this.#still();
    this.#ticks.postMessage(1000 / rate);
  }

  async #still() {
    if (this.#isBusy || !this.#video.videoWidth) return;
    this.#isBusy = true;
    try {
      const body = await this.#picture();
      if (body) await ask('/class/still', { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body, timeout: LATE });
    } catch (error) {
      wonder(error);
    } finally {
      this.#isBusy = false;
    }
  }

  async #picture() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    Object.assign(this.#canvas, { width, height });
    this.#canvas.getContext('2d', { alpha: false }).drawImage(this.#video, 0, 0);
    const made = await new Promise((done) => { this.#canvas.toBlob(done, 'image/jpeg', this.#quality); });
    if (!made || made.size <= MOST) return made;
    this.#quality = Math.max(WORST, this.#quality - 0.1);
    return null;
  }
}
