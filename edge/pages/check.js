// The check page: shows on the projector what camera and microphone give, and reports it to the teacher's screen.

import { Capture } from './capture.js';
import { Meter } from './meter.js';
import { ask, read, sleep, wonder } from './node.js';
import { say, speak } from './words.js';

const PERIOD = 500;        // ms between reports
const LONG = 40000;        // ms; the node answers within 25 s
const DARK = 10;           // mean brightness of 255: a lens behind its cover, with the noise of the sensor

const FOUND = {
  'permission-denied': 'denied',
  'camera-busy': 'busy',
  'microphone-busy': 'busy',
  'no-camera': 'missing',
  'no-microphone': 'missing',
  'sound-silent': 'silent',
  'sound-asleep': 'waiting',
  'sound-unmeasured': 'waiting',
  'check-dark': 'silent',
  'check-wait': 'waiting',
};
const SHAPES = { good: '▲', waiting: '◷', silent: '▽', denied: '✕', missing: '✕', busy: '✕' };

const at = (id) => document.getElementById(id);
const video = at('preview');
const eye = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const capture = new Capture(captured);
const meter = new Meter(draw);
let heard = 'check-wait';
let loudest = 0;            // since the last report: a short word counts too

Object.assign(eye.canvas, { width: 16, height: 9 });
speak();
follow();
if (navigator.mediaDevices) start();
else insecure();

function start() {
  capture.open();
  setInterval(report, PERIOD);
}

function insecure() {
  const there = `http://localhost${location.port && `:${location.port}`}/check`;
  Object.assign(at('here'), { href: there, textContent: there });
  at('insecure').hidden = false;
  document.querySelector('.stage').hidden = true;
}

function captured() {
  if (video.srcObject?.getVideoTracks()[0] !== capture.camera) {
    video.srcObject = capture.camera && new MediaStream([capture.camera]);
  }
  at('empty').hidden = capture.camera !== null;
  meter.listen(capture.microphone);
}

function draw(loudness, word) {
  loudest = Math.max(loudest, loudness / 100);
  heard = capture.microphone ? word : capture.problems.microphone ?? 'check-wait';
  at('meter').style.setProperty('--level', `${loudness}%`);
  at('meter').setAttribute('aria-valuenow', loudness);
}

function sight() {
  if (!capture.camera) return capture.problems.camera ?? 'check-wait';
  if (!video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return 'check-wait';
  eye.drawImage(video, 0, 0, eye.canvas.width, eye.canvas.height);
  const { data } = eye.getImageData(0, 0, eye.canvas.width, eye.canvas.height);
  const brightness = data.reduce((sum, one, place) => sum + (place % 4 < 3 ? one : 0), 0) / (data.length * 0.75);
  return brightness < DARK ? 'check-dark' : 'check-picture';
}

async function report() {
  const seen = sight();
  show('microphone', heard);
  show('camera', seen === 'no-camera' ? 'check-no-camera' : seen, FOUND[seen]);
  const size = FOUND[seen] ? {} : { width: video.videoWidth, height: video.videoHeight };
  const found = { microphone: FOUND[heard] ?? 'good', camera: FOUND[seen] ?? 'good', level: loudest, ...size };
  loudest = 0;
  await ask('/api/check', { method: 'POST', body: JSON.stringify(found), timeout: 3000 }).catch(wonder);
}

function show(kind, word, state = FOUND[word]) {
  const line = at(kind);
  line.dataset.state = state ?? 'good';
  line.firstElementChild.textContent = SHAPES[line.dataset.state];
  if (line.lastElementChild.dataset.words !== word) say(line.lastElementChild, word);
}

/** Goes back to the lesson's page as soon as the check is over. */
async function follow() {
  let version;
  for (;;) {
    try {
      const query = version === undefined ? '' : `?after=${version}`;
      const showing = await read(`/api/showing${query}`, { timeout: LONG, cache: 'no-store' });
      if (showing.mode !== 'check') location.replace('/');
      version = showing.version;
    } catch (error) {
      wonder(error);
      version = undefined;
    }
    await sleep(PERIOD);
  }
}
