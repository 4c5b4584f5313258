// A host's screen: noVNC, a line that comes back by itself, the keyboard and the clipboard of whoever sits before it.

import { DesktopKeys } from "./desktop_keys.js";
import { LINE_BACK } from "./event_line.js";
import { openSocket } from "./portal.js";
import RFB from "./vendor/novnc/core/rfb.js";

const SHORTEST_WAIT = 500;
const LONGEST_WAIT = 20_000;
const OFF_WAIT = 3_000;
const BEAT = 5_000;
const ASLEEP = 20_000; // a timer that comes this late means that the computer slept: the line is dead by then
const OFF = 4410;
const STOPPED = 4425; // a candidate's machines take no input now: the screen comes back once they do
const FINAL = { 4404: "screen_missing", 4401: "signed-out", 4403: "screen_missing", 4408: "over" };
const COPIES = 5_000; // milliseconds after a key that copies in which what is copied may reach this computer's clipboard
const PASTES = 150; // milliseconds in which a browser says what is pasted
const ARRIVES = 500; // milliseconds that a new text takes to the desktop's clipboard, and to who pastes it: RDP is slow
const PACE = 12; // milliseconds between two signs that are typed for somebody

/** One screen in an element of the page. */
export class DesktopScreen {
  constructor(element, address, { label, readOnly, layout, onState, onLeave, onCopied, onWait }) {
    this.element = element;
    this.address = address;
    this.label = label;
    this.readOnly = readOnly;
    this.hooks = { onState, onLeave, onCopied, onWait };
    this.keys = new DesktopKeys((keysym, code, down) => this.rfb?.sendKey(keysym, code, down));
    this.keys.layout = layout;
    this.tries = 0;
    this.over = false;
    this.copying = 0;
    this.pasting = 0;
    this.held = null; // keys that wait for what is pasted before them
    this.given = null;
    for (const [name, take] of [["keydown", "pressed"], ["keyup", "released"], ["paste", "pasted"]]) {
      element.addEventListener(name, (event) => this[take](event), true);
    }
    this.goOnline = () => this.again();
    this.goOffline = () => this.drop("screen_offline");
    this.goBlur = () => this.keys.leave();
    window.addEventListener("online", this.goOnline);
    window.addEventListener(LINE_BACK, this.goOnline);
    window.addEventListener("offline", this.goOffline);
    window.addEventListener("blur", this.goBlur);
    let before = Date.now();
    this.beat = setInterval(() => {
      const asleep = Date.now() - before > BEAT + ASLEEP;
      before = Date.now();
      if (asleep) this.again();
    }, BEAT);
    this.open();
  }

  // The line -----------------------------------------------------------------------------------------------------

  open() {
    clearTimeout(this.waiting);
    if (this.over || this.socket) return;
    const socket = openSocket(this.address);
    this.socket = socket;
    socket.addEventListener("close", ({ code }) => socket === this.socket && this.lost(code));
    const rfb = new RFB(this.element, socket, { shared: true });
    this.rfb = rfb;
    rfb.scaleViewport = true;
    rfb.viewOnly = this.readOnly;
    rfb.background = "transparent";
    rfb.addEventListener("connect", () => rfb === this.rfb && this.connected());
    rfb.addEventListener("clipboard", ({ detail }) => rfb === this.rfb && this.copied(detail.text));
    // What does not speak as a screen does is let go; the socket's end says the rest.
    rfb.addEventListener("disconnect", () => socket === this.socket && socket.close());
  }

  connected() {
    this.tries = 0;
    const canvas = this.element.querySelector("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.label);
    canvas.tabIndex = 0;
    this.hooks.onState("connected");
    if (this.wanted) this.focus();
  }

  lost(code) {
    this.letGo();
    if (code in FINAL) {
      this.hooks.onState(FINAL[code]);
      this.close();
      return;
    }
    if (!navigator.onLine) {
      this.hooks.onState("screen_offline");
      return;
    }
    const waits = { [OFF]: "screen_off", [STOPPED]: "screen_stopped" }[code];
    const usual = waits ? OFF_WAIT : Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** this.tries);
    if (!waits) this.tries += 1;
    this.hooks.onState(waits ?? "screen_reconnecting");
    this.waiting = setTimeout(() => this.open(), usual * (0.75 + Math.random() / 2));
  }

  letGo() {
    clearTimeout(this.waiting);
    clearTimeout(this.pasting);
    this.held = null;
    this.given = null;
    this.wanted = this.element.contains(document.activeElement);
    this.keys.leave();
    const { rfb, socket } = this;
    this.rfb = null;
    this.socket = null;
    rfb?.disconnect();
    socket?.close();
  }

