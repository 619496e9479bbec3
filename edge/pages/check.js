// The check page: shows on the projector what camera and microphone give, and reports it to the teacher's screen.

import { Capture } from './capture.js';
import { Meter } from './meter.js';
import { ask, wonder } from './node.js';
import { Showing } from './showing.js';
import { say, speak } from './words.js';

const PERIOD = 500;        // ms between reports
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
  'check-camera-off': 'off',
  'check-microphone-off': 'off',
};
const SHAPES = { good: '▲', waiting: '◷', silent: '▽', denied: '✕', missing: '✕', busy: '✕', off: '○' };
const KINDS = ['camera', 'microphone'];

const at = (id) => document.getElementById(id);
const video = at('preview');
const eye = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const capture = new Capture(captured);
const meter = new Meter(draw);
const showing = new Showing(directed, () => ({}));
let heard = 'check-wait';
let loudest = 0;            // since the last report: a short word counts too

Object.assign(eye.canvas, { width: 16, height: 9 });
speak();
showing.follow();
if (navigator.mediaDevices) setInterval(report, PERIOD);
else insecure();

/** Goes back to the lesson's page as soon as the check is over; opens what is not switched off, if no other page does. */
function directed({ version, mode, switches, elsewhere }) {
  if (version && mode !== 'check') return location.replace('/');
  if (!navigator.mediaDevices || !switches) return undefined;
  for (const each of ['microphone', 'camera', 'meter']) at(each).hidden = Boolean(elsewhere);
  say(at('empty'), elsewhere ? 'class-elsewhere' : 'no-picture-yet');
  for (const kind of KINDS) turn(kind, switches[kind] && !elsewhere);
  return undefined;
}

function turn(kind, isOn) {
  if (isOn === capture.isWanted(kind)) return;
  if (isOn) capture.use(kind);
  else capture.close(kind);
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
  heard = capture.microphone ? word : lack('microphone');
  at('meter').style.setProperty('--level', `${loudness}%`);
  at('meter').setAttribute('aria-valuenow', loudness);
}

/** Why there is nothing of a device. */
function lack(kind) {
  const isOff = showing.told?.switches?.[kind] === false;
  return isOff ? `check-${kind}-off` : capture.problems[kind] ?? 'check-wait';
}

function sight() {
  if (!capture.camera) return lack('camera');
  if (!video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return 'check-wait';
  eye.drawImage(video, 0, 0, eye.canvas.width, eye.canvas.height);
  const { data } = eye.getImageData(0, 0, eye.canvas.width, eye.canvas.height);
  const brightness = data.reduce((sum, one, place) => sum + (place % 4 < 3 ? one : 0), 0) / (data.length * 0.75);
  return brightness < DARK ? 'check-dark' : 'check-picture';
}

async function report() {
  if (showing.told?.elsewhere) return;                 // the page that has them says how they are
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
