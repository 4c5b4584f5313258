// The common time line of recorded terminals and desktops: a lane for each, where something was done, which to follow.

const WIDE = 1000; // units of a lane, as the page's template has it

const parse = (iso) => Date.parse(iso) / 1000;

/** Spans put together where they touch, in order. */
function joined(spans) {
  const made = [];
  for (const [begin, end] of spans.sort((one, other) => one[0] - other[0])) {
    const last = made.at(-1);
    if (last && begin <= last[1]) last[1] = Math.max(last[1], end);
    else made.push([begin, end]);
  }
  return made;
}

export class TimeLine {
  constructor({ began, ended, pauses }, recordings, place, act) {
    this.began = parse(began);
    this.length = Math.max(parse(ended) - this.began, 0.1);
    this.recordings = recordings;
    this.shifts = recordings.map((one) => parse(one.began) - this.began);
    this.pauses = pauses.map(([from, to]) => [parse(from) - this.began, parse(to) - this.began]);
    this.opened = recordings.map(({ opened, seconds }, number) =>
      (opened ?? [[0, seconds]]).map((span) => span.map((at) => at + this.shifts[number])),
    );
    this.busy = recordings.map(({ busy }, number) => busy.map((span) => span.map((at) => at + this.shifts[number])));
    this.all = joined(this.busy.flat().map((span) => [...span]));
    this.turns = recordings
      .flatMap(({ typed }, number) => {
        const opened = this.opened[number].map(([from]) => from);
        return [...opened, ...typed.map((at) => at + this.shifts[number])].map((at) => [at, number]);
      })
      .sort((one, other) => one[0] - other[0]);
    this.draw(place, act);
  }

  shift(number) {
    return this.shifts[number];
  }

  /** Which one was in use at a time: the one that was opened, or typed in anew, last. */
  followed(seconds) {
    return (this.turns.findLast(([at]) => at <= seconds) ?? this.turns[0] ?? [0, 0])[1];
  }

  /** Which one was turned to between two times; undefined: none. */
  turned(from, to) {
    return this.turns.findLast(([at]) => at > from && at <= to)?.[1];
  }

  /** When something happens next in any of them: now, where something does. */
  following(seconds) {
    const span = this.all.find(([, end]) => end > seconds);
    return span ? Math.max(span[0], seconds) : Infinity;
  }

  /** How one stands at a time: the word for it, or nothing where it is open. */
  standing(number, seconds) {
    const opened = this.opened[number];
    if (!opened.length || seconds < opened[0][0]) return "unopened";
    return opened.some(([from, to]) => seconds >= from && seconds <= to) ? "" : "closed";
  }

  /** Have every lane say where we are. */
  point(seconds) {
    for (const now of this.nows) now.setAttribute("d", this.drawn([[seconds, seconds]], 0, 10));
  }

  show(number) {
    this.buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === number)));
  }

  draw(place, { choose, seek }) {
    this.nows = [];
    this.buttons = this.recordings.map(({ label }, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "second";
      button.textContent = label;
      button.addEventListener("click", () => choose(number));
      const lane = place.querySelector("template").content.firstElementChild.cloneNode(true);
      const draw = (name, spans, top, height) => {
        lane.querySelector(`.${name}`).setAttribute("d", this.drawn(spans, top, height));
      };
      draw("paused", this.pauses, 0, 10);
      draw("opened", this.opened[number], 3, 4);
      draw("busy", this.busy[number], 1, 8);
      this.nows.push(lane.querySelector(".now"));
      lane.addEventListener("click", (event) => {
        const { left, width } = lane.getBoundingClientRect();
        seek(((event.clientX - left) / width) * this.length);
      });
      place.append(button, lane);
      return button;
    });
  }

  drawn(spans, top, height) {
    return spans
      .map(([begin, end]) => {
        const [from, to] = [begin, end].map((at) => Math.min((WIDE * at) / this.length, WIDE - 1));
        return `M${from.toFixed(2)} ${top}h${Math.max(to - from, 1).toFixed(2)}v${height}H${from.toFixed(2)}z`;
      })
      .join("");
  }
}
