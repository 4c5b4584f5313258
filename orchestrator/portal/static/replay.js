// The replay: recordings of terminals and desktops in their time, a bar to seek by, and marks where checks turned.
// Several of them stand on one time line where the page says so (`line`); else each has one of its own.

import { RecordedDesktop } from "./replay_desktop.js";
import { TimeLine } from "./replay_line.js";
import { RecordedTerminal } from "./replay_terminal.js";
import { load } from "./terminal_screen.js";

const STEP = 5; // seconds of an arrow key
const PAUSE = 2; // seconds without output after which a pause is one that can be skipped
const AHEAD = 30; // seconds that are read before they are played
const LEAD = 5; // seconds that are shown before a mark
const TICKS = 200; // places of marks below a common time line
const TYPED = new Set(["command"]); // marks of which there are too many for the bar

const byId = (id) => document.getElementById(id);
const { base, recordings, marks, words, line, zone } = JSON.parse(byId("replay-data").textContent);
const language = document.documentElement.lang;
const locale = navigator.languages.find((one) => one.startsWith(`${language}-`)) ?? { en: "en-GB" }[language] ?? language;
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

class Player {
  constructor(code) {
    this.playing = false;
    this.turn = 0; // what was begun in an earlier one is over
    this.seeking = false;
    this.position = 0;
    this.lines = new Map([...document.querySelectorAll("[data-mark]")].map((one) => [Number(one.dataset.mark), one]));
    this.views = recordings.map((about) => this.view(about, code));
    this.line = line && new TimeLine(line, recordings, byId("lanes"), {
      choose: (number) => this.choose(number),
      seek: (seconds) => this.seek(seconds),
    });
    if (this.line) {
      this.take(this.line.followed(0));
      this.span(this.line.began, this.line.length);
      this.seek(0);
    } else {
      this.choose(0);
    }
  }

  view(about, code) {
    const place = byId("screen");
    if (!about.pictures) return new RecordedTerminal(place, about, base + about.id, code);
    return new RecordedDesktop(place, about, about.address, { words, fill, clock, broken: () => this.broken() });
  }

  get speed() {
    return Number(byId("speed").value);
  }

  /** Show another recording: from its beginning, or on a common time line as it was at that time. */
  choose(number) {
    if (this.line) {
      byId("follow").checked = false;
      this.take(number);
      return this.seek(this.position, true);
    }
    this.pause();
    this.take(number);
    this.span(Date.parse(this.about.began) / 1000, Math.max(this.about.seconds, 0.1));
    this.position = 0;
    return this.seek(0);
  }

  /** Take a recording: nothing of it is shown yet. */
  take(number) {
    this.turn += 1;
    this.about = recordings[number];
    this.number = number;
    this.shift = this.line ? this.line.shift(number) : 0; // when it begins on the time line
    this.shown?.close();
    this.shown = this.views[number];
    this.fresh = true;
    byId("recording").value = String(number);
    this.line?.show(number);
    byId("screen").setAttribute("aria-label", this.about.pictures ? words.desktop : words.terminal);
    this.shown.open();
  }

  /** Have the bar reach over a time, which begins at a moment. */
  span(began, length) {
    this.began = began;
    this.length = length;
    byId("bar").max = String(length);
    this.placeMarks();
  }

  /** Find the marks that belong on the bar: those in its time that are listed. */
  placeMarks() {
    const reach = this.line ? Infinity : LEAD;
    this.marks = marks
      .map((mark, index) => ({ ...mark, index, seconds: Date.parse(mark.at) / 1000 - this.began }))
      .filter(({ seconds, index }) => seconds >= -reach && seconds <= this.length + reach && !this.lines.get(index).hidden)
      .map((mark) => ({ ...mark, seconds: clamp(mark.seconds, 0, this.length) }))
      .sort((one, other) => one.seconds - other.seconds);
    this.reached = -1;
    this.drawTicks();
  }

  /** Draw the marks below the bar; of one moment each kind once, one above the other. */
  drawTicks() {
    const columns = new Map();
    for (const { kind, seconds, index } of this.marks) {
      if (TYPED.has(kind)) continue; // the terminal's lane shows where
      const place = this.line ? Math.round((TICKS * seconds) / this.length) : seconds;
      const column = columns.get(place) ?? document.createElement("span");
      columns.set(place, column);
      column.style.left = `${(100 * seconds) / this.length}%`;
      if (column.querySelector(`.${kind}`)) continue;
      const tick = document.createElement("span");
      tick.className = kind;
      tick.textContent = this.lines.get(index).querySelector(".sign").textContent;
      column.append(tick);
    }
    byId("ticks").replaceChildren(...columns.values());
    const most = Math.max(0, ...[...columns.values()].map((column) => column.childElementCount));
    byId("ticks").style.height = `${1.1 * most}rem`;
  }

