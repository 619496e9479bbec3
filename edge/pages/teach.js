// The teach page: picks camera and screen, shows how loud it is, puts the lesson on the air with one button.

import { Capture } from './capture.js';
import { Meter } from './meter.js';
import { recall, remember, wonder } from './node.js';
import { Publisher, canSend } from './publisher.js';
import { Streams } from './streams.js';
import { clock, hush, say, speak } from './words.js';

const LAMPS = { off: 'lamp-off', refused: 'lamp-off', starting: 'lamp-starting', live: 'lamp-live', lost: 'lamp-lost' };
const REFUSALS = {
  'name-taken': 'name-taken',
  'token-missing': 'token-missing',
  'token-wrong': 'token-wrong',
  'too-many': 'too-many-teachers',
  'bad-offer': 'bad-offer',
  'codec-unsupported': 'bad-offer',
  'stream-name': 'stream-name',
};
const RECORDINGS = {
  recording: 'recording-on',
  off: 'recording-off',
  'disk-full': 'recording-disk-full',
  'read-only': 'recording-read-only',
  stopped: 'recording-stopped',
};

const at = (id) => document.getElementById(id);
const form = at('settings').elements;
const capture = new Capture(captured);
const publisher = new Publisher(capture, tell);
const meter = new Meter(draw);
const streams = new Streams(changed);
let state = 'off';
let lesson = null;         // schools, floor, questions and checks; fetched when a lesson is on the air

speak('teach');
settle();
wire();
streams.follow();
setInterval(tick, 500);
if (navigator.mediaDevices) capture.open();
else insecure();

function settle() {
  for (const name of ['preset', 'codec', 'stream']) form[name].value = recall(name) || form[name].value;
  if (!canSend('H264')) form.codec.value = 'VP8';
  for (const one of form.codec) one.disabled = !canSend(one.value);
  publisher.preset = form.preset.value || 'normal';
  named();
}

function insecure() {
  const there = `http://localhost${location.port && `:${location.port}`}/teach`;
  Object.assign(at('here'), { href: there, textContent: there });
  at('insecure').hidden = false;
  at('own').hidden = at('setup').hidden = true;
}

// What the teacher does --------------------------------------------------------------------------------------------

function wire() {
  at('go').addEventListener('click', () => (isOnAir() ? publisher.stop() : go()));
  at('copy').addEventListener('click', copy);
  at('stream').addEventListener('input', named);
  at('settings').addEventListener('submit', (event) => event.preventDefault());
  for (const one of form.source) one.addEventListener('change', () => capture.show(one.value));
  for (const one of form.preset) one.addEventListener('change', retune);
  for (const one of form.codec) one.addEventListener('change', () => remember('codec', one.value));
  for (const kind of ['camera', 'microphone']) at(kind).addEventListener('change', () => capture.use(kind, at(kind).value));
  addEventListener('online', () => publisher.wake());
  addEventListener('pagehide', () => publisher.leave());
  addEventListener('beforeunload', (event) => isOnAir() && event.preventDefault());
}

function isOnAir() { return ['starting', 'live', 'lost'].includes(state); }

function go() {
  if (!at('stream').checkValidity()) return at('stream').focus();
  remember('stream', at('stream').value);
  publisher.start(`/whip/${at('stream').value}`, form.codec.value);
  navigator.wakeLock?.request('screen').catch(() => {});
  return undefined;
}

function retune() {
  publisher.preset = form.preset.value;
  remember('preset', publisher.preset);
  publisher.refresh();
}

function named() {
  const isGood = at('stream').checkValidity();
  at('stream-hint').hidden = isGood;
  at('address').value = `${location.origin}/whip/${isGood ? at('stream').value : ''}`;
  ready();
}

async function copy() {
  at('address').select();
  try {
    await navigator.clipboard.writeText(at('address').value);
  } catch {
    document.execCommand('copy');                      // where the page is not a secure context
  }
  say(at('copy'), 'copied');
  setTimeout(() => say(at('copy'), 'copy'), 2000);
}

// What the page shows ----------------------------------------------------------------------------------------------

function captured() {
  const { picture, microphone, problems } = capture;
  if (at('preview').srcObject?.getVideoTracks()[0] !== picture) {
    at('preview').srcObject = picture && new MediaStream([picture]);
  }
  at('empty').hidden = picture !== null;
  form.source.value = capture.source;
  document.body.classList.toggle('is-screen', capture.isScreen);
  meter.listen(microphone);
  publisher.refresh().catch(() => {});                 // the session broke just now and is being built again
  const problem = problems.screen ?? problems.microphone ?? problems.camera;
  if (problem) say(at('status'), problem);
  else if (!isOnAir()) hush(at('status'));
  fill();
  ready();
}

async function fill() {
  const devices = await capture.devices();
  for (const kind of ['camera', 'microphone']) {
    const options = devices[kind].map((device, place) => {
      const made = new Option(device.label, device.deviceId);
      if (!device.label) say(made, `${kind}-number`, { number: place + 1 });
      made.selected = device.deviceId === capture[kind]?.getSettings().deviceId;
      return made;
    });
    at(kind).replaceChildren(...options);
    at(kind).disabled = options.length === 0;
  }
}

function ready() {
  const hasSomething = capture.isOpen && (capture.picture || capture.microphone);
  at('go').disabled = !isOnAir() && !(hasSomething && at('stream').validity.valid);
}

function draw(level, word) {
  at('meter').style.setProperty('--level', `${level}%`);
  at('meter').setAttribute('aria-valuenow', level);
  const shown = capture.microphone ? word : 'no-microphone';
  if (at('sound').dataset.words !== shown) say(at('sound'), shown);
  at('sound').dataset.state = shown;
}

function tell(now, error) {
  state = now;
  document.body.dataset.state = now;
  say(at('lamp'), LAMPS[now]);
  say(at('go'), isOnAir() ? 'stop' : 'go-live');
  if (error) say(at('status'), REFUSALS[error.key] ?? 'unknown', { name: at('stream').value });
  else hush(at('status'));
  for (const one of [at('stream'), ...form.codec]) one.disabled = isOnAir() || (one.name === 'codec' && !canSend(one.value));
  changed(false);
  ready();
}

function tick() {
  const isCounting = isOnAir() && publisher.since !== null;
  at('clock').textContent = isCounting ? clock((Date.now() - publisher.since) / 1000) : '';
}

/** What the node says of our stream, also when another program sends it: who is there, whether it is recorded. */
function changed(isBack) {
  if (isBack) publisher.wake();
  const name = at('stream').value;
  const mine = streams.find(name);
  follow(isOnAir() || mine?.live ? name : null);
  showRecording(mine?.live && mine.recording);
}

async function follow(name) {
  const isTaught = name !== null;
  if (isTaught !== document.body.classList.contains('is-taught')) at('setup').open = !isTaught;
  document.body.classList.toggle('is-taught', isTaught);
  if (!isTaught && !lesson) return;
  try {
    lesson ??= import('./lesson.js').then(({ Lesson }) => new Lesson());
    (await lesson).teach(name);
  } catch (error) {
    lesson = null;                                     // the node went away just then: the next look tries again
    wonder(error);
  }
}

function showRecording(recording) {
  at('recording').hidden = !recording;
  if (!recording) return;
  at('recording').dataset.state = recording.state;
  const key = recording.state === 'stopped' ? recording.reason : recording.state;
  say(at('recording').lastElementChild, RECORDINGS[key] ?? RECORDINGS.stopped);
}
