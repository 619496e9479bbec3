// A worker that ticks: the page's own timers sleep while the teacher's presentation covers it.

let timer;
onmessage = ({ data: milliseconds }) => {
  clearInterval(timer);
  if (milliseconds) timer = setInterval(() => postMessage(0), milliseconds);
};
