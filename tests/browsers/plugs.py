"""Scripts that run in a page before its own: plugs that a test pulls out, and an ear."""

# A browser's own fake camera and microphone with `plug('camera', 'gone')`; states: here, gone, busy, denied;
# and slow, which is answered when it is here.
PLUGS = """
if (navigator.mediaDevices) {
  const media = navigator.mediaDevices;
  const FAULTS = { gone: 'NotFoundError', busy: 'NotReadableError', denied: 'NotAllowedError' };
  const state = { camera: 'here', microphone: 'here' };
  const kindOf = (wish) => (wish.video ? 'camera' : 'microphone');
  const open = media.getUserMedia.bind(media);
  const list = media.enumerateDevices.bind(media);
  window.tracks = { camera: [], microphone: [] };
  window.wishes = [];
  media.getUserMedia = async (wish) => {
    const kind = kindOf(wish);
    window.wishes.push(wish);
    while (state[kind] === 'slow') await new Promise((done) => { setTimeout(done, 50); });
    if (state[kind] !== 'here') throw new DOMException(state[kind], FAULTS[state[kind]]);
    const stream = await open(wish);
    window.tracks[kind].push(...stream.getTracks());
    return stream;
  };
  media.enumerateDevices = async () => {
    const kinds = { videoinput: 'camera', audioinput: 'microphone' };
    return (await list()).filter((one) => state[kinds[one.kind]] !== 'gone');
  };
  window.plug = (kind, now) => {
    state[kind] = now;
    if (now === 'gone') {
      for (const track of window.tracks[kind].filter((one) => one.readyState === 'live')) {
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
    }
    if (['here', 'gone'].includes(now)) media.dispatchEvent(new Event('devicechange'));
    return true;
  };
}
"""

# How loud 1000 Hz is in what an element plays, in dB; below -100 there is nothing.
LISTEN = """
window.loudness = (element) => {
  const context = window.context ??= new AudioContext();
  const ear = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(element.srcObject).connect(ear);
  const bins = new Float32Array(ear.frequencyBinCount);
  return () => {
    ear.getFloatFrequencyData(bins);
    return bins[Math.round(1000 / (context.sampleRate / ear.fftSize))];
  };
};
"""
