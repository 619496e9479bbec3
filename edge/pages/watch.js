// The watch page: shows what the teacher's screen shows, or the lesson that was chosen here, and says how it goes.

import { wonder } from './node.js';
import { Player } from './player.js';
import { Showing } from './showing.js';
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
  held: 'held',
  lost: 'lost',
  waiting: 'waiting',
  choosing: 'choosing',
  gone: 'paused',
  'no-publisher': 'waiting',
  'codec-unsupported': 'codec-unsupported',
  'token-missing': 'token-missing',
  'token-wrong': 'token-wrong',
  'too-many': 'too-many',
  'bad-offer': 'bad-offer',
  'stream-name': 'stream-name',
};

const PLAYING = ['live', 'frozen', 'silent', 'paused', 'tape', 'held'];
const QUIET = ['tape', 'offered'];        // states that need no sentence
const STOPPED = ['frozen', 'silent', 'paused'];

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get('stream');
const video = at('video');
const tape = at('tape');
const streams = new Streams(changed);
const showing = new Showing(directed, report);
const player = new Player(video, { tell: heard, doubt: () => streams.probe(), refusedSound });
let shift = null;                         // plays recordings; fetched when there is one to be played
let sheet = null;                         // shows documents; fetched when there is one
let room = null;                          // what the class sends, hears of others and is asked; fetched when it may
let opening = null;
let isChosen = Boolean(asked);
let quiet;
let rest;

speak();
streams.follow();
showing.follow();
if (asked) player.play(asked);
else tell('connecting');
buttons();
keepAwake();
stir();

function tell(state) {
  clearTimeout(quiet);
  document.body.dataset.state = state in SENTENCES || QUIET.includes(state) ? state : 'unknown';
  document.body.classList.toggle('is-playing', PLAYING.includes(state));
  document.body.classList.toggle('is-sound-only', isSoundOnly());
  showing.look();
  if (QUIET.includes(state)) return hush(at('status'));
  say(at('status'), SENTENCES[state] ?? 'unknown');
  if (state === 'live') quiet = setTimeout(calmDown, BRIEF);
  if (state === 'held') quiet = setTimeout(() => hush(at('status')), BRIEF);
  return undefined;
}

