// Camera and microphone of this computer: opens them, closes them for certain, has them back when they are put in again.

import { recall, remember } from './node.js';

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };
const MICROPHONE = { channelCount: { ideal: 1 }, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const KINDS = ['camera', 'microphone'];

const NONE = { camera: 'no-camera', microphone: 'no-microphone', screen: 'screen-refused' };
const BUSY = { camera: 'camera-busy', microphone: 'microphone-busy', screen: 'screen-refused' };
const PROBLEMS = {
  NotAllowedError: { camera: 'permission-denied', microphone: 'permission-denied', screen: 'screen-refused' },
  NotFoundError: NONE,
  NotReadableError: BUSY,
  AbortError: BUSY,                                    // Firefox, when the device does not start
};

export class Devices {
  camera = null;
  microphone = null;
  problems = {};
  #wanted = new Set();
  #turns = { camera: 0, microphone: 0 };               // counted up by every wish: what comes for an older one is stopped
  #pending = { camera: 0, microphone: 0 };             // the turn that the browser has not answered yet

  /** changed() is called when a device is another one, or what is wrong with one. */
  constructor(changed, camera = CAMERA) {
    Object.assign(this, { changed, wishes: { camera, microphone: MICROPHONE } });
    navigator.mediaDevices?.addEventListener('devicechange', () => this.mend());
    for (const kind of KINDS) this.#hear(kind);
  }

  isWanted(kind) { return this.#wanted.has(kind); }

  isPending(kind) { return this.#pending[kind] !== 0; }

  async use(kind, device = recall(kind)) {
    if (device) remember(kind, device);
    this.#drop(kind);
    this.#wanted.add(kind);
    const turn = this.#turns[kind];
    this.#pending[kind] = turn;
    const wish = { ...this.wishes[kind], ...(device ? { deviceId: { ideal: device } } : {}) };
    const asked = { [kind === 'camera' ? 'video' : 'audio']: wish };
    const found = await opened(kind, () => navigator.mediaDevices.getUserMedia(asked));
    if (turn !== this.#turns[kind]) {
      found.track?.stop();
      return;
    }
    this.#pending[kind] = 0;
    this.put(kind, found);
  }

  /** Turns a device off for certain, also one that is just being opened. */
  close(kind) {
    this.#drop(kind);
    this.#wanted.delete(kind);
    this.#pending[kind] = 0;
    delete this.problems[kind];
    this.changed();
  }

  async devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return {
      camera: all.filter((one) => one.kind === 'videoinput'),
      microphone: all.filter((one) => one.kind === 'audioinput'),
    };
  }

  /** Opens again what was pulled out, or in use elsewhere, and is here now. */
  async mend() {
    for (const kind of KINDS) {
      if (this.#isGone(kind) && (await this.devices())[kind].length && this.#isGone(kind)) await this.use(kind);
    }
    this.changed();
  }

  /** Takes a track, or the word key of why there is none. */
  put(kind, { track, problem }) {
    this[kind] = track;
    delete this.problems[kind];
    if (problem) this.problems[kind] = problem;
    if (track) track.onended = () => this[kind] === track && this.ended(kind);
    this.changed();
  }

  ended(kind) { this.put(kind, { track: null, problem: NONE[kind] }); }

  #isGone(kind) {
    const isRefused = this.problems[kind] === 'permission-denied';
    return this.isWanted(kind) && !this[kind] && !this.isPending(kind) && !isRefused;
  }

  #drop(kind) {
    this.#turns[kind] += 1;
    this[kind]?.stop();
    this[kind] = null;
  }

  /** Tries again as soon as somebody allows in the browser what was refused. */
  async #hear(kind) {
    const said = await navigator.permissions?.query({ name: kind }).catch(() => null);    // not every browser tells
    said?.addEventListener('change', () => {
      if (said.state === 'granted' && this.isWanted(kind) && !this[kind] && !this.isPending(kind)) this.use(kind);
    });
  }
}

export async function opened(kind, open) {
  try {
    const [track] = (await open()).getTracks();
    return { track };
  } catch (error) {
    return { track: null, problem: (PROBLEMS[error.name] ?? NONE)[kind] };
  }
}
