// The screen with the camera in its corner, drawn on a canvas and sent as one picture.

const FRAMES = 20;         // a second: enough for a speaking face, half the work of 40
const LARGEST = { width: 1920, height: 1080 };
const INSET = 0.22;        // of the width
const MARGIN = 0.015;

export class Mix {
  #ticks = new Worker('/static/ticks.js');
  #canvas = document.createElement('canvas');

  constructor(screen, camera) {
    this.screen = player(screen);
    this.camera = player(camera);
    const { width = 1280, height = 720 } = screen.getSettings();
    this.#fit(width, height);
    this.context = this.#canvas.getContext('2d', { alpha: false });
    [this.track] = this.#canvas.captureStream(FRAMES).getVideoTracks();
    this.#ticks.onmessage = () => this.#draw();
    this.#ticks.postMessage(1000 / FRAMES);
  }

  stop() {
    this.#ticks.terminate();
    this.track.stop();
    for (const one of [this.screen, this.camera]) one.srcObject = null;
  }

  #fit(width, height) {
    const scale = Math.min(1, LARGEST.width / width, LARGEST.height / height);
    const [wide, high] = [even(width * scale), even(height * scale)];
    if (this.#canvas.width !== wide) this.#canvas.width = wide;          // setting a size clears the canvas
    if (this.#canvas.height !== high) this.#canvas.height = high;
  }

  #draw() {
    if (!this.screen.videoWidth) return;
    this.#fit(this.screen.videoWidth, this.screen.videoHeight);          // a shared window may change its size
    const { width, height } = this.#canvas;
    this.context.drawImage(this.screen, 0, 0, width, height);
    if (!this.camera.videoWidth) return;
    const wide = width * INSET;
    const high = wide * (this.camera.videoHeight / this.camera.videoWidth);
    const gap = width * MARGIN;
    this.context.drawImage(this.camera, width - wide - gap, height - high - gap, wide, high);
  }
}

function player(track) {
  const made = document.createElement('video');
  Object.assign(made, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
  made.play().catch(() => {});
  return made;
}

function even(size) { return Math.max(2, Math.round(size / 2) * 2); }
