// A terminal's screen: xterm, made safe for what hosts send, and fit for this page's content security policy.

import { TerminalLine } from "./terminal_line.js";

export const THEME = {
  background: "#0b1220",
  foreground: "#e2e8f0",
  cursor: "#f8fafc",
  selectionBackground: "#3b5b92",
};
export const FONT = '"JetBrains Mono", "DejaVu Sans Mono", "Cascadia Mono", Consolas, Menlo, monospace';
const MOST = 500; // rows and columns that labd takes
const TITLES_LINKS_CLIPBOARD_COLOURS = [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 52, 104, 110, 111, 112, 633, 777, 1337];

let loading = null;

/** Give `<style>` elements this page's nonce, and styles of attributes another way: the policy refuses both else. */
function bendToPolicy() {
  const nonce = document.querySelector("script[nonce]")?.nonce ?? "";
  const create = document.createElement;
  document.createElement = function (name, options) {
    const element = create.call(document, name, options);
    if (String(name).toLowerCase() === "style") element.nonce = nonce;
    return element;
  };
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };
}

async function loaded() {
  bendToPolicy();
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = new URL("./vendor/xterm.css", import.meta.url).href;
  const styled = new Promise((resolve) => {
    sheet.addEventListener("load", resolve);
    sheet.addEventListener("error", resolve);
  });
  document.head.append(sheet);
  const [xterm, fit, search, unicode] = await Promise.all([
    import("./vendor/xterm.mjs"),
    import("./vendor/addon-fit.mjs"),
    import("./vendor/addon-search.mjs"),
    import("./vendor/addon-unicode11.mjs"),
    styled,
  ]);
  return { ...xterm, ...fit, ...search, ...unicode };
}

/** Load the terminal's code, once, when the first terminal opens. */
export function load() {
  loading ??= loaded();
  return loading;
}

/**
 * Have what a host sends be shown, and do nothing else: no titles, links, clipboard, no answers typed in its name.
 *
 * What a program asks now (where the cursor is, what this terminal can do) is answered; what one asked in the past is
 * not: it would be typed into whatever runs by now. `past` returns whether it is the past that is being shown.
 */
export function guard(term, past) {
  const parser = term.parser;
  const swallow = () => true;
  for (const number of TITLES_LINKS_CLIPBOARD_COLOURS) parser.registerOscHandler(number, swallow);
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, swallow);
  parser.registerDcsHandler({ intermediates: "+", final: "q" }, swallow);
  parser.registerCsiHandler({ final: "t" }, swallow);
  parser.registerCsiHandler({ prefix: ">", final: "q" }, swallow);
  for (const prefix of ["", ">", "="]) parser.registerCsiHandler({ prefix, final: "c" }, past);
  for (const prefix of ["", "?"]) {
    parser.registerCsiHandler({ prefix, final: "n" }, past);
    parser.registerCsiHandler({ prefix, intermediates: "$", final: "p" }, past);
  }
}

/** One terminal on the page: its screen in an element, its line to the host. */
export class TerminalScreen {
  constructor(code, element, address, { settings, label, readOnly, onState, onEnded, onUnsent, onLeave, onFind }) {
    this.element = element;
    this.readOnly = readOnly; // it has the size that its owner gives it, and nothing is typed but with their consent
    this.mayType = !readOnly;
    element.classList.toggle("lab-read-only", readOnly);
    this.hooks = { onState, onEnded, onUnsent, onLeave, onFind };
    this.replaying = true;
    this.control = false;
    this.term = new code.Terminal({
      allowProposedApi: true,
      cursorBlink: false,
      disableStdin: readOnly,
      fontFamily: FONT,
      fontSize: settings.size,
      screenReaderMode: settings.reader,
      minimumContrastRatio: 4.5,
      scrollback: 10_000,
      theme: THEME,
      linkHandler: { activate() {} },
    });
    this.fit = new code.FitAddon();
    this.search = new code.SearchAddon();
    for (const addon of [this.fit, this.search, new code.Unicode11Addon()]) this.term.loadAddon(addon);
    this.term.unicode.activeVersion = "11";
    // For who looks only, the owner's own terminal answers.
    guard(this.term, () => this.replaying || this.readOnly);
    this.term.open(element);
    this.term.textarea.setAttribute("aria-label", label);
    this.term.attachCustomKeyEventHandler((event) => this.key(event));
    this.term.onData((text) => this.typed(text));
    this.term.onBinary((text) => this.sent(Uint8Array.from(text, (sign) => sign.charCodeAt(0) & 255)));
    this.line = new TerminalLine(address, {
      begin: (frame) => this.begin(frame),
      output: (bytes, replayed, drawn) => this.output(bytes, replayed, drawn),
      resized: ({ rows, columns }) => this.resize(rows, columns),
      ended: () => this.hooks.onEnded(),
      state: (word, seconds) => this.hooks.onState(word, seconds),
    });
    this.watch = new ResizeObserver(() => {
      cancelAnimationFrame(this.fitting);
      this.fitting = requestAnimationFrame(() => this.fitted());
    });
    this.watch.observe(element);
    this.line.open();
  }

