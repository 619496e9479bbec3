// Text with formulas from a prepared set: only what is on these lists comes onto the page, whatever stands in it.

const DEEPEST = 32;        // elements in each other: a fraction in a root in a power takes 9
const MOST = 2000;         // elements: the longest formula of a school book takes 300

const MATHS = 'http://www.w3.org/1998/Math/MathML';

const PLAIN = [
  'p', 'br', 'b', 'strong', 'i', 'em', 'u', 'sub', 'sup', 'ul', 'ol', 'li', 'table', 'tbody', 'tr', 'td', 'th', 'code',
];
const FORMULA = [
  'math', 'mrow', 'mi', 'mn', 'mo', 'mtext', 'mspace', 'mfrac', 'msqrt', 'mroot', 'msub', 'msup', 'msubsup',
  'munder', 'mover', 'munderover', 'mtable', 'mtr', 'mtd', 'mstyle', 'mpadded', 'mphantom', 'mmultiscripts',
  'mprescripts', 'semantics',
];
const GONE = ['script', 'style', 'annotation', 'annotation-xml', 'template', 'noscript', 'title', 'iframe', 'object'];
const LENGTH = /^-?\d{0,3}(\.\d{1,4})?(em|ex)$/;
const SAYS = {
  display: /^(block|inline)$/,
  mathvariant: /^normal$/,
  accent: /^(true|false)$/,
  accentunder: /^(true|false)$/,
  displaystyle: /^(true|false)$/,
  stretchy: /^(true|false)$/,
  fence: /^(true|false)$/,
  separator: /^(true|false)$/,
  form: /^(prefix|infix|postfix)$/,
  lspace: LENGTH,
  rspace: LENGTH,
  width: LENGTH,
  linethickness: /^0$/,
  columnspan: /^\d{1,2}$/,
  rowspan: /^\d{1,2}$/,
  colspan: /^\d{1,2}$/,
};

/** What may be shown of a question: its markup as far as we know it, or its text where it has none. */
export function markedUp(markup, text = '') {
  const made = document.createDocumentFragment();
  if (markup) new Copy().children(new DOMParser().parseFromString(markup, 'text/html').body, made, 0);
  if (!made.textContent.trim()) made.replaceChildren(text);
  return made;
}

class Copy {
  #left = MOST;

  /** Copies what is inside; an element we do not know leaves its text behind, one that is never text leaves nothing. */
  children(from, to, depth) {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
      else if (node.nodeType === Node.ELEMENT_NODE && !GONE.includes(node.localName)) this.#element(node, to, depth);
    }
  }

  #element(node, to, depth) {
    const isFormula = node.namespaceURI === MATHS;
    const isKnown = (isFormula ? FORMULA : PLAIN).includes(node.localName);
    if (depth >= DEEPEST || this.#left <= 0) return;
    if (!isKnown) {
      this.children(node, to, depth + 1);
      return;
    }
    this.#left -= 1;
    const made = isFormula ? document.createElementNS(MATHS, node.localName) : document.createElement(node.localName);
    for (const { name, value } of node.attributes) if (SAYS[name]?.test(value)) made.setAttribute(name, value);
    this.children(node, made, depth + 1);
    to.append(made);
  }
}
