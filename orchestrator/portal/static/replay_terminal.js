// A recorded terminal, played again: its events written to a screen up to a time. Times are seconds since it was opened.

import { RecordingSource } from "./recording_source.js";
import { FONT, THEME, guard } from "./terminal_screen.js";

const SIZES = { least: 6, most: 18 }; // pixels of a letter
const WIDTH = 0.61; // of a letter of ours, in its own size

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

function wantsReader() {
  try {
    return JSON.parse(localStorage.getItem("breakfix.terminal") ?? "{}").reader === true;
  } catch {
    return false; // storage is off, or holds something else
  }
}

export class RecordedTerminal {
  constructor(place, about, address, code) {
    this.place = place;
    this.about = about;
    this.code = code;
    this.source = new RecordingSource(address);
    this.next = 0;
  }

  /** How far, in seconds, everything is known. */
  get known() {
    return this.source.known;
  }

  /** When something happens next; undefined: nothing is known of that. */
  get following() {
    return this.source.events[this.next]?.[0];
  }

  /** Put a screen into the page; nothing is shown on it yet. */
  open() {
    this.next = 0;
    this.term = new this.code.Terminal({
      allowProposedApi: true,
      cursorBlink: false,
      disableStdin: true,
      fontFamily: FONT,
      fontSize: SIZES.most,
      minimumContrastRatio: 4.5,
      rows: this.about.rows,
      cols: this.about.columns,
      screenReaderMode: wantsReader(),
      scrollback: 2000,
      theme: THEME,
      linkHandler: { activate() {} },
    });
    this.term.loadAddon(new this.code.Unicode11Addon());
    this.term.unicode.activeVersion = "11";
    guard(this.term, () => true); // all of it is the past: nothing is answered
    this.term.open(this.place);
    this.term.textarea.tabIndex = -1; // nothing is typed here
    this.term.attachCustomKeyEventHandler(() => false);
    this.fit();
  }

  close() {
    this.term?.dispose();
    this.term = null;
  }

  /** Have the columns fit into the page, as far as they can still be read. */
  fit() {
    const room = this.place.clientWidth - 24;
    const size = clamp(Math.floor(room / (this.term.cols * WIDTH)), SIZES.least, SIZES.most);
    if (this.term.options.fontSize !== size) this.term.options.fontSize = size;
  }

  /** Read on until all up to a time is known, or the end; rejects where the portal does not answer. */
  reach(seconds) {
    return this.source.reach(seconds);
  }

  /** Read on, unless that is being done or not needed. */
  async readAhead(seconds) {
    if (!this.source.whole && !this.source.asking && this.source.known <= seconds) await this.source.reach(seconds);
  }

  /** Go back to the beginning, unless nothing was shown yet. */
  rewind() {
    this.next = 0;
    this.term.reset();
    this.term.resize(this.about.columns, this.about.rows);
    this.fit();
  }

  /** Write all that was shown up to a time. */
  show(until) {
    let text = "";
    const { events } = this.source;
    while (this.next < events.length && events[this.next][0] <= until) {
      const [, kind, data] = events[this.next];
      this.next += 1;
      if (kind === "o") text += data;
      const size = kind === "r" && /^(\d{1,4})x(\d{1,4})$/.exec(data);
      if (!size) continue;
      this.write(text);
      text = "";
      this.resize(clamp(Number(size[1]), 2, 500), clamp(Number(size[2]), 1, 500));
    }
    this.write(text);
  }

  write(text) {
    if (text) this.term.write(text);
  }

  /** Give the screen another size, once what was written before is shown: it was written for the old one. */
  resize(columns, rows) {
    const { term } = this;
    term.write("", () => {
      if (term !== this.term) return;
      term.resize(columns, rows);
      this.fit();
    });
  }
}
