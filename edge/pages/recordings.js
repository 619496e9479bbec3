// The recordings page: newest first, each says whether it is whole; plays in place with seeking.

import { Pause, Refused, fileAddress, read, wonder } from './node.js';
import { clock, hush, say, sayDate, speak } from './words.js';

const PERIOD = 5;          // seconds between two looks at the list: a running recording grows
const MEGABYTE = 1e6;
const STATES = {
  recording: 'state-recording',
  finishing: 'state-finishing',
  interrupted: 'state-interrupted',
};
const UNHEALED = { gone: 'item-unhealed-gone' };
const REFUSALS = { 'token-missing': 'token-missing', 'token-wrong': 'token-wrong' };

const at = (id) => document.getElementById(id);
const rows = new Map();
const pause = new Pause();

speak();
addEventListener('online', () => pause.wake());
for (;;) {
  pause.begin();
  await pause.over(await look());
}

async function look() {
  let found;
  try {
    found = await read('/api/recordings', { cache: 'no-store' });
  } catch (error) {
    wonder(error);
    const key = error instanceof Refused ? REFUSALS[error.key] ?? 'unknown' : 'lost';
    say(at('status'), key);
    return undefined;
  }
  pause.reset();
  show(found.recordings);
  return PERIOD;
}

function show(recordings) {
  if (recordings.length) hush(at('status'));
  else say(at('status'), 'recordings-none');
  const newest = [...recordings].sort((one, other) => other.started.localeCompare(one.started));
  newest.forEach((recording, place) => {
    const row = rows.get(recording.id) ?? shelve(recording);
    describe(row, recording);
    const before = at('list').children[place];
    if (before !== row.item) at('list').insertBefore(row.item, before ?? null);
  });
  const known = new Set(newest.map((recording) => recording.id));
  for (const [id, row] of rows) if (!known.has(id)) forget(id, row);
}

function forget(id, row) {
  row.item.remove();
  rows.delete(id);
}

function shelve(recording) {
  const row = { item: document.createElement('li') };
  for (const name of ['title', 'date', 'length', 'size', 'state']) row[name] = row.item.appendChild(part(name));
  const play = row.item.appendChild(document.createElement('button'));
  play.type = 'button';
  say(play, 'play');
  play.addEventListener('click', () => open(row, recording.id));
  const link = row.item.appendChild(document.createElement('a'));
  Object.assign(link, { className: 'button', href: fileAddress(`/recordings/${recording.id}`), download: '' });
  say(link, 'download');
  rows.set(recording.id, row);
  return row;
}

function part(name) {
  const made = document.createElement(name === 'title' ? 'h2' : 'span');
  made.className = name;
  return made;
}

function describe(row, recording) {
  row.title.textContent = recording.stream;
  sayDate(row.date, 'date', new Date(recording.started));
  row.length.textContent = clock(recording.seconds);
  say(row.size, 'size', { size: Math.max(1, Math.round(recording.bytes / MEGABYTE)) });
  row.state.dataset.state = recording.state === 'done' && !recording.whole ? 'gap' : recording.state;
  const gaps = recording.gaps ?? [];
  const seconds = Math.ceil(gaps.reduce((sum, gap) => sum + gap.seconds, 0));
  if (recording.state !== 'done') say(row.state, STATES[recording.state] ?? STATES.interrupted);
  else if (recording.whole) say(row.state, 'state-whole');
  else if (recording.unhealed) say(row.state, UNHEALED[recording.unhealed] ?? 'item-unhealed');
  else if (recording.healed) say(row.state, 'item-healed', healed(recording));
  else if (gaps.length > 1) say(row.state, 'state-gaps', { count: gaps.length, seconds });
  else if (gaps.length) say(row.state, 'state-gap', { seconds });
  else say(row.state, 'state-not-whole');
}

function healed({ seconds, missing = 0 }) {
  const share = Math.min(1 - missing / Math.max(seconds, 1), 0.9999);
  return { complete: (Math.floor(share * 10000) / 100).toFixed(2), missing: Math.ceil(missing) };
}

function open(row, id) {
  for (const other of document.querySelectorAll('#list video')) other.remove();
  const video = document.createElement('video');
  Object.assign(video, { controls: true, autoplay: true, playsInline: true, preload: 'metadata' });
  video.addEventListener('error', () => say(row.state, 'cannot-play'));
  video.src = fileAddress(`/recordings/${id}`);
  row.item.append(video);
  video.focus();
  video.scrollIntoView({ block: 'nearest' });
}
