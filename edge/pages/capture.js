// The teacher's camera, microphone and screen, and the one picture made of them; says by a word key what is missing.

import { Devices, opened } from './devices.js';
import { Mix } from './mix.js';

const SCREEN = { frameRate: { ideal: 15, max: 25 } };

export class Capture extends Devices {
  screen = null;
  picture = null;
  #mix = null;
  #parts = [];

  /** changed() is called when the picture, the sound or the list of problems is another one. */
  constructor(changed) {
    super(() => {
      this.#compose();
      changed();
    });
    Object.assign(this, { source: 'camera', isOpen: false });
  }

  get isScreen() { return this.picture !== null && this.picture !== this.camera; }

  async open() {
    await Promise.all([this.use('microphone'), this.use('camera')]);
    this.isOpen = true;
    this.changed();
  }

  /** Shows camera, screen or both; must be called from a click, browsers ask for one before they share a screen. */
  async show(source) {
    const isWanted = source !== 'camera';
    if (isWanted && !this.screen) {
      const found = await opened('screen', () => navigator.mediaDevices.getDisplayMedia({ video: SCREEN }));
      if (found.track) found.track.contentHint = 'detail';
      this.put('screen', found);
    }
    if (!isWanted) {
      this.screen?.stop();
      this.screen = null;
      delete this.problems.screen;
    }
    this.source = this.screen ? source : 'camera';
    this.changed();
  }

  ended(kind) {
    if (kind !== 'screen') return super.ended(kind);
    this.source = 'camera';
    return this.put('screen', { track: null, problem: 'screen-ended' });
  }

  #compose() {
    const parts = [this.screen, this.camera, this.source];
    if (parts.every((one, place) => one === this.#parts[place])) return;
    this.#parts = parts;
    this.#mix?.stop();
    this.#mix = null;
    this.picture = this.screen ?? this.camera;
    if (this.source === 'both' && this.screen && this.camera) this.#blend();
  }

  #blend() {
    try {
      this.#mix = new Mix(this.screen, this.camera);
      this.#mix.track.contentHint = 'detail';
      this.picture = this.#mix.track;
    } catch {
      this.picture = this.screen;                      // no canvas capture: the screen alone is still a lesson
    }
  }
}
