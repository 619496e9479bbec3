// Keeps picture and sound on the way to the node: WHIP, and again by itself after a cut until it is stopped.

import { Pause, Refused, ask, sleep, wonder } from './node.js';
import { Session } from './peer.js';

const PATIENCE = 2000;     // ms "disconnected" may last before we connect anew; a lost packet or two heals sooner
const LOOK = 250;

// A slide is unreadable at 360 lines: what is written keeps its lines and gives up movement instead.
const PRESETS = {
  thin: { bits: 500000, camera: [360, 20], screen: [720, 5] },
  normal: { bits: 1200000, camera: [720, 25], screen: [720, 12] },
  good: { bits: 2500000, camera: [720, 25], screen: [1080, 15] },
};
const SPEECH = 32000;      // bit/s, mono

export class Publisher {
  #session = null;
  #turn = new AbortController();
  #pause = new Pause();
  #isStale = false;        // a camera or microphone came that this session has no place for
  #tuned = Promise.resolve();

  /** capture has picture, microphone, isScreen; tell(state, error) with off, starting, live, lost or refused.

      `encode` says how the picture is to be sent. A standing line has a place for picture and sound also while there
      is none, and a node that refuses it is asked again. */
  constructor(capture, tell, { encode = lesson, isStanding = false } = {}) {
    Object.assign(this, { capture, tell, encode, isStanding, preset: 'normal', since: null });
  }

  start(path, codec) {
    this.#turn = new AbortController();
    this.since = null;
    this.tell('starting');
    this.#keepOn(path, codec, this.#turn.signal);
  }

  stop() {
    this.#turn.abort();
    this.#pause.wake();
    this.#session?.close();
    this.#session = null;
    this.tell('off');
  }

  wake() {
    this.#pause.reset();
    this.#pause.wake();
  }

  leave() { this.#session?.close(); }

  /** Sends the picture and sound as they are now, without a new session. */
  refresh() {
    this.#tuned = this.#tuned.catch(() => {}).then(() => this.#tune());   // one at a time: a browser takes no two at once
    return this.#tuned;
  }

  async #tune() {
    if (!this.#session) return;
    const [video, audio] = ['video', 'audio'].map((kind) => this.#sender(kind));
    this.#isStale = Boolean((this.capture.picture && !video) || (this.capture.microphone && !audio));
    await Promise.all([video?.replaceTrack(this.capture.picture), audio?.replaceTrack(this.capture.microphone)]);
    if (!video || !this.capture.picture) return;
    const wanted = video.getParameters();
    Object.assign(wanted.encodings[0], this.encode(this));
    await video.setParameters(wanted);
  }

  #sender(kind) {
    return this.#session.pc.getTransceivers().find((one) => one.receiver.track.kind === kind)?.sender;
  }

  async #keepOn(path, codec, turn) {
    this.#pause.reset();
    while (!turn.aborted) {
      let seconds;
      this.#pause.begin();
      try {
        await this.#once(path, codec, turn);
      } catch (error) {
        wonder(error);
        const isFinal = error instanceof Refused && this.since === null && !this.isStanding;
        if (isFinal && !turn.aborted) return this.tell('refused', error);
        seconds = error.seconds;
      }
      if (turn.aborted) return undefined;
      this.tell('lost');
      await this.#pause.over(seconds);
    }
    return undefined;
  }

  /** Ends the session the node may still hold, so that the name is free; Lost while the node cannot be reached. */
  async #giveBack() {
    if (!this.#session) return;
    this.#session.pc.close();
    await ask(this.#session.address, { method: 'DELETE', timeout: 1500 }).catch((error) => {
      if (!(error instanceof Refused)) throw error;    // a node that has forgotten the session is as good
    });
    this.#session = null;
  }

  async #once(path, codec, turn) {
    const pc = new RTCPeerConnection();
    let session;
    try {
      await this.#giveBack();
      this.#offer(pc, codec);
      session = await Session.open(path, pc, speech);
      if (turn.aborted) return session.close();
      this.#session = session;
    } catch (error) {
      pc.close();
      throw error;
    }
    this.since ??= Date.now();
    this.#pause.reset();
    this.tell('live');
    await this.refresh();
    return this.#hold(session, turn);
  }

  async #hold(session, turn) {
    let bad = 0;
    while (!turn.aborted && !this.#isStale && !session.isBroken && bad < PATIENCE) {
      await sleep(LOOK);
      bad = session.pc.connectionState === 'connected' ? 0 : bad + LOOK;
    }
  }

  #offer(pc, codec) {
    const common = { direction: 'sendonly', streams: [new MediaStream()] };
    const { picture, microphone } = this.capture;
    if (picture || this.isStanding) {
      const sending = { ...common, sendEncodings: [this.encode(this)] };
      const video = pc.addTransceiver(picture ?? 'video', sending);
      video.setCodecPreferences?.(chosen(codec));
      keepLines(video.sender);
    }
    if (microphone || this.isStanding) {
      pc.addTransceiver(microphone ?? 'audio', { ...common, sendEncodings: [{ maxBitrate: SPEECH, priority: 'high' }] });
    }
  }
}

export function canSend(codec) { return chosen(codec).length > 0; }

/** On a thin link frames are given up, not lines: a blackboard at half its lines cannot be read. */
function keepLines(sender) {
  const wish = { ...sender.getParameters(), degradationPreference: 'maintain-resolution' };
  sender.setParameters(wish).catch(wonder);
}

/** How a lesson's picture is sent on the link that the teacher has chosen. */
function lesson({ capture, preset }) {
  const { bits, camera, screen } = PRESETS[preset];
  const [lines, frames] = capture.isScreen ? screen : camera;
  return encoding(capture.picture, lines, frames, bits);
}

export function encoding(picture, lines, frames, bits) {
  const { height = lines } = picture?.getSettings() ?? {};
  return { maxBitrate: bits, maxFramerate: frames, scaleResolutionDownBy: Math.max(1, height / lines) };
}

/** One codec and its retransmission, so that what the page says is what is sent. */
function chosen(codec) {
  const all = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const named = all.filter((one) => one.mimeType === `video/${codec}`);
  return named.length ? [...named, ...all.filter((one) => one.mimeType === 'video/rtx')] : [];
}

/** The answer's wish for the sound: mono, 32 kbit/s, forward error correction, and no silence that looks like a loss. */
function speech(sdp) {
  const type = /a=rtpmap:(\d+) opus\/48000/i.exec(sdp)?.[1];
  if (!type) return sdp;
  const wish = `stereo=0;sprop-stereo=0;maxaveragebitrate=${SPEECH};usedtx=0;useinbandfec=1;minptime=10`;
  const without = sdp.replace(new RegExp(`a=fmtp:${type} [^\r\n]*\r?\n`), '');
  return without.replace(new RegExp(`(a=rtpmap:${type} [^\r\n]*\r?\n)`), `$1a=fmtp:${type} ${wish}\r\n`);
}