  /** Go to a time: forward from where we are, backward from the beginning; in this terminal, or the followed one. */
  async seek(seconds, here = false) {
    const wanted = clamp(seconds, 0, this.length);
    const followed = this.line && !here && byId("follow").checked ? this.line.followed(wanted) : this.number;
    if (followed !== this.number) this.take(followed);
    const turn = (this.turn += 1);
    this.seeking = true;
    this.point(wanted);
    if (this.shown.known <= wanted - this.shift) this.tell(words.loading);
    try {
      await this.shown.reach(wanted - this.shift);
    } catch {
      if (turn === this.turn) this.broken();
      return;
    }
    if (turn !== this.turn) return;
    this.seeking = false;
    this.tell("");
    if (wanted < this.position || this.fresh) this.shown.rewind();
    this.fresh = false;
    this.position = wanted;
    this.show(wanted);
    this.point(wanted);
  }

  /** Show what there was up to a time. */
  show(until) {
    this.shown.show(until - this.shift);
  }

  broken() {
    this.seeking = false;
    this.pause();
    this.tell(words.failed);
  }

  /** Have the bar, the time and the marks say where we are. */
  point(seconds) {
    const bar = byId("bar");
    bar.value = String(seconds);
    const said = fill(words.of, { at: clock(seconds), whole: clock(this.length) });
    bar.setAttribute("aria-valuetext", said);
    byId("time").textContent = said;
    this.line?.point(seconds);
    if (this.line) this.tellStanding(words[this.line.standing(this.number, seconds)] ?? "");
    const passed = this.marks.filter((mark) => mark.seconds <= seconds);
    if (passed.length === this.reached) return;
    this.reached = passed.length;
    const reached = new Set(passed.map(({ index }) => index));
    for (const [index, one] of this.lines) one.classList.toggle("reached", reached.has(index));
  }

  tellStanding(text) {
    if (byId("standing").textContent !== text) byId("standing").textContent = text;
  }

  tell(text) {
    byId("told").textContent = text;
  }

