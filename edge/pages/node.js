// The door to the node: requests with this tab's token, refusals as Refused, pauses that can be cut short.

const SLOWEST = 8000;      // ms; a classroom must not wait longer than this between two tries
const SOONEST = 500;

const token = takeToken();

export class Refused extends Error {
  constructor(status, problem, seconds) {
    super(problem.title ?? `refused with status ${status}`);
    Object.assign(this, { status, problem, seconds, key: problem.key });
  }
}

/** The node could not be reached in time, or the connection to it did not come up. */
export class Lost extends Error {}

/** Puts what is neither a refusal nor a cut into the console: we go on, but a fault of ours must be seen. */
export function wonder(error) {
  if (!(error instanceof Refused || error instanceof Lost)) console.error(error);
}

/** Answer of the node; Refused when it says no, Lost when it could not be reached in time. */
export async function ask(path, { timeout = 5000, signal, headers = {}, ...rest } = {}) {
  const limits = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
  const wish = { ...rest, headers: { ...bearer(), ...headers }, signal: either(limits) };
  const reply = await fetch(path, wish).catch((error) => { throw new Lost(error.message); });
  if (reply.ok) return reply;
  const problem = await reply.json().catch(() => ({}));
  throw new Refused(reply.status, problem, Number(reply.headers.get('Retry-After')) || undefined);
}

export async function read(path, options) {
  const reply = await ask(path, options);
  return reply.json().catch((error) => { throw new Lost(error.message); });
}

/** Tells the node to end a session; works while the page is being left. */
export function dismiss(address) {
  fetch(address, { method: 'DELETE', headers: bearer(), keepalive: true }).catch(() => {});
}

/** Address of a file for <video> and links, which cannot send headers. */
export function fileAddress(path) {
  return token ? `${path}?token=${encodeURIComponent(token)}` : path;
}

export function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* a browser that keeps nothing still plays */ }
}

export function recall(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

export const sleep = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

/** Waits 0.5 s, then twice as long each time up to 8 s, with jitter; wake() ends the wait at once. */
export class Pause {
  #length = SOONEST;
  #woken = false;
  #done = () => {};

  reset() { this.#length = SOONEST; }

  begin() { this.#woken = false; }

  wake() {
    this.#woken = true;
    this.#done();
  }

  async over(seconds) {
    const length = seconds === undefined ? this.#length * (0.75 + Math.random() / 2) : seconds * 1000;
    this.#length = Math.min(this.#length * 2, SLOWEST);
    if (!this.#woken) await Promise.race([sleep(length), new Promise((done) => { this.#done = done; })]);
  }
}

function bearer() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

function takeToken() {
  const here = new URL(location.href);
  const given = here.searchParams.get('token');
  try {
    if (given) sessionStorage.setItem('token', given);
    return given ?? sessionStorage.getItem('token');
  } catch {
    return given;
  } finally {
    here.searchParams.delete('token');                 // so that nobody reads it from the projector
    if (given) history.replaceState(null, '', here);
  }
}

function either(signals) {
  if (AbortSignal.any) return AbortSignal.any(signals);
  const both = new AbortController();                  // tablets with a Chromium older than 116
  for (const one of signals) one.addEventListener('abort', () => both.abort(one.reason));
  return both.signal;
}