  begin({ reset, rows, columns }) {
    if (reset) this.term.reset();
    if (rows && columns) this.resize(rows, columns);
    this.fitted();
  }

  output(bytes, replayed, drawn) {
    if (replayed) this.term.write("", () => { this.replaying = true; });
    this.term.write(bytes, () => {
      this.replaying = false;
      if (replayed) this.toEnd();
      drawn();
    });
  }

  fitted() {
    if (this.readOnly || !this.element.clientWidth || !this.element.clientHeight) return;
    const wanted = this.fit.proposeDimensions();
    if (!wanted || !wanted.rows || !wanted.cols) return;
    const rows = Math.min(MOST, Math.max(2, wanted.rows));
    const cols = Math.min(MOST, Math.max(20, wanted.cols));
    if (rows === this.term.rows && cols === this.term.cols) return;
    this.resize(rows, cols);
    this.line.resize(rows, cols);
  }

  resize(rows, columns) {
    const { viewportY, baseY } = this.term.buffer.active;
    if (viewportY === baseY) this.toEnd();
    this.term.resize(columns, rows);
  }

  /** Show the newest lines once xterm has drawn anew: before, it scrolls by the height that it had. */
  toEnd() {
    cancelAnimationFrame(this.ending);
    this.ending = requestAnimationFrame(() => {
      this.term.refresh(0, this.term.rows - 1);
      this.ending = requestAnimationFrame(() => this.term.scrollToBottom());
    });
  }

  /** Return whether xterm is to handle a key. */
  key(event) {
    if (event.type !== "keydown") return true;
    const both = event.ctrlKey && event.shiftKey && !event.altKey && !event.metaKey;
    if ((both && event.key === "ArrowUp") || (event.shiftKey && event.key === "F6")) return this.taken(event, "onLeave");
    if (both && event.code === "KeyF") return this.taken(event, "onFind");
    if (both && event.code === "KeyC") {
      event.preventDefault();
      this.copy();
      return false;
    }
    return !(both && event.code === "KeyV"); // the browser's own paste follows
  }

  taken(event, hook) {
    event.preventDefault();
    this.hooks[hook]();
    return false;
  }

  copy() {
    const chosen = this.term.getSelection();
    if (chosen) navigator.clipboard?.writeText(chosen);
  }

  paste(text) {
    this.term.paste(text);
  }

  /** Type text as the keyboard does. */
  type(text) {
    this.term.input(text, true);
  }

  typed(text) {
    let signs = text;
    if (this.control && text.length === 1) {
      const code = text.toUpperCase().charCodeAt(0);
      if (code >= 63 && code <= 95) signs = String.fromCharCode(code === 63 ? 127 : code & 31);
      this.holdControl(false);
    }
    this.sent(new TextEncoder().encode(signs));
  }

  sent(bytes) {
    if (this.mayType && !this.line.send(bytes)) this.hooks.onUnsent();
  }

  /** Let who looks type, or no longer. */
  letType(may) {
    this.mayType = !this.readOnly || may;
    this.term.options.disableStdin = !this.mayType;
    this.element.classList.toggle("lab-along", this.readOnly && may);
  }

  /** Make the next sign a control sign: for keyboards without that key. */
  holdControl(held) {
    this.control = held;
    this.onControl?.(held);
  }

  set({ size, reader }) {
    this.term.options.fontSize = size;
    this.term.options.screenReaderMode = reader;
    this.fitted();
  }

  focus() {
    this.fitted();
    this.term.focus();
  }

  close() {
    cancelAnimationFrame(this.ending);
    this.watch.disconnect();
    this.line.close();
    this.term.dispose();
  }
}