  tellMarks(turned) {
    this.tell(turned.map(({ seconds, text }) => fill(words.reached, { time: clock(seconds), mark: text })).join(" · "));
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  async play() {
    this.set(true);
    if (this.position >= this.length) await this.seek(0);
    this.last = performance.now();
    requestAnimationFrame((now) => this.frame(now));
  }

  pause() {
    this.set(false);
  }

  set(playing) {
    this.playing = playing;
    byId("player").classList.toggle("playing", playing);
    byId("play-word").textContent = playing ? words.pause : words.play;
  }

  frame(now) {
    if (!this.playing) return;
    const passed = Math.min(0.25, (now - this.last) / 1000) * this.speed; // a hidden page stands still
    this.last = now;
    this.move(this.position + Math.max(0, passed));
    if (this.playing) requestAnimationFrame((then) => this.frame(then));
  }

  /** When something happens next. */
  following() {
    if (!this.line) return this.shown.following;
    const mark = this.marks.find(({ seconds }) => seconds > this.position);
    return Math.min(this.line.following(this.position), mark?.seconds ?? Infinity, this.length);
  }

  /** Play on to a time; where it is not read yet, wait for it. */
  move(seconds) {
    if (this.seeking) return;
    this.readAhead();
    const following = this.following();
    let wanted = Math.min(seconds, this.length);
    const pause = following === undefined ? 0 : following - this.position;
    if (byId("skip").checked && pause > PAUSE) wanted = Math.max(wanted, following - 0.3);
    if (wanted - this.shift >= this.shown.known) return; // it is on its way
    const turned = this.marks.filter((mark) => mark.seconds > this.position && mark.seconds <= wanted);
    const taken = this.line && byId("follow").checked ? this.line.turned(this.position, wanted) : undefined;
    this.position = wanted;
    if (taken !== undefined && taken !== this.number) {
      this.take(taken);
      this.seek(wanted, true);
    } else {
      this.show(wanted);
      this.point(wanted);
    }
    if (turned.length) this.tellMarks(turned);
    if (wanted >= this.length) {
      this.pause();
      if (!turned.length) this.tell(words.over);
    }
  }

  readAhead() {
    const ahead = this.position - this.shift + AHEAD * this.speed;
    this.shown.readAhead(ahead).catch(() => this.broken());
  }

  /** Go to the mark after, or before, where we are. */
  toMark(way) {
    const ahead = this.marks.filter(({ seconds }) => seconds > this.position + 0.5);
    const behind = this.marks.filter(({ seconds }) => seconds < this.position - 0.5);
    const mark = way > 0 ? ahead[0] : behind.at(-1);
    if (mark) this.goTo(mark, 0);
  }

  async goTo(mark, lead, here = false) {
    await this.seek(mark.seconds - lead, here);
    this.tellMarks(this.marks.filter(({ seconds }) => seconds === mark.seconds));
  }

  /** Show what led to a mark, in the terminal that was in use then: this one, else the one that was opened last. */
  async lookAt(index) {
    if (this.line) {
      const mark = this.marks.find((one) => one.index === index);
      const there = mark.where ?? -1;
      if (there >= 0 && there !== this.number) this.take(there);
      await this.goTo(mark, LEAD, there >= 0);
      byId("player").scrollIntoView({ block: "nearest" });
      return;
    }
    const at = Date.parse(marks[index].at) / 1000;
    if (!this.marks.some((mark) => mark.index === index)) {
      const there = recordings.findLastIndex(({ began, seconds }) => {
        const from = Date.parse(began) / 1000;
        return at >= from - LEAD && at <= from + seconds + LEAD;
      });
      if (there < 0) {
        this.tell(words.outside);
        return;
      }
      await this.choose(there);
    }
    await this.goTo(this.marks.find((mark) => mark.index === index), LEAD);
    byId("player").scrollIntoView({ block: "nearest" });
  }

  /** Do what a key asks for; return whether it asks for anything. */
  key(key) {
    const acts = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.seek(this.position - STEP),
      ArrowRight: () => this.seek(this.position + STEP),
      Home: () => this.seek(0),
      End: () => this.seek(this.length),
      n: () => this.toMark(1),
      p: () => this.toMark(-1),
    };
    const act = acts[key.length === 1 ? key.toLowerCase() : key];
    act?.();
    return Boolean(act);
  }
}

/** Say times as clocks here have them: those of marks to a second, for all are of one sitting. */
function setUpTimes() {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", timeZone: zone });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  recordings.forEach(({ label, began, seconds }, number) => {
    const at = day.format(new Date(began));
    byId("recording").options[number].textContent = fill(words.opened, { host: label, at, length: clock(seconds) });
  });
  if (line) return; // said in the session's own time zone
  for (const when of document.querySelectorAll("[data-mark] time")) when.textContent = time.format(new Date(when.dateTime));
}

/** Make buttons of the marks' lines: without this script they are only read. */
function setUpMarks(player) {
  for (const one of document.querySelectorAll("[data-mark]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...one.querySelectorAll(":scope > span"));
    button.addEventListener("click", () => player.lookAt(Number(one.dataset.mark)));
    one.prepend(button);
  }
}

function setUp(player) {
  byId("play").addEventListener("click", () => player.toggle());
  byId("before").addEventListener("click", () => player.toMark(-1));
  byId("after").addEventListener("click", () => player.toMark(1));
  let seeking = 0;
  byId("bar").addEventListener("input", () => {
    cancelAnimationFrame(seeking); // of many places that are dragged over, the last one counts
    seeking = requestAnimationFrame(() => player.seek(Number(byId("bar").value)));
  });
  byId("recording").addEventListener("change", () => player.choose(Number(byId("recording").value)));
  window.addEventListener("resize", () => player.shown.fit());
  byId("marks")?.addEventListener("listed", () => player.placeMarks());
  byId("player").addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const within = event.target;
    if (within.localName === "select" || within.type === "checkbox") return; // these have keys of their own
    if (event.key === " " && within.localName === "button") return;
    if (player.key(event.key)) event.preventDefault();
  });
}

if (recordings.length) {
  byId("player").hidden = false;
  setUpTimes();
  load().then(
    (code) => {
      const player = new Player(code);
      setUp(player);
      setUpMarks(player);
    },
    () => {
      byId("told").textContent = words.failed;
    },
  );
}
