// One WebRTC session with the node, the same for watching (WHEP) and teaching (WHIP, RFC 9725).

import { Lost, ask, dismiss } from './node.js';

const CONNECT = 8000;      // ms from the answer to ICE and DTLS being up; a LAN needs 0.5 s

export class Session {
  constructor(pc, address) {
    Object.assign(this, { pc, address });
  }

  /** Sends the offer at once, before any candidate is known: the node finds us by our checks. */
  static async open(path, pc, tune = (answer) => answer) {
    const offer = await pc.createOffer();
    await pc.setLocalDescription({ type: 'offer', sdp: withAudioNack(offer.sdp) });
    const reply = await ask(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: pc.localDescription.sdp,
    });
    const session = new Session(pc, new URL(reply.headers.get('Location'), reply.url).href);
    try {
      await pc.setRemoteDescription({ type: 'answer', sdp: tune(await reply.text().catch(lose)) });
      await connected(pc);
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  /** True once either end is gone; the transport knows of the node's goodbye before the connection does. */
  get isBroken() {
    const states = [...this.pc.getTransceivers().map((one) => one.receiver.transport?.state), this.pc.connectionState];
    return states.some((state) => state === 'failed' || state === 'closed');
  }

  close() {
    this.pc.close();
    dismiss(this.address);
  }
}

/** Browsers ask again for lost pictures only; with this line Chromium does so for sound too (RFC 4585). */
function withAudioNack(sdp) {
  const type = /a=rtpmap:(\d+) opus\/48000/i.exec(sdp)?.[1];
  if (!type || sdp.includes(`a=rtcp-fb:${type} nack`)) return sdp;
  return sdp.replace(new RegExp(`(a=rtpmap:${type} opus[^\r\n]*\r\n)`, 'i'), `$1a=rtcp-fb:${type} nack\r\n`);
}

function lose(error) { throw new Lost(error.message); }

function connected(pc) {
  return new Promise((done, lost) => {
    const late = setTimeout(() => lost(new Lost('not connected in time')), CONNECT);
    const look = () => {
      if (pc.connectionState === 'connected') done();
      else if (['failed', 'closed'].includes(pc.connectionState)) lost(new Lost(pc.connectionState));
      else return;
      clearTimeout(late);
    };
    pc.addEventListener('connectionstatechange', look);
    look();
  });
}
