// Says on every page that this computer's disk cannot be used, until it can; fetched only where that is so.

import { Lost, read, sleep, wonder } from './node.js';
import { say } from './words.js';

const PERIOD = 10000;      // ms between looks whether the disk is back
const SENTENCES = { 'read-only': 'trouble-read-only', 'disk-full': 'trouble-disk-full' };

const line = document.createElement('p');
line.className = 'trouble';
line.setAttribute('role', 'alert');
document.body.prepend(line);

for (;;) {
  try {
    const { trouble } = await read('/api/node', { cache: 'no-store' });
    line.hidden = !trouble;
    if (trouble) say(line, SENTENCES[trouble] ?? 'trouble-journal-broken');
  } catch (error) {
    if (!(error instanceof Lost)) wonder(error);
  }
  await sleep(PERIOD);
}
