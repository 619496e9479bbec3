// The library page, in the JavaScript of 2017 and without modules: a school's tablets may be as old as that.
// Its few lines of words and tokens are those of words.js and node.js over again, which need newer browsers.

(function () {
  'use strict';

  const SOON = 4000;         // ms between looks while something is on its way …
  const LATER = 20000;       // … and otherwise
  const TYPING = 250;        // ms after a letter until it is searched for
  const PATIENCE = 8000;     // ms for an answer
  const MEGABYTE = 1e6;
  const LANGUAGES = { kk: 'Қазақша', ru: 'Русский', en: 'English' };
  const FILTERS = ['subject', 'kind', 'grade', 'lang'];
  const SIGNS = { here: '✓', growing: '■', gaps: '▽', coming: '▼', tonight: '◷', hub: '○', failed: '✕' };
  const IN_PLACE = { recording: 'video', video: 'video', audio: 'audio', picture: 'img' };
  const READ_HERE = ['application/pdf'];       // what browsers open by themselves
  const UNHEALED = { gone: 'item-unhealed-gone' };
  const FAILED = { gone: 'item-failed-gone', damaged: 'item-failed-damaged' };
  const REFUSALS = { 'token-missing': 'token-missing', 'token-wrong': 'token-wrong', 'too-many': 'library-too-many' };
  const WAITS = {
    lesson: 'waits-lesson', link: 'waits-link', disk: 'waits-disk',
    metered: 'waits-metered', quiet: 'waits-quiet', daily: 'waits-daily',
  };
  const OPEN = { lesson: 'waits-lesson-now', quiet: 'waits-quiet-now' };   // where nobody knows until when

  const at = function (id) { return document.getElementById(id); };
  const rows = new Map();
  const token = takeToken();
  let words = {};
  let language = choice();
  let found = null;
  let asked = 0;             // counts questions: an answer to an older one is not shown
  let timer = 0;
  let playing = '';

  languages();
  controls();
  learn().then(look);

  // Words ------------------------------------------------------------------------------------------------------------

  async function learn() {
    for (;;) {
      const loaded = await ask('/api/words/' + language).catch(function () { return null; });
      if (loaded) { words = loaded; break; }
      await new Promise(function (done) { setTimeout(done, 1000); });
    }
    document.documentElement.lang = language;
    all('[data-words]').forEach(function (one) { say(one, one.dataset.words); });
    all('[data-words-label]').forEach(function (one) { one.setAttribute('aria-label', phrase(one.dataset.wordsLabel)); });
    all('[data-words-placeholder]').forEach(function (one) { one.placeholder = phrase(one.dataset.wordsPlaceholder); });
    all('[data-language]').forEach(function (one) {
      one.setAttribute('aria-pressed', String(one.dataset.language === language));
    });
    if (found) show();
  }

  function say(element, key, values) {
    element.dataset.words = key;
    const text = phrase(key, values);
    if (element.textContent !== text) element.textContent = text;
  }

  function put(element, text) {
    delete element.dataset.words;
    if (element.textContent !== text) element.textContent = text;
  }

  function phrase(key, values) {
    const filled = values || {};
    let text = words[key];
    if (text && typeof text === 'object') text = text[form(filled.count)];
    return String(text || '').replace(/\{(\w+)\}/g, function (_, name) { return filled[name]; });
  }

  function form(n) {
    if (language !== 'ru') return n === 1 ? 'one' : 'other';
    if (n % 10 === 1 && n % 100 !== 11) return 'one';
    return n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14) ? 'few' : 'many';
  }

  function languages() {
    Object.keys(LANGUAGES).forEach(function (code) {
      const made = add(at('languages'), 'button', '');
      made.type = 'button';
      made.lang = code;
      made.dataset.language = code;
      made.textContent = LANGUAGES[code];
      made.addEventListener('click', function () {
        language = code;
        try { localStorage.setItem('language', code); } catch (error) { /* it is kept for this visit */ }
        learn();
      });
    });
  }

  function choice() {
    let kept = null;
    try { kept = localStorage.getItem('language'); } catch (error) { /* nothing is kept */ }
    const asked = /[?&]lang=(\w+)/.exec(location.search);
    const wishes = [asked && asked[1], kept, document.documentElement.dataset.school].concat(navigator.languages || []);
    const known = wishes.map(function (one) { return String(one).split('-')[0]; });
    return known.filter(function (one) { return LANGUAGES.hasOwnProperty(one); })[0] || 'kk';
  }

  // Asking -----------------------------------------------------------------------------------------------------------

  function ask(path) {
    const options = { headers: token ? { Authorization: 'Bearer ' + token } : {}, cache: 'no-store' };
    const late = new Promise(function (_, fail) { setTimeout(function () { fail(new Error('late')); }, PATIENCE); });
    return Promise.race([late, fetch(path, options)]).then(function (reply) {
      if (reply.ok) return reply.json();
      return reply.json().catch(function () { return {}; }).then(function (problem) {
        throw Object.assign(new Error('refused'), { key: problem.key || 'unknown' });
      });
    });
  }

  async function look() {
    clearTimeout(timer);
    const mine = asked += 1;
    const question = new URLSearchParams();
    ['text'].concat(FILTERS).forEach(function (name) { if (at(name).value) question.set(name, at(name).value); });
    try {
      const answer = await ask('/api/library?' + question);
      if (mine !== asked) return;
      found = answer;
      show();
    } catch (error) {
      if (mine !== asked) return;
      say(at('status'), error.key ? REFUSALS[error.key] || 'unknown' : 'lost');
    }
    timer = setTimeout(look, found && found.items.some(moves) ? SOON : LATER);
  }

  function moves(item) { return item.state === 'coming' || item.state === 'growing'; }

  function controls() {
    at('asked').addEventListener('submit', function (event) { event.preventDefault(); look(); });
    at('text').addEventListener('input', function () { clearTimeout(timer); timer = setTimeout(look, TYPING); });
    FILTERS.forEach(function (name) { at(name).addEventListener('change', look); });
    at('close').addEventListener('click', close);
    addEventListener('online', look);
    document.addEventListener('visibilitychange', function () { if (!document.hidden) look(); });
  }

  // What there is ----------------------------------------------------------------------------------------------------

  function show() {
    fill('subject', 'library-all-subjects', found.subjects, String);
    fill('kind', 'library-all-kinds', found.kinds, function (kind) { return phrase(`kind-${kind}`); });
    fill('grade', 'library-all-grades', found.grades, function (grade) { return phrase('library-grade', { grade: grade }); });
    fill('lang', 'library-all-langs', found.langs, function (code) { return LANGUAGES[code] || code; });
    head();
    places();
    const known = {};
    found.items.forEach(function (item, place) {
      const row = rows.get(item.id) || make(item.id);
      known[item.id] = true;
      describe(row, item);
      if (at('list').children[place] !== row.tile) at('list').insertBefore(row.tile, at('list').children[place] || null);
    });
    rows.forEach(function (row, id) {
      if (known[id]) return;
      at('list').removeChild(row.tile);
      rows.delete(id);
    });
  }

  function head() {
    const isAsked = at('text').value || FILTERS.some(function (name) { return at(name).value; });
    if (!found.total) say(at('status'), isAsked ? 'library-none-found' : 'library-empty');
    else put(at('status'), phrase('library-count', { count: found.total }) + more());
    at('waits').hidden = !found.waits;
    if (found.waits) put(at('waits'), waiting());
    at('closed').hidden = found.recordings;
  }

  function more() { return found.total > found.items.length ? ' ' + phrase('library-more') : ''; }

  function waiting() {
    const open = found.until ? '' : OPEN[found.waits];
    return phrase(open || WAITS[found.waits] || 'waits-link', { until: found.until });
  }

  function fill(name, everything, values, told) {
    const select = at(name);
    const chosen = select.value;
    const options = [['', phrase(everything)]].concat(values.map(function (value) { return [value, told(value)]; }));
    select.hidden = values.length < 2 && !chosen;
    if (select.dataset.options === JSON.stringify(options)) return;
    select.dataset.options = JSON.stringify(options);
    select.textContent = '';
    options.forEach(function (option) { select.add(new Option(option[1], option[0], false, option[0] === chosen)); });
  }

  function places() {
    at('places').hidden = !found.places.length;
    if (at('places').dataset.told === JSON.stringify([language, found.places])) return;
    at('places').dataset.told = JSON.stringify([language, found.places]);
    at('places').textContent = '';
    found.places.forEach(function (place) {
      const made = link(at('places'), outside(place.address), `place-${place.kind}`);
      if (place.name) put(made, `${phrase(`place-${place.kind}`)}: ${place.name}`);
    });
  }

  /** An address that begins with a port is of this very computer, by whatever name the page knows it. */
  function outside(address) {
    return address.charAt(0) === ':' ? location.protocol + '//' + location.hostname + address : address;
  }

  function make(id) {
    const tile = document.createElement('li');
    const row = { tile: tile, title: add(tile, 'h2', ''), told: '' };
    ['about', 'state', 'ways'].forEach(function (name) { row[name] = add(tile, 'div', name); });
    row.title.dir = row.about.dir = 'auto';
    rows.set(id, row);
    return row;
  }

  function describe(row, item) {
    const told = JSON.stringify([language, item, kiwix()]);
    if (row.told === told) return;
    row.told = told;
    row.title.textContent = item.title;
    row.about.textContent = about(item).join(' · ');
    state(row.state, item);
    row.ways.textContent = '';
    ways(row.ways, item);
  }

  function about(item) {
    const size = item.bytes ? phrase('size', { size: Math.max(1, Math.round(item.bytes / MEGABYTE)) }) : '';
    const subject = item.title.indexOf(item.subject) < 0 ? item.subject : '';
    const grade = item.grade ? phrase('library-grade', { grade: item.grade }) : '';
    const length = item.minutes ? phrase('minutes', { count: item.minutes }) : '';
    const said = [phrase(`kind-${item.kind}`), subject, item.class_ || grade, LANGUAGES[item.lang] || item.lang];
    return said.concat([date(item.day), length, size]).filter(Boolean);
  }

  function date(day) {
    const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
    if (!parts || !words.months) return day;
    return phrase('day', { year: parts[1], month: words.months[parts[2] - 1], day: Number(parts[3]) });
  }

  function state(element, item) {
    const name = item.state === 'here' && !item.whole ? 'gaps' : item.state;
    let key = name === 'failed' ? FAILED[item.reason] || 'item-failed-refused' : `item-${name}`;
    if (name === 'gaps' && item.unhealed) key = UNHEALED[item.unhealed] || 'item-unhealed';
    else if (name === 'gaps' && item.healed) key = 'item-healed';
    element.dataset.state = name;
    element.dataset.sign = SIGNS[name];
    const complete = (Math.floor(item.complete * 10000) / 100).toFixed(2);
    say(element, key, { percent: Math.round(item.share * 100), complete: complete, missing: Math.ceil(item.missing) });
  }

  function ways(element, item) {
    if (!item.address) return;
    const shelf = item.kind === 'archive' ? kiwix() : '';
    if (IN_PLACE[item.kind]) {
      const button = add(element, 'button', '');
      button.type = 'button';
      say(button, item.kind === 'picture' ? 'open' : 'play');
      button.addEventListener('click', function () { open(item); });
    } else if (item.kind === 'pages') link(element, item.address, 'open');
    else if (READ_HERE.indexOf(item.media_type) >= 0) link(element, file(item.address), 'open');
    else if (shelf) link(element, outside(shelf) + item.id + '.blob/', 'open');
    if (item.kind !== 'pages') {
      const save = link(element, file(item.address) + (token ? '&' : '?') + 'attachment', 'download');
      save.download = item.name || '';
      save.target = '';
    }
  }

  function kiwix() {
    const known = found.places.filter(function (place) { return place.kind === 'kiwix'; })[0];
    return known ? known.address : '';
  }

  function link(element, address, key) {
    const made = add(element, 'a', 'button');
    made.href = address;
    made.target = '_blank';
    made.rel = 'noopener';
    say(made, key);
    return made;
  }

  // Playing ----------------------------------------------------------------------------------------------------------

  function open(item) {
    close();
    playing = item.id;
    at('player').hidden = false;
    at('playing').textContent = item.title;
    const shown = add(at('screen'), IN_PLACE[item.kind], '');
    if (item.kind !== 'picture') {
      shown.controls = true;
      shown.preload = 'metadata';
      shown.setAttribute('playsinline', '');
      shown.addEventListener('error', function () { say(at('status'), 'cannot-play'); });
    } else shown.alt = item.title;
    shown.src = file(item.address);
    const began = shown.play && shown.play();
    if (began) began.catch(function () { /* the controls are there */ });
    if (item.kind === 'recording') chapters(item, shown);
    at('player').scrollIntoView();
    (shown.controls ? shown : at('close')).focus();
  }

  function close() {
    playing = '';
    const shown = at('screen').firstChild;
    if (shown && shown.pause) {
      shown.pause();
      shown.removeAttribute('src');
      shown.load();
    }
    at('screen').textContent = at('chapters').textContent = '';
    at('player').hidden = at('chapters').hidden = true;
  }

  async function chapters(item, video) {
    const told = await ask(item.address + '/chapters').catch(function () { return {}; });
    const list = told.chapters || [];
    if (playing !== item.id || !list.length) return;
    list.forEach(function (chapter, number) {
      const button = add(at('chapters'), 'button', '');
      button.type = 'button';
      const picture = add(button, 'img', '');
      picture.alt = '';
      picture.addEventListener('error', function () { picture.hidden = true; });
      picture.src = file(item.address + '/chapters/' + number + '.jpg');
      add(button, 'span', '').textContent = clock(chapter.at);
      button.addEventListener('click', function () {
        video.currentTime = chapter.at;
        const began = video.play();
        if (began) began.catch(function () { /* the controls are there */ });
      });
    });
    at('chapters').hidden = false;
  }

  function clock(seconds) {
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    const told = function (part, place) { return place && part < 10 ? '0' + part : part; };
    return (parts[0] ? parts : parts.slice(1)).map(told).join(':');
  }

  // Small things -----------------------------------------------------------------------------------------------------

  function add(element, name, class_) {
    const made = document.createElement(name);
    if (class_) made.className = class_;
    return element.appendChild(made);
  }

  function all(selector) { return [].slice.call(document.querySelectorAll(selector)); }

  function file(path) { return token ? path + '?token=' + encodeURIComponent(token) : path; }

  function takeToken() {
    const given = /[?&]token=([^&]*)/.exec(location.search);
    const mine = given && decodeURIComponent(given[1]);
    try {
      if (mine) sessionStorage.setItem('token', mine);
      if (mine) history.replaceState(null, '', location.pathname);   // so that nobody reads it from the projector
      return mine || sessionStorage.getItem('token');
    } catch (error) {
      return mine;
    }
  }
}());
