// The teacher's camera, microphone and screen: opens them, remembers them, says by a word key what is missing.

import { Mix } from './mix.js';
import { recall, remember } from './node.js';

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };
const MICROPHONE = { channelCount: { ideal: 1 }, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const SCREEN = { frameRate: { ideal: 15, max: 25 } };

const PROBLEMS = {
  NotAllowedError: { camera: 'permission-denied', microphone: 'permission-denied', screen: 'screen-refused' },
  NotFoundError: { camera: 'no-camera', microphone: 'no-microphone', screen: 'screen-refused' },
  NotReadableError: { camera: 'camera-busy', microphone: 'microphone-busy', screen: 'screen-refused' },
};

export class Capture {
  camera = null;
  microphone = null;
  screen = null;
  picture = null;
  problems = {};
  #mix = null;

  /** changed() is called when the picture, the sound or the list of problems is another one. */
  constructor(changed) {
    this.changed = changed;
    Object.assign(this, { source: 'camera', isOpen: false });
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#mend());
  }

  get isScreen() { return this.picture !== null && this.picture !== this.camera; }

  async open() {
    await Promise.all([this.use('microphone'), this.use('camera')]);
    this.isOpen = true;
    this.changed();
  }

  async use(kind, device = recall(kind)) {
    if (device) remember(kind, device);
    this[kind]?.stop();
    const chosen = device ? { deviceId: { ideal: device } } : {};
    const wish = kind === 'camera' ? { video: { ...CAMERA, ...chosen } } : { audio: { ...MICROPHONE, ...chosen } };
    this[kind] = await this.#ask(kind, () => navigator.mediaDevices.getUserMedia(wish));
    this.#compose();
  }

  /** Shows camera, screen or both; must be called from a click, browsers ask for one before they share a screen. */
  async show(source) {
    const isWanted = source !== 'camera';
    if (isWanted && !this.screen) {
      this.screen = await this.#ask('screen', () => navigator.mediaDevices.getDisplayMedia({ video: SCREEN }));
      if (this.screen) this.screen.contentHint = 'detail';
    }
    if (!isWanted) {
      this.screen?.stop();
      this.screen = null;
      delete this.problems.screen;
    }
    this.source = this.screen ? source : 'camera';
    this.#compose();
  }

  async devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return {
      camera: all.filter((one) => one.kind === 'videoinput'),
      microphone: all.filter((one) => one.kind === 'audioinput'),
    };
  }

  async #ask(kind, open) {
    try {
      const [track] = (await open()).getTracks();
      delete this.problems[kind];
      track.addEventListener('ended', () => this.#ended(kind, track));
      return track;
    } catch (error) {
      const fallback = { camera: 'no-camera', microphone: 'no-microphone', screen: 'screen-refused' };
      this.problems[kind] = (PROBLEMS[error.name] ?? fallback)[kind];
      return null;
    }
  }

  #ended(kind, track) {
    if (this[kind] !== track) return;
    this[kind] = null;
    this.problems[kind] = { camera: 'no-camera', microphone: 'no-microphone', screen: 'screen-ended' }[kind];
    if (kind === 'screen') this.source = 'camera';
    this.#compose();
  }

  /** A camera or microphone that was pulled out comes back by itself when it is put in again. */
  async #mend() {
    for (const kind of ['camera', 'microphone']) {
      const isGone = !this[kind] && this.problems[kind] !== 'permission-denied';
      if (isGone && (await this.devices())[kind].length) await this.use(kind);
    }
    this.changed();
  }

  #compose() {
    this.#mix?.stop();
    this.#mix = null;
    this.picture = this.screen ?? this.camera;
    if (this.source === 'both' && this.screen && this.camera) this.#blend();
    this.changed();
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
