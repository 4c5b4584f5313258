// The line to a terminal: a WebSocket that comes back by itself, and knows which byte it has seen last.

import { LINE_BACK } from "./event_line.js";
import { openSocket } from "./portal.js";

const SHORTEST_WAIT = 500;
const LONGEST_WAIT = 20_000;
const ASLEEP = 20_000; // a timer that comes this late means that the computer slept: the line is dead by then
const BEAT = 5_000;
const MOST_AT_ONCE = 16_384;
const TOO_MUCH = 4_000_000; // bytes that wait to be drawn: the line is let go, and taken up where it was
const LITTLE = 200_000;
const FINAL = { 4404: "missing", 4401: "signed-out", 4403: "forbidden", 4408: "over", 4409: "closed" };
const STOPPED = 4425; // a candidate's machines take no input now: the line comes back once they do
const STOPPED_WAIT = 3_000;

/**
 * A terminal's line. The hooks: `begin({reset, rows, columns})` before what is shown since; `output(bytes, replayed,
 * drawn)` with a function to call once they are drawn; `resized({rows, columns})`; `ended()`; `state(word, seconds)`.
 */
export class TerminalLine {
  constructor(address, hooks) {
    this.address = address;
    this.hooks = hooks;
    this.position = null;
    this.tries = 0;
    this.undrawn = 0;
    this.early = []; // what is typed before the line is there for the first time
    this.over = false;
    this.goOnline = () => this.again();
    this.goOffline = () => this.drop("offline");
    window.addEventListener("online", this.goOnline);
    window.addEventListener(LINE_BACK, this.goOnline);
    window.addEventListener("offline", this.goOffline);
    let before = Date.now();
    this.beat = setInterval(() => {
      const asleep = Date.now() - before > BEAT + ASLEEP;
      before = Date.now();
      if (asleep) this.again();
    }, BEAT);
  }

  get connected() {
    return this.socket?.readyState === WebSocket.OPEN && this.begun;
  }

  open() {
    clearTimeout(this.waiting);
    if (this.over || this.socket) return;
    const seen = this.position === null ? "" : `?after=${this.position}`;
    const socket = openSocket(`${this.address}${seen}`);
    this.socket = socket;
    this.begun = false;
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.socket) return;
      if (typeof data === "string") this.told(JSON.parse(data));
      else this.shown(new Uint8Array(data));
    });
    socket.addEventListener("close", ({ code }) => socket === this.socket && this.lost(code));
  }

  told(frame) {
    if ("at" in frame) this.begin(frame); // again for a reader so slow that something is kept no longer
    else if (frame.rows) this.hooks.resized(frame);
    if (frame.ended) this.hooks.ended();
  }

  begin(frame) {
    this.begun = true;
    this.tries = 0;
    this.skip = frame.reset ? 0 : Math.max(0, (this.position ?? frame.at) - frame.at);
    this.position = frame.reset || this.position === null ? frame.at : this.position;
    this.replayedUntil = frame.end;
    this.hooks.begin(frame);
    this.hooks.state("connected");
    const early = this.early ?? [];
    this.early = null;
    for (const bytes of early) this.send(bytes);
  }

  shown(bytes) {
    const known = Math.min(this.skip, bytes.length);
    this.skip -= known;
    this.hand(bytes.subarray(known));
  }

  /** Hand bytes on, those of the past apart from those of now: a question of the past is not to be answered. */
  hand(bytes) {
    const past = Math.max(0, Math.min(bytes.length, this.replayedUntil - this.position));
    for (const [some, replayed] of [[bytes.subarray(0, past), true], [bytes.subarray(past), false]]) {
      if (!some.length) continue;
      this.undrawn += some.length;
      this.hooks.output(some, replayed, () => this.drawn(some.length));
    }
    this.position += bytes.length;
    if (this.undrawn > TOO_MUCH) this.drop("busy");
  }

  drawn(count) {
    this.undrawn -= count;
    if (this.full && this.undrawn < LITTLE) this.again();
  }

  lost(code) {
    this.socket = null;
    this.early = null;
    if (code in FINAL) {
      this.hooks.state(FINAL[code]);
      this.close();
      return;
    }
    if (!navigator.onLine) {
      this.hooks.state("offline");
      return;
    }
    if (code === STOPPED) {
      this.hooks.state("stopped");
      this.waiting = setTimeout(() => this.open(), STOPPED_WAIT * (0.75 + Math.random() / 2));
      return;
    }
    const wait = Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.tries += 1;
    this.hooks.state("reconnecting", Math.ceil(wait / 1000));
    this.waiting = setTimeout(() => this.open(), wait);
  }

  /** Let the line go until something calls it back. */
  drop(word) {
    clearTimeout(this.waiting);
    this.full = word === "busy";
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    if (!this.over && !this.full) this.hooks.state(word);
  }

  /** Take the line up now, whatever it thinks of itself. */
  again() {
    if (this.over) return;
    this.drop("reconnecting");
    this.full = false;
    this.open();
  }

  /** Send typed bytes; false where they cannot be sent: once the line was there, they are not sent later either. */
  send(bytes) {
    if (!this.connected) return Boolean(this.early?.push(bytes));
    for (let at = 0; at < bytes.length; at += MOST_AT_ONCE) this.socket.send(bytes.subarray(at, at + MOST_AT_ONCE));
    return true;
  }

  resize(rows, columns) {
    if (this.connected) this.socket.send(JSON.stringify({ resize: [rows, columns] }));
  }

  close() {
    this.over = true;
    clearInterval(this.beat);
    window.removeEventListener("online", this.goOnline);
    window.removeEventListener(LINE_BACK, this.goOnline);
    window.removeEventListener("offline", this.goOffline);
    this.drop("closed");
  }
}
