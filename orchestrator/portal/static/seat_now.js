// A candidate's day as it changes. The time that is left is the service's: it comes every few seconds, and between two
// times the page counts on by a clock that nobody can set.

import { EventLine } from "./event_line.js";
import { leave } from "./leave.js";
import { released } from "./pressed.js";

const byId = (id) => document.getElementById(id);
const live = byId("live");

let clocks = {};
let heard = performance.now();
const changed = [];

/** Have a function called whenever the times have come, with those of all phases and all that was told with them. */
export function onClocks(listener) {
  changed.push(listener);
}

function length(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Return the seconds that are left of a phase now. */
function now(clock, name) {
  const passed = clock.runs ? (performance.now() - heard) / 1000 : 0;
  return Math.max(0, Math.ceil(clock[name] - passed));
}

function countOn() {
  for (const [attribute, name] of [["data-clock", "left"], ["data-opens", "opens"]]) {
    for (const shown of document.querySelectorAll(`[${attribute}]`)) {
      const clock = clocks[shown.getAttribute(attribute)];
      if (clock && clock[name] !== null) shown.textContent = length(now(clock, name));
    }
  }
}

const line = new EventLine(
  live.dataset.events,
  {
    async take(told) {
      if (told.number !== live.dataset.number) {
        leave("/seat"); // somebody else sits at this browser now: this page is not theirs
        return;
      }
      heard = performance.now();
      clocks = told.clocks;
      countOn();
      for (const listener of changed) listener(clocks, told);
      if (!told.html) return;
      await released();
      const young = new DOMParser().parseFromString(told.html, "text/html").getElementById("seat-board");
      byId("seat-board").replaceWith(young);
      countOn();
    },
    here: () => (byId("seat-lost").hidden = true),
    lost: () => (byId("seat-lost").hidden = false),
    // Another page of this browser's may have been told before that the seat is gone, and the code is asked for again.
    end: () => leave("/seat?gone=yes"),
  },
  { longest: 15_000 },
);

// Gone back to, it may be the page of who sat here before: it is asked for anew, by whoever sits here now.
window.addEventListener("pageshow", (event) => event.persisted && leave());
setInterval(countOn, 500);
line.begin();
