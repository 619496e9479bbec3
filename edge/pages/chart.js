// Curves over time in one frame: axes with units, a colour, a line and a mark for each; drawn as SVG.

const SPACE = 'http://www.w3.org/2000/svg';
const SIZE = { width: 960, height: 420, left: 74, right: 16, top: 16, bottom: 52 };
const COLUMNS = 300;       // places along the time that are told apart: two to three points of the frame
const MARKS = 8;           // along a curve
const COLOURS = ['accent', 'info', 'ok', 'bad', 'text', 'muted'];
const SHAPES = ['●', '■', '▲', '◆', '✕', '○', '□', '△'];
const STROKES = ['', '9 5', '2 5'];

/** The look of the curve in this place: no two of the first 24 are alike in both shape and colour. */
export function look(place) {
  return {
    colour: COLOURS[place % COLOURS.length],
    shape: SHAPES[(place + Math.floor(place / COLOURS.length)) % SHAPES.length],
    stroke: STROKES[Math.floor(place / COLOURS.length) % STROKES.length],
    place,
  };
}

/** Draws curves {points, look} over calm ones {points}; `words` are what stands at the axes. */
export function draw(svg, curves, calm, words) {
  const all = [...curves, ...calm].map((one) => one.points).filter((points) => points.length);
  svg.setAttribute('viewBox', `0 0 ${SIZE.width} ${SIZE.height}`);
  const frame = framed(all);
  svg.replaceChildren(
    ...axes(frame, words),
    ...calm.map((one) => path(frame, one.points, { class: 'calm-curve' })),
    ...curves.flatMap((one) => curve(frame, one)),
  );
}

function framed(all) {
  const times = all.flatMap((points) => [points[0][0], points.at(-1)[0]]);
  let [low, high] = [Infinity, -Infinity];
  for (const [, value] of all.flat()) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const [from, to] = times.length ? [Math.min(0, ...times), Math.max(...times)] : [0, 60];
  const isFlat = !(high > low);
  const [bottom, top] = Number.isFinite(low) ? (isFlat ? [low - 1, high + 1] : [low, high]) : [0, 1];
  const margin = (top - bottom) * 0.05;
  return { from, to: to > from ? to : from + 10, bottom: bottom - margin, top: top + margin };
}

function axes(frame, words) {
  const lines = [];
  const { step: up, ticks: values } = ticks(frame.bottom, frame.top, 6);
  for (const value of values) {
    const y = down(frame, value);
    lines.push(made('line', { x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y, y2: y, class: 'grid-line' }));
    lines.push(text(SIZE.left - 8, y + 5, shown(value, up), 'end'));
  }
  const { step: along, ticks: moments } = ticks(frame.from, frame.to, 8);
  for (const moment of moments) {
    const x = across(frame, moment);
    lines.push(made('line', { x1: x, x2: x, y1: SIZE.top, y2: SIZE.height - SIZE.bottom, class: 'grid-line' }));
    lines.push(text(x, SIZE.height - SIZE.bottom + 20, shown(moment, along), 'middle'));
  }
  lines.push(text((SIZE.left + SIZE.width) / 2, SIZE.height - 8, words.along, 'middle'));
  const turned = text(0, 0, words.up, 'middle');
  turned.setAttribute('transform', `translate(16 ${(SIZE.height - SIZE.bottom) / 2}) rotate(-90)`);
  return [...lines, turned];
}

function curve(frame, { points, look: seen, isPointed }) {
  const pointed = isPointed ? ' is-pointed' : '';
  const line = path(frame, points, { class: `curve of-${seen.colour}${pointed}`, 'stroke-dasharray': seen.stroke });
  const step = Math.max(1, Math.floor(points.length / MARKS));
  const first = Math.floor((seen.place * step) / COLOURS.length) % step;   // curves that lie close have their marks apart
  const marked = points.filter((_, place) => place % step === first || place === points.length - 1);
  const marks = marked.map(([moment, value]) => {
    const mark = text(across(frame, moment), down(frame, value) + 5, seen.shape, 'middle');
    mark.setAttribute('class', `mark of-${seen.colour}`);
    return mark;
  });
  return [line, ...marks];
}

function path(frame, points, attributes) {
  const places = thin(frame, points).map(([moment, value]) => [across(frame, moment), down(frame, value)]);
  const steps = places.map((place) => place.map((one) => one.toFixed(1)).join(' '));
  return made('path', { ...attributes, d: steps.length ? `M${steps.join('L')}` : '' });
}

/** Of each column the lowest and the highest: a short peak is not lost, and a long curve is not slow. */
function thin(frame, points) {
  if (points.length <= COLUMNS * 2) return points;
  const kept = [];
  let column = -1;
  let [least, most] = [null, null];
  const close = () => {
    if (least) kept.push(...(least === most ? [least] : [least, most].sort((one, other) => one[0] - other[0])));
  };
  for (const point of points) {
    const here = Math.floor(((point[0] - frame.from) / (frame.to - frame.from)) * COLUMNS);
    if (here !== column) {
      close();
      [column, least, most] = [here, point, point];
    }
    if (point[1] < least[1]) least = point;
    if (point[1] > most[1]) most = point;
  }
  close();
  return kept;
}

/** Round numbers between two values, about `count` of them. */
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const first = Math.ceil(low / step);
  const amount = Math.floor(high / step) - first + 1;
  return { step, ticks: Array.from({ length: amount }, (_, place) => (first + place) * step) };
}

function shown(value, step) {
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
  return value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

function across(frame, moment) {
  return SIZE.left + ((moment - frame.from) / (frame.to - frame.from)) * (SIZE.width - SIZE.left - SIZE.right);
}

function down(frame, value) {
  const height = SIZE.height - SIZE.top - SIZE.bottom;
  return SIZE.top + height * (1 - (value - frame.bottom) / (frame.top - frame.bottom));
}

function text(x, y, said, anchor) {
  const element = made('text', { x, y, 'text-anchor': anchor });
  element.textContent = said;
  return element;
}

function made(tag, attributes) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== '') element.setAttribute(name, value);
  return element;
}
