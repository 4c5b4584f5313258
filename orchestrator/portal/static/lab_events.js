// The lab's events as they come, resumed by number; closed while nobody looks.

import { EventLine } from "./event_line.js";
import { data } from "./lab_calls.js";

const LONGEST_WAIT = 5_000; // somebody sits before the page: seconds after the service is back it is up to date

/** Listens to the events of the lab, and calls `onEvent({kind, number, at, body})` for each, in order, once. */
export class LabEvents {
  /** Begin after the event with this number. `onOpen` is called whenever the lab service is there (again). */
  constructor(after, { onEvent, onOpen, onLost, onEnd }) {
    this.last = after;
    const take = (event) => {
      if (event.number <= this.last) return;
      this.last = event.number;
      onEvent(event);
    };
    this.line = new EventLine(
      () => `${data.base}/events?after=${this.last}`,
      { take, here: onOpen, lost: onLost, end: onEnd },
      { longest: LONGEST_WAIT, begins: "here", hides: true },
    );
    this.line.begin();
  }
}