function isSoundOnly() {
  if (!tape.hidden) return showing.told.media_type.startsWith('audio/');
  return player.stream !== null && player.hasPicture === false;
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

// What the teacher's screen shows ------------------------------------------------------------------------------------

function directed(told, before) {
  if (told.volume !== null) {                           // this page is on the computer of the projector
    video.volume = tape.volume = told.volume / 100;
    if (told.mode === 'check') location.assign('/check');
  }
  converse(told);
  if (isChosen || told.mode === 'check') return;
  if (told.mode !== 'document') sheet?.hide();
  if (told.mode === 'recording') playTape(told);
  else if (told.mode === 'document') showSheet(told);
  else if (told.mode === 'stream') playLive(told.stream);
  else if (told.mode === 'slate') stand();
  else if (before?.mode !== 'free') leave();
}

/** Hands on what is for the class's own side of the lesson. */
async function converse({ lamps, capture, elsewhere, floor, check, roll }) {
  const isLit = lamps?.seen || lamps?.heard || lamps?.muted;
  if (!room && !capture && !elsewhere && !floor?.stream && !check && !roll && !isLit) return;
  try {
    opening ??= import('./classroom.js').then((part) => new part.Classroom({ refusedSound, changed: () => showing.look() }));
    room = await opening;
  } catch (error) {
    opening = null;
    wonder(error);
    return;
  }
  room.show(showing.told);
}

const isDirected = () => !isChosen && showing.told?.mode !== 'free';

async function playTape(told) {
  at('choice').hidden = at('back').hidden = true;
  if (told.paused && player.stream && tape.hidden) {
    player.hold();
    tell('held');
  }
  try {
    shift ??= new (await import('./shift.js')).Shift(tape, { tell, uncovered, refusedSound });
  } catch (error) {
    return wonder(error);
  }
  if (showing.told.mode === 'recording') shift.show(showing.told);
  return undefined;
}

async function showSheet(told) {
  at('choice').hidden = at('back').hidden = at('unmute').hidden = true;
  try {
    sheet ??= new (await import('./sheet.js')).Sheet(at('sheet'));
  } catch (error) {
    return wonder(error);
  }
  if (showing.told.mode !== 'document') return undefined;
  endTape();
  player.stop();
  sheet.show(told);
  return tell('tape');
}

function uncovered() {
  if (player.isHeld && tape.paused) return;             // the picture that is held is nearer to what she saw
  tape.hidden = false;
  player.stop();
}

function playLive(name) {
  at('choice').hidden = at('back').hidden = true;
  if (player.stream !== name || player.isHeld) start(name);
  at('back').hidden = true;
  if (tape.hidden) endTape();
  else shift.hold();
}

function endTape() {
  shift?.stop();
  tape.hidden = true;
}

function stand() {
  endTape();
  player.stop();
  at('choice').hidden = at('back').hidden = at('unmute').hidden = true;
  tell(streams.isReachable ? showing.told.said : streams.refusal?.key ?? 'lost');
}

/** What the player tells; the picture of a recording stays until the hub's is here. */
function heard(state) {
  if (['recording', 'document'].includes(showing.told?.mode) && isDirected()) return;
  if (!tape.hidden && state === 'connecting') return;
  endTape();
  tell(state);
}

function report() { return { state: progress(), ...room?.report }; }

function progress() {
  if (!document.body.classList.contains('is-playing')) return 'idle';
  if (!at('sheet').hidden) return 'playing';
  if ((tape.hidden ? video : tape).muted) return 'muted';
  const isStopped = tape.hidden ? STOPPED.includes(document.body.dataset.state) : shift.isStalled;
  return isStopped ? 'frozen' : 'playing';
}

// Choosing ---------------------------------------------------------------------------------------------------------

function changed(isBack) {
  if (isBack) showing.look(true);
  if (isBack) player.wake();
  if (isBack) room?.wake();
  if (isDirected() && player.stream === null) return showing.told?.mode === 'slate' ? stand() : undefined;
  if (player.stream === null) return choose();
  const mine = streams.find(player.stream);
  if (mine?.live && !player.wasLive) player.wake();
  player.wasLive = Boolean(mine?.live);
  player.isPaused = streams.isReachable && !mine?.live;
  const isOver = streams.isReachable && !mine && !isChosen && !isDirected();
  at('back').hidden = Boolean(asked) || isDirected() || streams.live.length < 2;
  if (isOver) leave();
  return undefined;
}

function choose() {
  at('choice').hidden = true;
  if (!streams.isReachable) return tell(streams.refusal?.key ?? 'lost');
  if (streams.live.length === 0) return tell('waiting');
  if (streams.live.length === 1 && !isChosen) return start(streams.live[0].name);
  offer();
  return tell('offered');
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
  endTape();
  player.stop();
  at('back').hidden = true;
  at('unmute').hidden = true;
  choose();
}

// Buttons, keys, cursor --------------------------------------------------------------------------------------------

function buttons() {
  at('unmute').addEventListener('click', () => setMuted(false));
  at('sound').addEventListener('click', () => setMuted(!(video.muted || tape.muted)));
  at('full').addEventListener('click', fullScreen);
  at('back').addEventListener('click', () => {
    isChosen = true;
    sheet?.hide();
    leave();
  });
  for (const one of [video, tape]) one.addEventListener('dblclick', fullScreen);
  document.addEventListener('fullscreenchange', () => {
    say(at('full'), document.fullscreenElement ? 'full-screen-leave' : 'full-screen');
  });
  document.addEventListener('keydown', keys);
  for (const sign of ['pointermove', 'pointerdown', 'keydown', 'focusin']) addEventListener(sign, stir);
  addEventListener('online', () => [player, room].forEach((one) => one?.wake()));
  addEventListener('pagehide', () => [player, room].forEach((one) => one?.leave()));
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
  for (const one of [video, tape]) one.muted = isMuted;
  room?.mute(isMuted);
  if (!isMuted && tape.hidden && !player.isHeld) video.play().catch(() => {});
  at('unmute').hidden = true;
  showSound();
}

function showSound() {
  say(at('sound'), video.muted || tape.muted ? 'sound-on' : 'sound-off');
  showing.look();
}

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
