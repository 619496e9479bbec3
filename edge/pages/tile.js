// One school of the lesson: picture, how it fares in shape, word and colour, its hand, and what can be done with it.

import { made, put } from './rows.js';
import { hush, say, sayDate } from './words.js';

const STATES = {
  ok: ['▲', 'viewer-ok'],
  still: ['▲', 'viewer-still'],
  'no-picture': ['▽', 'viewer-no-picture'],
  'no-sound': ['▽', 'viewer-no-sound'],
  frozen: ['▽', 'viewer-frozen'],
  black: ['▽', 'viewer-black'],
  silent: ['▽', 'viewer-silent'],
  gone: ['✕', 'viewer-gone'],
};
const AWAY = ['○', 'viewer-away'];
const LINKS = {
  good: ['▲', 'school-link-good'],
  poor: ['▽', 'school-link-poor'],
  'sound-only': ['▽', 'school-link-sound-only'],
  lost: ['✕', 'school-link-lost'],
};
const REGISTERS = { none: '○', draft: '◷', signed: '✓' };
const TROUBLES = ['no-picture', 'no-sound', 'frozen', 'black', 'gone'];   // a silence is the teacher's own more often than not

/** Whether a school does not get what all get. */
export function isTroubled(one) { return TROUBLES.includes(one.state) || one.link === 'lost'; }

export class Tile {
  /** orders are given, hands are put away by these. */
  constructor(orders, putAway) {
    this.video = made('video');
    Object.assign(this.video, { muted: true, playsInline: true, autoplay: true, tabIndex: -1 });
    this.sight = made('div', this.video, hidden('b'), made('span'));
    this.sight.className = 'sight';
    this.title = made('strong');
    this.health = line('health');
    this.link = line('link');
    this.register = line('register');
    this.voice = line('voice');
    this.hand = line('hand');
    this.asked = line('asked');
    this.about = made('div', this.title, this.health, this.link, this.register, this.voice);
    this.said = made('div', this.hand, this.asked);
    this.ways = made('div');
    for (const name of ['about', 'said', 'ways']) this[name].className = name;
    this.row = made('li', this.sight, this.about, this.said, this.ways);
    this.row.tabIndex = -1;
    this.#wire(orders, putAway);
  }

  show(one, floor, isUp, moment) {
    const isHolder = one.node !== '' && floor.holder === one.node;
    this.ways.hidden = false;
    Object.assign(this.row.dataset, { node: one.node, state: one.state, hand: isUp ? one.hand : '' });
    this.row.classList.toggle('is-holder', isHolder);
    this.row.classList.toggle('is-up', isUp);
    put(this.title, [one.name, one.class].filter(Boolean).join(' · '));
    this.row.setAttribute('aria-label', this.title.textContent);
    this.#tell(one);
    this.#say(one, isUp, moment);
    this.#see(one, isHolder);
    this.#offer(one, isHolder, isUp);
  }

  /** It is not in the lesson any more, and stands only because somebody aims nearby. */
  leave() {
    this.row.dataset.state = 'gone';
    fill(this.health, ...STATES.gone);
    this.ways.hidden = true;
  }

  /** Buttons of one tile only can be reached with the Tab key; the arrows go to the others. */
  set isReachable(isIt) { for (const each of this.ways.children) each.tabIndex = isIt ? 0 : -1; }

  focus() { ([...this.ways.children].find((one) => !one.hidden) ?? this.row).focus(); }

  #wire(orders, putAway) {
    this.give = button('floor-give');
    this.mute = button('mute');
    this.down = button('hand-down');
    this.ways.append(this.give, this.mute, this.down);
    const node = () => this.row.dataset.node;
    const isHolder = () => this.row.classList.contains('is-holder');
    orders.wire(this.give, (pressed) => orders.give(pressed, 'floor', { node: isHolder() ? '' : node() }));
    orders.wire(this.mute, (pressed) => {
      orders.give(pressed, 'mute', { node: node(), on: pressed.getAttribute('aria-pressed') !== 'true' });
    });
    this.down.addEventListener('click', () => putAway(`${node()} ${this.row.dataset.hand}`));
  }

  #tell(one) {
    fill(this.health, ...(STATES[one.state] ?? AWAY));
    this.link.hidden = !LINKS[one.link];
    if (LINKS[one.link]) fill(this.link, ...LINKS[one.link]);
    this.link.dataset.state = one.link;
    const register = REGISTERS[one.register] ? one.register : 'none';
    this.register.hidden = one.node === '';
    fill(this.register, REGISTERS[register], `register-${register}`);
    this.register.dataset.state = register;
    this.voice.hidden = one.node === '' || Boolean(one.microphone);
    if (!this.voice.hidden) fill(this.voice, '○', one.camera ? 'school-no-sound' : 'school-no-devices');
    this.asked.hidden = !one.asked;
    if (one.asked) fill(this.asked, '?', 'school-asked', { count: one.asked });
  }

  #say(one, isUp, moment) {
    const minutes = Math.round(one.minutes ?? 0);
    this.hand.hidden = !isUp && !minutes;
    this.hand.firstChild.textContent = isUp ? '▲' : '◷';
    if (isUp) sayDate(this.hand.lastChild, 'hand-up', moment(one.hand));
    else if (minutes) say(this.hand.lastChild, 'school-spoke', { count: minutes });
    else hush(this.hand.lastChild);
  }

  #see(one, isHolder) {
    const key = isHolder ? 'floor-has' : one.camera ? 'school-seen' : 'school-not-seen';
    this.sight.dataset.state = key;
    this.sight.children[1].textContent = isHolder ? '●' : one.camera ? '◷' : '○';
    if (this.sight.lastChild.dataset.words !== key) say(this.sight.lastChild, key);
  }

  #offer(one, isHolder, isUp) {
    const isOurs = one.node !== '';
    this.give.hidden = this.mute.hidden = !isOurs;
    this.give.setAttribute('aria-pressed', String(isHolder));
    say(this.give, isHolder ? 'floor-take' : 'floor-give');
    this.mute.setAttribute('aria-pressed', String(Boolean(one.muted)));
    say(this.mute, one.muted ? 'unmute' : 'mute');
    this.down.hidden = !isUp;
  }
}

function line(name) {
  const element = made('p', hidden('b'), made('span'));
  element.className = name;
  return element;
}

function fill(element, shape, key, values) {
  put(element.firstChild, shape);
  if (values || element.lastChild.dataset.words !== key) say(element.lastChild, key, values);
}

function hidden(tag) {
  const element = made(tag);
  element.setAttribute('aria-hidden', 'true');
  return element;
}

function button(key) {
  const element = made('button');
  element.type = 'button';
  say(element, key);
  return element;
}
