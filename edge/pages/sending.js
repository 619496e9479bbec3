// The class's camera and microphone: opened and closed as the node says, sent to it, and what is wrong with them.

import { Devices } from './devices.js';
import { wonder } from './node.js';
import { Publisher, encoding } from './publisher.js';

const CAMERA = { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 15, max: 30 } };   // cards are small
const KINDS = ['camera', 'microphone'];
const AGAIN = 5000;        // ms between tries while a device is missing or in use elsewhere
const SLOW = 1500;         // ms until we say that the browser waits for somebody to allow it

const STATES = {
  'permission-denied': 'denied',
  'camera-busy': 'busy',
  'microphone-busy': 'busy',
};
const SENTENCES = {
  'permission-denied': 'class-denied',
  'camera-busy': 'class-camera-busy',
  'microphone-busy': 'class-microphone-busy',
  'no-camera': 'class-no-camera',
  'no-microphone': 'class-no-microphone',
};

export class Sending {
  #devices = new Devices(() => this.#turned(), CAMERA);
  #publisher;
  #stills = null;
  #wish = null;
  #isSending = false;
  #isSlow = false;

  /** changed() is called when what is open, or what is wrong, is another. */
  constructor(changed) {
    this.changed = changed;
    const devices = this.#devices;
    const capture = { get picture() { return devices.camera; }, get microphone() { return devices.microphone; } };
    this.#publisher = new Publisher(capture, () => {}, { encode: () => this.#encoding(), isStanding: true });
    setInterval(() => this.#isMissing && devices.mend(), AGAIN);
  }

  /** Does as the node says: null for nothing at all. */
  follow(told) {
    const wish = navigator.mediaDevices ? told : null; // a browser gives them only to pages of this computer, and of HTTPS
    if (JSON.stringify(wish) === JSON.stringify(this.#wish)) return;
    this.#wish = wish;
    for (const kind of KINDS) this.#switch(kind, Boolean(wish?.[kind]));
    this.#turned();
  }

  /** What a page says of a device: good, missing, denied, busy or off. */
  state(kind) {
    if (!this.#devices.isWanted(kind)) return 'off';
    if (this.#devices[kind]) return 'good';
    const problem = this.#devices.problems[kind];
    return problem ? STATES[problem] ?? 'missing' : 'off';
  }

  /** Word keys of what people should know. */
  get sentences() {
    const problems = KINDS.map((kind) => SENTENCES[this.#devices.problems[kind]]).filter(Boolean);
    const isAsked = this.#isSlow && KINDS.some((kind) => this.#devices.isPending(kind));
    return [...new Set(isAsked ? ['class-asks'] : problems)];
  }

  /** Asks the browser for everything that is missing, also for what was refused. */
  retry() {
    for (const kind of KINDS) {
      const isMissing = this.#devices.isWanted(kind) && !this.#devices[kind] && !this.#devices.isPending(kind);
      if (isMissing) this.#open(kind);
    }
  }

  wake() { this.#publisher.wake(); }

  leave() { this.#publisher.leave(); }

  get #isMissing() { return KINDS.some((kind) => ['missing', 'busy'].includes(this.state(kind))); }

  #switch(kind, isOn) {
    if (isOn === this.#devices.isWanted(kind)) return;
    if (isOn) this.#open(kind);
    else this.#devices.close(kind);
  }

  #open(kind) {
    this.#isSlow = false;
    this.#devices.use(kind);
    setTimeout(() => {
      this.#isSlow = this.#devices.isPending(kind);
      if (this.#isSlow) this.changed();
    }, SLOW);
  }

  #turned() {
    const isWanted = KINDS.some((kind) => this.#devices.isWanted(kind));
    const isOpen = KINDS.some((kind) => this.#devices[kind]);
    if (isWanted && isOpen && !this.#isSending) this.#publisher.start('/class/whip', 'VP8');
    if (!isWanted && this.#isSending) this.#publisher.stop();
    this.#isSending = isWanted && (isOpen || this.#isSending);
    this.#publisher.refresh().catch(() => {});         // the session broke just now and is being built again
    this.#take();
    this.changed();
  }

  #encoding() {
    const { picture = false, height = 90, fps = 5, bits = 100000 } = this.#wish ?? {};
    return { active: picture, ...encoding(this.#devices.camera, height, fps, bits) };
  }

  async #take() {
    if (!this.#stills && !this.#wish?.stills) return;
    try {
      this.#stills ??= import('./stills.js').then((part) => new part.Stills());
      (await this.#stills).take(this.#devices.camera, this.#wish?.stills ?? 0);
    } catch (error) {
      this.#stills = null;
      wonder(error);
    }
  }
}
