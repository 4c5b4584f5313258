// The live board of a class, and the wall of a jury session's day: what has changed comes as events, times count on here,
// and a check's sentence is read where one looks.

import { EventLine } from "./event_line.js";
import { post } from "./portal.js";
import { released } from "./pressed.js";

const MINUTE = 60_000;
const COUNTED = ["data-seconds", "data-left"];

const byId = (id) => document.getElementById(id);
const language = document.documentElement.lang;

// Times that count on -------------------------------------------------------------------------------------------

let arrived = Date.now();

function ago(moment) {
  const passed = Math.floor((Date.now() - moment) / MINUTE);
  if (passed < 1) return language === "fr" ? "à l’instant" : "just now";
  const day = language === "fr" ? "j" : "d";
  let length = `${passed}\u00a0min`;
  if (passed >= 60) length = `${Math.floor(passed / 60)}\u00a0h`;
  if (passed >= 2880) length = `${Math.floor(passed / 1440)}\u00a0${day}`;
  return language === "fr" ? `il y a ${length}` : `${length} ago`;
}

function worked(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (!hours) return `${minutes}\u00a0min`;
  return `${hours}\u00a0h${minutes % 60 ? `\u00a0${String(minutes % 60).padStart(2, "0")}` : ""}`;
}

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function countOn() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const at = Date.parse(time.dateTime);
    if (!Number.isNaN(at)) time.textContent = ago(at);
  }
  for (const span of document.querySelectorAll("[data-seconds][data-counts]")) {
    span.dataset.arrived ??= arrived;
    const more = (Date.now() - Number(span.dataset.arrived)) / 1000;
    span.textContent = worked(Number(span.dataset.seconds) + more);
  }
  for (const span of document.querySelectorAll("[data-left][data-counts]")) {
    span.dataset.arrived ??= arrived;
    const passed = (Date.now() - Number(span.dataset.arrived)) / 1000;
    span.textContent = clock(Math.max(0, Math.round(Number(span.dataset.left) - passed)));
  }
}

// The board as it changes ---------------------------------------------------------------------------------------

const parts = (board) => [...board.querySelectorAll("[data-part]")];
const served = new Map(parts(byId("board")).map((part) => [part.id, essence(part)]));
const shape = (board) => parts(board).map(({ id }) => id).join(" ");

/** Return a copy of a part without what counts on by itself. */
function essence(part) {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll("time[data-ago]")) time.replaceChildren();
  for (const span of copy.querySelectorAll("[data-counts]")) {
    span.replaceChildren();
    for (const name of COUNTED) span.removeAttribute(name);
  }
  return copy;
}

/** Set right what counts on by itself in a part that is the same otherwise: clocks of browsers are as they are. */
function setRight(old, young) {
  const fresh = [...young.querySelectorAll("[data-counts]")];
  for (const [place, span] of [...old.querySelectorAll("[data-counts]")].entries()) {
    for (const name of COUNTED) {
      if (fresh[place]?.hasAttribute(name)) span.setAttribute(name, fresh[place].getAttribute(name));
    }
    span.dataset.arrived = arrived;
  }
}

function swap(old, young) {
  const held = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(young);
  if (held) byId(held)?.focus();
}

/** Put a board in the place of the one that is shown: only what differs, so that nobody loses their place. */
function take(html) {
  const young = new DOMParser().parseFromString(html, "text/html").getElementById("board");
  const old = byId("board");
  arrived = Date.now();
  const whole = shape(old) !== shape(young);
  for (const part of parts(young)) {
    const now = essence(part);
    const same = now.isEqualNode(served.get(part.id));
    served.set(part.id, now);
    if (same && !whole) setRight(byId(part.id), part);
    if (whole || same) continue;
    part.classList.toggle("changed", part.localName === "tr");
    swap(byId(part.id), part);
  }
  if (whole) swap(old, young);
  countOn();
}

function looked(moment) {
  const time = byId("board-looked")?.querySelector("time");
  if (!time) return;
  time.dateTime = moment;
  countOn();
}

// The line to the portal ----------------------------------------------------------------------------------------

const lost = byId("board-lost");
const line = new EventLine(
  byId("live").dataset.events,
  {
    async take(told) {
      await released();
      if (told.html) take(told.html);
      else looked(told.looked);
    },
    here: () => (lost.hidden = true),
    lost: () => (lost.hidden = false),
    end: () => (lost.hidden = false),
  },
  { hides: true },
);

// A check's sentence, where one looks ---------------------------------------------------------------------------

let usual = null;

function read(event) {
  const line = byId("board-said");
  const place = event.target.closest?.("#board [data-check]");
  const sentence = place && byId(`check-${place.dataset.check}`)?.textContent;
  if (!line) return;
  usual ??= line.textContent;
  line.textContent = sentence
    ? [place.dataset.who, `${place.dataset.check}. ${sentence}`, place.dataset.outcome].filter(Boolean).join(" · ")
    : usual;
  for (const cell of document.querySelectorAll("#board .looked")) cell.classList.remove("looked");
  if (!sentence) return;
  for (const cell of document.querySelectorAll(`#board [data-check="${place.dataset.check}"]`)) cell.classList.add("looked");
}

for (const kind of ["pointerover", "focusin", "click"]) document.addEventListener(kind, read);

// A check now ---------------------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  if (!("checkNow" in event.target.dataset)) return;
  event.preventDefault();
  const told = byId("board-told");
  const { action } = event.target;
  let said = told.dataset.failed;
  try {
    const answer = await post(action, { lab: event.submitter.value });
    if (answer.ok) said = told.dataset.checking;
    else said = (await answer.json()).text;
  } catch {
    // no connection, or no answer of ours: what is said already holds
  }
  told.textContent = said;
  told.hidden = false;
});

countOn();
setInterval(countOn, document.querySelector(".day") ? 1000 : 10_000);
line.begin();
