// The lab's events as they come (server-sent events), resumed by number; closed while nobody looks.

import { data } from "./lab_calls.js";

const HIDDEN_FOR = 60_000; // a browser allows six connections to a host: a page behind others gives its own back
const LONGEST_WAIT = 5_000; // somebody sits before the page: seconds after the service is back it is up to date

/** Listens to the events of the lab, and calls `onEvent({kind, number, at, body})` for each, in order, once. */
export class LabEvents {
  /** Begin after the event with this number. `onOpen` is called whenever the lab service is there (again). */
  constructor(after, { onEvent, onOpen, onLost, onEnd }) {
    this.last = after;
    this.hooks = { onEvent, onOpen, onLost, onEnd };
    this.tries = 0;
    this.over = false;
    document.addEventListener("visibilitychange", () => this.seen());
    window.addEventListener("online", () => this.open());
    window.addEventListener("pageshow", (event) => event.persisted && this.open());
    window.addEventListener("pagehide", () => this.close());
    this.open();
  }

  open() {
    clearTimeout(this.waiting);
    if (this.over || this.source) return;
    const source = new EventSource(`${data.base}/events?after=${this.last}`);
    this.source = source;
    source.addEventListener("here", () => {
      this.tries = 0;
      this.hooks.onOpen();
    });
    source.addEventListener("message", (message) => this.take(JSON.parse(message.data)));
    source.addEventListener("end", (message) => {
      this.over = true;
      this.close();
      this.hooks.onEnd(JSON.parse(message.data));
    });
    source.addEventListener("error", () => {
      this.close();
      if (this.over) return;
      this.hooks.onLost();
      const wait = Math.min(LONGEST_WAIT, 500 * 2 ** this.tries) * (0.75 + Math.random() / 2);
      this.tries += 1;
      this.waiting = setTimeout(() => this.open(), wait);
    });
  }

  take(event) {
    if (event.number <= this.last) return;
    this.last = event.number;
    this.hooks.onEvent(event);
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
