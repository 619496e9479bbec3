// The watch page: chooses the lesson, shows it, says in one sentence how it goes.

import { Player } from './player.js';
import { Streams } from './streams.js';
import { hush, say, speak } from './words.js';

const REST = 3000;         // ms without a touch before the cursor and the buttons leave the picture
const BRIEF = 2000;        // ms the word "live" stays

const SENTENCES = {
  connecting: 'connecting',
  live: 'live',
  frozen: 'frozen',
  silent: 'silent',
  paused: 'paused',
  lost: 'lost',
  waiting: 'waiting',
  'no-publisher': 'waiting',
  'codec-unsupported': 'codec-unsupported',
  'token-missing': 'token-missing',
  'token-wrong': 'token-wrong',
  'too-many': 'too-many',
  'bad-offer': 'bad-offer',
  'stream-name': 'stream-name',
};

const PLAYING = ['live', 'frozen', 'silent', 'paused'];

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get('stream');
const video = at('video');
const streams = new Streams(changed);
const player = new Player(video, { tell, doubt: () => streams.probe(), refusedSound });
let isChosen = Boolean(asked);
let quiet;
let rest;

speak();
streams.follow();
if (asked) player.play(asked);
else tell('connecting');
buttons();
keepAwake();
stir();

function tell(state) {
  clearTimeout(quiet);
  document.body.dataset.state = state in SENTENCES || state === 'choosing' ? state : 'unknown';
  document.body.classList.toggle('is-playing', PLAYING.includes(state));
  document.body.classList.toggle('is-sound-only', player.stream !== null && player.hasPicture === false);
  if (state === 'choosing') return hush(at('status'));
  say(at('status'), SENTENCES[state] ?? 'unknown');
  if (state === 'live') quiet = setTimeout(calmDown, BRIEF);
  return undefined;
}

function calmDown() {
  if (player.hasPicture) hush(at('status'));
  else say(at('status'), 'sound-only');
}

function refusedSound() {
  at('unmute').hidden = false;
  showSound();
  at('unmute').focus();
}

// Choosing ---------------------------------------------------------------------------------------------------------

function changed(isBack) {
  if (isBack) player.wake();
  if (player.stream === null) return choose();
  const mine = streams.find(player.stream);
  if (mine?.live && !player.wasLive) player.wake();
  player.wasLive = Boolean(mine?.live);
  player.isPaused = streams.isReachable && !mine?.live;
  const isOver = streams.isReachable && !mine && !isChosen;
  at('back').hidden = Boolean(asked) || streams.live.length < 2;
  if (isOver) leave();
  return undefined;
}

function choose() {
  at('choice').hidden = true;
  if (!streams.isReachable) return tell(streams.refusal?.key ?? 'lost');
  if (streams.live.length === 0) return tell('waiting');
  if (streams.live.length === 1 && !isChosen) return start(streams.live[0].name);
  offer();
  return tell('choosing');
}

function offer() {
  const before = document.activeElement?.dataset.stream;
  at('lessons').replaceChildren(...streams.live.map((stream) => {
    const made = document.createElement('button');
    Object.assign(made, { type: 'button', className: 'big', textContent: stream.name });
    made.dataset.stream = stream.name;
    made.addEventListener('click', () => {
      isChosen = true;
      start(stream.name);
    });
    return made;
  }));
  at('choice').hidden = false;
  (at('lessons').querySelector(`[data-stream="${before}"]`) ?? at('lessons').firstChild).focus();
}

function start(name) {
  at('choice').hidden = true;
  at('back').hidden = streams.live.length < 2;
  player.play(name);
  player.wasLive = true;
}

function leave() {
  player.stop();
  at('back').hidden = true;
  at('unmute').hidden = true;
  choose();
}

// Buttons, keys, cursor --------------------------------------------------------------------------------------------

function buttons() {
  at('unmute').addEventListener('click', () => setMuted(false));
  at('sound').addEventListener('click', () => setMuted(!video.muted));
  at('full').addEventListener('click', fullScreen);
  at('back').addEventListener('click', () => {
    isChosen = true;
    leave();
  });
  video.addEventListener('dblclick', fullScreen);
  document.addEventListener('fullscreenchange', () => {
    say(at('full'), document.fullscreenElement ? 'full-screen-leave' : 'full-screen');
  });
  document.addEventListener('keydown', keys);
  for (const sign of ['pointermove', 'pointerdown', 'keydown', 'focusin']) addEventListener(sign, stir);
  addEventListener('online', () => player.wake());
  addEventListener('pagehide', () => player.leave());
  addEventListener('pageshow', (event) => event.persisted && location.reload());
}

function keys(event) {
  const isLetter = event.code === 'KeyF' && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (isLetter || event.key === 'F11') {               // the place of the key: a Kazakh layout has no letter f
    event.preventDefault();
    fullScreen();
  }
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  if (event.key in steps) step(steps[event.key]);
}

function step(by) {
  const all = [...document.querySelectorAll('button, a.button')].filter((one) => one.offsetParent !== null);
  const here = all.indexOf(document.activeElement);
  all[(here + by + all.length) % all.length]?.focus();
}

function fullScreen() {
  const wish = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.();
  wish?.catch(() => {});
}

function setMuted(isMuted) {
  video.muted = isMuted;
  if (!isMuted) video.play().catch(() => {});
  at('unmute').hidden = true;
  showSound();
}

function showSound() { say(at('sound'), video.muted ? 'sound-on' : 'sound-off'); }

function stir() {
  document.body.classList.remove('is-at-rest');
  clearTimeout(rest);
  rest = setTimeout(() => document.body.classList.add('is-at-rest'), REST);
}

function keepAwake() {
  const hold = () => document.visibilityState === 'visible' && navigator.wakeLock?.request('screen').catch(() => {});
  document.addEventListener('visibilitychange', hold);
  hold();
}
