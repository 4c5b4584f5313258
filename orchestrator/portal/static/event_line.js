// A line on which the portal tells a page what happens (server-sent events): it comes back by itself, whatever ended it.

const SHORTEST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const HIDDEN_FOR = 60_000; // a browser allows six connections to a host: a page behind others gives its own back
// The portal says something every 15 seconds. Where a cable is pulled behind the next switch nothing ends a line, and it
// would be read for ever: one that has been silent for longer is dead.
const SILENT_FOR = 35_000;
const NOT_THERE_FOR = 20_000;
const LOOKED_AT = 5_000;
/** What the window is told once a line is back that had died in silence: whatever else was open then has died as well. */
export const LINE_BACK = "line-back";

/**
 * One line. The hooks: `take(told)` for each message; `here()` whenever the line is there (again); `lost()` whenever it is
 * not; `end(told)` where the portal says that it tells no more.
 */
export class EventLine {
  /**
   * Take where it leads, or a function that returns it. `longest`: milliseconds until it is tried again, at most; `begins`:
   * the event that says that it is there; `hides`: whether a page that nobody sees lets it go.
   */
  constructor(address, hooks, { longest = LONGEST_WAIT, begins = "open", hides = false } = {}) {
    this.address = typeof address === "function" ? address : () => address;
    this.hooks = { here() {}, lost() {}, end() {}, ...hooks };
    this.longest = longest;
    this.begins = begins;
    this.tries = 0;
    this.wanted = false;
    this.died = false;
    window.addEventListener("online", () => this.open());
    window.addEventListener("pagehide", () => this.close());
    window.addEventListener("pageshow", (event) => event.persisted && this.open());
    if (hides) document.addEventListener("visibilitychange", () => this.seen());
    setInterval(() => this.look(), LOOKED_AT);
  }

  begin() {
    this.wanted = true;
    this.open();
  }

  /** Tell and ask nothing until it is begun again. */
  end() {
    this.wanted = false;
    this.close();
  }

  open() {
    clearTimeout(this.waiting);
    if (!this.wanted || this.source) return;
    const source = new EventSource(this.address());
    this.source = source;
    this.heard = Date.now();
    const hear = (kind, act) =>
      source.addEventListener(kind, ({ data }) => {
        if (source !== this.source) return;
        this.heard = Date.now();
        act(data);
      });
    for (const kind of ["open", "beat"]) hear(kind, () => {});
    hear(this.begins, () => this.begun());
    hear("message", (data) => this.hooks.take(JSON.parse(data)));
    hear("end", (data) => {
      this.end();
      this.hooks.end(JSON.parse(data));
    });
    source.addEventListener("error", () => source === this.source && this.again());
  }

  begun() {
    this.tries = 0;
    this.hooks.here();
    if (this.died) window.dispatchEvent(new Event(LINE_BACK));
    this.died = false;
  }

  again() {
    this.close();
    this.hooks.lost();
    const wait = Math.min(this.longest, SHORTEST_WAIT * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.tries += 1;
    this.waiting = setTimeout(() => this.open(), wait);
  }

  look() {
    if (!this.source) return;
    const patience = this.source.readyState === EventSource.OPEN ? SILENT_FOR : NOT_THERE_FOR;
    if (Math.abs(Date.now() - this.heard) < patience) return; // a clock may be set back
    this.died = true;
    this.again();
  }

  close() {
    clearTimeout(this.waiting);
    this.source?.close();
    this.source = null;
  }

  seen() {
    clearTimeout(this.hiding);
    if (document.hidden) this.hiding = setTimeout(() => this.close(), HIDDEN_FOR);
    else this.open();
  }
}
