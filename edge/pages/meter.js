// How loud the microphone is, from 0 to 100, and a word for it.

const SILENT = -55;        // dBFS: below it there is nothing but noise
const QUIET = -38;
const LOUD = -5;
const HOLD = 2000;         // ms a loud moment counts, so that the word does not flicker between syllables

export class Meter {
  #context = null;
  #source = null;
  #heard = [];

  /** draw(level 0…100, word key) is called about 20 times a second. */
  constructor(draw) {
    this.draw = draw;
    setInterval(() => this.#look(), 50);
    for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, () => this.#context?.resume());
  }

  listen(track) {
    if (track === this.track) return;
    this.track = track;
    this.#source?.disconnect();
    this.#source = null;
    if (!track) return;
    this.#context ??= new AudioContext();
    this.analyser ??= new AnalyserNode(this.#context, { fftSize: 2048 });
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  #look() {
    const now = performance.now();
    this.#heard = this.#heard.filter(([when]) => now - when < HOLD);
    this.#heard.push([now, this.#source ? this.#loudness() : -Infinity]);
    const loudest = Math.max(...this.#heard.map(([, level]) => level));
    const level = this.#heard.at(-1)[1];
    const isAsleep = this.#source && this.#context.state !== 'running';
    this.draw(Math.round(Math.min(100, Math.max(0, (level + 60) / 0.6))), isAsleep ? excuse() : word(loudest));
  }

  #loudness() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, one) => sum + one * one, 0) / this.samples.length;
    return 10 * Math.log10(power + 1e-12);
  }
}

/** Browsers may want a click first; Firefox does not measure at all on a computer without a sound output. */
function excuse() {
  return navigator.userActivation?.hasBeenActive === false ? 'sound-asleep' : 'sound-unmeasured';
}

function word(level) {
  if (level < SILENT) return 'sound-silent';
  if (level < QUIET) return 'sound-quiet';
  return level > LOUD ? 'sound-loud' : 'sound-good';
}
