// The strip of schools: raised hands first, then who is in trouble, then all others in peace; it waits while somebody aims.

import { Aim } from './aim.js';
import { Glimpses } from './glimpses.js';
import { arrange } from './rows.js';
import { Tile, isTroubled } from './tile.js';
import { hush, say } from './words.js';

const REST = 10000;        // ms a school that was in trouble keeps its place: a link that comes and goes moves nothing
const [HANDS, TROUBLES, CALM] = [0, 1, 2];
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
const ROWS = { ArrowDown: 1, ArrowUp: -1 };
const ENDS = { Home: 0, End: -1 };

const at = (id) => document.getElementById(id);

export class Strip {
  #tiles = new Map();
  #order = [];             // keys as they stand on the page
  #classes = new Map();
  #groups = new Map();
  #troubledAt = new Map();
  #only = 'all';
  #current = null;         // the tile that the Tab key reaches

  constructor(orders, seen) {
    Object.assign(this, { orders, seen, list: at('schools'), floor: { holder: '', mutes: [] } });
    this.glimpses = new Glimpses();
    this.aim = new Aim(this.list, () => this.#settle());
    at('find').addEventListener('input', () => this.#settle());
    for (const one of at('only').querySelectorAll('button')) {
      one.addEventListener('click', () => this.#show(one.dataset.only));
    }
    orders.wire(at('mute-all'), (pressed) => {
      orders.give(pressed, 'mute', { node: '*', on: pressed.getAttribute('aria-pressed') !== 'true' });
    });
    this.list.addEventListener('keydown', (event) => this.#step(event));
    this.list.addEventListener('focusin', (event) => this.#reach(this.#keyOf(event.target)));
  }

  /** Shows the schools as the node tells them; moment(ms) is a time of the node by this browser's clock. */
  show(classes, floor, moment) {
    Object.assign(this, { floor, moment });
    const now = performance.now();
    this.#classes = new Map(classes.map((one) => [keyOf(one), one]));
    for (const [key, one] of this.#classes) this.#judge(key, one, now);
    for (const [key, one] of this.#classes) this.#fill(key, one);
    this.#count(classes);
    this.#settle();
  }

  clear() {
    this.#classes.clear();
    this.#arrange([]);
    for (const id of ['count', 'order-waits']) hush(at(id));
  }

  isUp(one) { return Boolean(one.hand) && !this.seen.has(`${one.node} ${one.hand}`); }

  #judge(key, one, now) {
    if (isTroubled(one)) this.#troubledAt.set(key, now);
    const isRestless = now - (this.#troubledAt.get(key) ?? -Infinity) < REST;
    this.#groups.set(key, this.isUp(one) ? HANDS : isRestless ? TROUBLES : CALM);
  }

  #fill(key, one) {
    if (!this.#tiles.has(key)) this.#tiles.set(key, this.#made(key));
    const tile = this.#tiles.get(key);
    tile.show(one, this.floor, this.isUp(one), this.moment);
    const isLarge = one.node !== '' && one.node === this.floor.holder;      // its picture stands beside the own one already
    this.glimpses.show(tile.video, one.camera && !isLarge ? one.node : '', this.orders.stream);
  }

  #made(key) {
    const tile = new Tile(this.orders, (what) => this.seen.putAway(what));
    tile.row.dataset.key = key;
    tile.isReachable = false;
    return tile;
  }

  #count(classes) {
    const watching = classes.filter((one) => one.state && one.state !== 'gone').length;
    if (watching) say(at('count'), 'viewers-count', { count: watching });
    else say(at('count'), 'viewers-none');
    const groups = [...this.#groups].filter(([key]) => this.#classes.has(key));
    const sizes = { all: classes.length, hands: amount(groups, HANDS), trouble: amount(groups, TROUBLES) };
    for (const one of at('only').querySelectorAll('button')) {
      say(one, `only-${one.dataset.only}`, { count: sizes[one.dataset.only] });
      one.setAttribute('aria-pressed', String(one.dataset.only === this.#only));
    }
    const areMuted = this.floor.mutes.includes('*');
    at('mute-all').setAttribute('aria-pressed', String(areMuted));
    say(at('mute-all'), areMuted ? 'unmute-all' : 'mute-all');
  }

  #show(only) {
    this.#only = only;
    this.#count([...this.#classes.values()]);
    this.#settle();
  }

  /** Puts the rows in order, unless somebody aims: then whoever is new comes to the end and nobody leaves. */
  #settle() {
    const wanted = this.#ranked();
    if (!this.aim.isAimed) {
      hush(at('order-waits'));
      this.#arrange(wanted);
      return;
    }
    const standing = new Set(this.#order);
    const together = [...this.#order, ...wanted.filter((key) => !standing.has(key))];
    for (const key of this.#order) if (!this.#classes.has(key)) this.#tiles.get(key).leave();
    this.#arrange(together);
    const waits = together.join('\n') !== wanted.join('\n');
    if (waits && !at('order-waits').dataset.words) say(at('order-waits'), 'order-waits');
  }

  #ranked() {
    const spoken = document.documentElement.lang;
    const { compare } = new Intl.Collator(spoken);
    const text = at('find').value.trim().toLocaleLowerCase(spoken);
    const shown = [...this.#classes].filter(([key, one]) => this.#isAsked(key, one, text, spoken));
    const group = (key) => this.#groups.get(key);
    shown.sort(([a, one], [b, other]) => group(a) - group(b)
      || (group(a) === HANDS ? one.hand - other.hand : 0) || compare(one.name, other.name) || compare(a, b));
    return shown.map(([key]) => key);
  }

  #isAsked(key, one, text, spoken) {
    const groups = { hands: HANDS, trouble: TROUBLES };
    if (this.#only !== 'all' && this.#groups.get(key) !== groups[this.#only]) return false;
    return !text || [one.name, one.school, one.class].some((each) => each?.toLocaleLowerCase(spoken).includes(text));
  }

  #arrange(keys) {
    this.#order = keys;
    arrange(this.list, keys.map((key) => this.#tiles.get(key).row));
    for (const [key, tile] of this.#tiles) {
      if (this.#classes.has(key) || keys.includes(key)) continue;
      this.glimpses.forget(tile.video);
      for (const each of [this.#tiles, this.#groups, this.#troubledAt]) each.delete(key);
    }
    at('none-found').hidden = keys.length > 0 || !this.#classes.size;
    if (!keys.includes(this.#current)) this.#reach(keys[0] ?? null);
  }

  // By keyboard ------------------------------------------------------------------------------------------------------

  #keyOf(element) { return element.closest('[data-key]')?.dataset.key ?? null; }

  #reach(key) {
    if (key === this.#current && this.#tiles.has(key)) return;
    if (this.#tiles.has(this.#current)) this.#tiles.get(this.#current).isReachable = false;
    this.#current = key;
    if (this.#tiles.has(key)) this.#tiles.get(key).isReachable = true;
  }

  #step(event) {
    const here = this.#order.indexOf(this.#keyOf(event.target));
    if (here < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const { key } = event;
    let to = here;
    if (key in STEPS) to = here + STEPS[key];
    else if (key in ROWS) to = here + ROWS[key] * this.#columns();
    else if (key in ENDS) to = ENDS[key] < 0 ? this.#order.length - 1 : 0;
    else return;
    event.preventDefault();
    this.#tiles.get(this.#order[Math.max(0, Math.min(this.#order.length - 1, to))]).focus();
  }

  #columns() {
    const [first] = this.list.children;
    return [...this.list.children].filter((one) => one.offsetTop === first.offsetTop).length;
  }
}

function keyOf(one) { return one.node || `? ${one.name}`; }

function amount(groups, wanted) { return groups.filter(([, group]) => group === wanted).length; }
