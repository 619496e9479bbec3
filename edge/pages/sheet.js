// Shows a document or a picture of the library on the projector, one page at a time.

import { fileAddress } from './node.js';

const SETTLING = 400;      // ms in which the page before stays in front: the viewer still draws

export class Sheet {
  #shown = '';

  constructor(place) { this.place = place; }

  show({ address, page, media_type: kind }) {
    this.place.hidden = false;
    if (this.#shown === `${address} ${page}`) return;
    this.#shown = `${address} ${page}`;
    const before = [...this.place.children];
    const made = kind === 'application/pdf' ? paper(address, page) : picture(address);
    made.addEventListener('load', () => setTimeout(() => before.forEach((one) => one.remove()), SETTLING));
    this.place.prepend(made);                            // what comes later in a page lies in front
  }

  hide() {
    this.#shown = '';
    this.place.hidden = true;
    this.place.replaceChildren();
  }
}

function paper(address, page) {
  const made = document.createElement('iframe');
  made.src = `${fileAddress(address)}#page=${page}&view=Fit&zoom=page-fit&toolbar=0&navpanes=0`;
  return made;
}

function picture(address) {
  const made = document.createElement('img');
  Object.assign(made, { alt: '', src: fileAddress(address) });
  return made;
}
