// The words of the page: one JSON a language from the node; blanks, plural forms, dates; the switch between languages.

import { read, recall, remember, sleep } from './node.js';

const LANGUAGES = { kk: 'Қазақша', ru: 'Русский', en: 'English' };
const FORMS = {
  kk: (n) => (n === 1 ? 'one' : 'other'),
  en: (n) => (n === 1 ? 'one' : 'other'),
  ru: (n) => (n % 10 === 1 && n % 100 !== 11 ? 'one' : few(n) ? 'few' : 'many'),
};

let language = choice();
let words = {};
let more = [];             // of pages that say more than the others
const blanks = new WeakMap();

/** Loads the words, tries again until it has them, and builds the switch; `rooms` are further files of words. */
export async function speak(...rooms) {
  more = rooms.map((room) => `${room}/`);
  for (const nav of document.querySelectorAll('[data-languages]')) nav.append(...Object.keys(LANGUAGES).map(button));
  while (!await use(language)) await sleep(1000);
}

/** Shows the words of a key in an element, now and after every change of language. */
export function say(element, key, values = {}) {
  element.dataset.words = key;
  blanks.set(element, values);
  render(element);
}

export function hush(element) {
  delete element.dataset.words;
  element.textContent = '';
}

/** Makes an element's words depend on whoever calls it again: a date, a size, a length. */
export function sayDate(element, key, moment) {
  say(element, key, () => ({
    year: moment.getFullYear(),
    month: words.months?.[moment.getMonth()] ?? '',
    weekday: words.weekdays?.[moment.getDay()] ?? '',
    day: moment.getDate(),
    time: `${moment.getHours()}:${String(moment.getMinutes()).padStart(2, '0')}`,
  }));
}

export function knows(key) { return Object.hasOwn(words, key); }

export function clock(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, '0') : part)).join(':');
}

async function use(wanted) {
  try {
    words = Object.assign({}, ...await Promise.all(['', ...more].map((room) => read(`/api/words/${room}${wanted}`))));
  } catch {
    return false;
  }
  language = wanted;
  document.documentElement.lang = wanted;
  for (const element of document.querySelectorAll('[data-words], [data-words-label]')) render(element);
  for (const one of document.querySelectorAll('[data-language]')) {
    one.setAttribute('aria-pressed', String(one.dataset.language === wanted));
  }
  return true;
}

function render(element) {
  const { words: key, wordsLabel } = element.dataset;
  if (key) {
    const text = phrase(key, blanks.get(element));
    if (element.textContent !== text) element.textContent = text;        // a screen reader hears a sentence once
  }
  if (wordsLabel) element.setAttribute('aria-label', phrase(wordsLabel));
}

/** The words of a key as they are now: for what is drawn anew again and again. */
export function phrase(key, values = {}) {
  const filled = typeof values === 'function' ? values() : values;
  let text = words[key];
  if (typeof text === 'object') text = text[FORMS[language](filled.count)];
  if (text === undefined && Object.keys(words).length) console.error('no words for', key);
  return (text ?? '').replace(/\{(\w+)\}/g, (_, name) => filled[name]);
}

function button(code) {
  const made = document.createElement('button');
  Object.assign(made, { type: 'button', lang: code, textContent: LANGUAGES[code] });
  made.dataset.language = code;
  made.addEventListener('click', () => {
    remember('language', code);
    use(code);
  });
  return made;
}

function choice() {
  const asked = new URLSearchParams(location.search).get('lang');
  if (Object.hasOwn(LANGUAGES, asked)) remember('language', asked);
  const school = document.documentElement.dataset.school;   // the node's own language, from its configuration
  const wishes = [asked, recall('language'), school, ...navigator.languages.map((one) => one.split('-')[0])];
  return wishes.find((wish) => Object.hasOwn(LANGUAGES, wish)) ?? 'kk';
}

function few(n) {
  return n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14);
}