  drop(word) {
    if (this.over) return;
    this.letGo();
    this.hooks.onState(word);
  }

  /** Take the line up now, whatever it thinks of itself. */
  again() {
    if (this.over) return;
    this.letGo();
    this.tries = 0;
    this.open();
  }

  close() {
    this.over = true;
    this.letGo();
    clearInterval(this.beat);
    window.removeEventListener("online", this.goOnline);
    window.removeEventListener(LINE_BACK, this.goOnline);
    window.removeEventListener("offline", this.goOffline);
    window.removeEventListener("blur", this.goBlur);
  }

  // Keys ---------------------------------------------------------------------------------------------------------

  pressed(event) {
    if (event.target.tagName !== "CANVAS" || this.readOnly || this.holds(event)) return;
    const both = event.ctrlKey && event.shiftKey && !event.altKey && !event.metaKey;
    if ((both && event.key === "ArrowUp") || (event.shiftKey && event.key === "F6")) {
      take(event);
      this.keys.leave();
      this.hooks.onLeave();
      return;
    }
    const letter = event.key.toLowerCase();
    const control = (event.ctrlKey || event.metaKey) && !event.altKey;
    if ((control && (letter === "c" || letter === "x")) || (event.ctrlKey && event.key === "Insert")) {
      this.copying = Date.now() + COPIES;
    }
    if ((control && letter === "v") || (event.shiftKey && event.key === "Insert")) {
      event.stopImmediatePropagation(); // the browser then says what is pasted
      this.held = [];
      const keysym = letter === "v" ? event.key.charCodeAt(0) : 0xff63;
      this.finish = () => this.rfb?.sendKey(keysym, event.code);
      this.pasting = setTimeout(() => this.paste(), PASTES);
      return;
    }
    if (this.keys.pressed(event)) take(event);
  }

  released(event) {
    if (event.target.tagName !== "CANVAS" || this.holds(event)) return;
    if (this.keys.released(event)) take(event);
  }

  /** Return whether a key waits for what is pasted before it. */
  holds(event) {
    if (!this.held || !event.isTrusted) return false;
    take(event);
    this.held.push(event);
    return true;
  }

  pasted(event) {
    if (this.readOnly || !this.held) return;
    take(event);
    clearTimeout(this.pasting);
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const takes = text === this.given ? 0 : ARRIVES;
    this.offer(text);
    this.pasting = setTimeout(() => this.paste(takes), takes);
  }

  /** Press the key that pastes, then those that were pressed since. */
  paste(takes = 0) {
    this.finish?.();
    this.finish = null;
    this.pasting = setTimeout(() => this.release(), takes);
  }

  release() {
    const held = this.held ?? [];
    this.held = null;
    const canvas = this.element.querySelector("canvas");
    for (const event of held) canvas?.dispatchEvent(again(event));
  }

  /** Type a text, sign by sign; resolves once that is done. */
  async typeText(text) {
    for (const sign of text.normalize("NFC").replaceAll("\r\n", "\n")) {
      if (!this.rfb) return;
      this.keys.type(sign);
      await new Promise((done) => setTimeout(done, PACE));
    }
  }

  // The clipboard ------------------------------------------------------------------------------------------------

  /** Put a text into the clipboard of the desktop. */
  offer(text) {
    if (!text || !this.rfb) return;
    this.given = text;
    this.rfb.clipboardPasteFrom(text);
  }

  /** What was copied there reaches this computer's clipboard if a key for that was pressed here; else one may take it. */
  async copied(text) {
    if (this.readOnly) return;
    this.given = null; // the desktop's clipboard holds another text now
    let taken = false;
    if (Date.now() < this.copying) {
      try {
        await navigator.clipboard.writeText(text);
        taken = true;
      } catch {
        // the browser does not let us: a button does the same
      }
    }
    this.hooks.onCopied(text, taken);
  }

  // What every tab can do ----------------------------------------------------------------------------------------

  set() {}

  letType() {} // a trainer types in terminals only

  focus() {
    this.rfb?.focus({ preventScroll: true });
  }
}

/** The same key once more. */
function again(event) {
  const { key, code, location, repeat, ctrlKey, shiftKey, altKey, metaKey, type } = event;
  const modifiers = ["AltGraph", "CapsLock", "NumLock"].map((name) => [`modifier${name}`, event.getModifierState(name)]);
  const same = { key, code, location, repeat, ctrlKey, shiftKey, altKey, metaKey, bubbles: true, cancelable: true };
  return new KeyboardEvent(type, { ...same, ...Object.fromEntries(modifiers) });
}

function take(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
