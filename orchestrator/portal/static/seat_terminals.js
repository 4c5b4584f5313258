// A candidate's terminals: those of the lab page, as long as their time runs; what is left of it counts down here.

import { EventLine } from "./event_line.js";
import { data, make, say, setUpMessages, signedOut, words } from "./lab_calls.js";
import { setUpDialogs, setUpMenus } from "./lab_menus.js";
import { Terminals } from "./lab_terminals.js";
import { released } from "./pressed.js";

const byId = (id) => document.getElementById(id);

document.documentElement.classList.add("lab-scripts");
setUpMessages();
setUpMenus();
setUpDialogs();
const terminals = new Terminals(() => {});

// The time that is left -----------------------------------------------------------------------------------------

let told = data;
let arrived = Date.now();

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function countOn() {
  const left = byId("seat-left");
  if (!left || told.left === null) return;
  const passed = told.runs ? (Date.now() - arrived) / 1000 : 0;
  left.textContent = clock(Math.max(0, Math.round(told.left - passed)));
}

// What is announced: it stays until it is closed, and what is new opens it again --------------------------------------

const CLOSED = `breakfix.said.${data.lab}`;
const heard = new Set();

function closedUpTo() {
  try {
    return sessionStorage.getItem(CLOSED) ?? "";
  } catch {
    return ""; // storage is off
  }
}

function tell(announced) {
  for (const { at, clock: hour, text } of [...announced].reverse()) {
    const key = `${at} ${text}`;
    if (heard.has(key)) continue;
    heard.add(key);
    if (at <= closedUpTo()) continue;
    const line = make("li", "", ` ${text}`);
    const time = make("time", "", hour);
    time.dateTime = at;
    line.prepend(time);
    byId("seat-said").hidden = false;
    byId("seat-said-list").prepend(line);
  }
}

byId("seat-said").querySelector("button").addEventListener("click", () => {
  byId("seat-said").hidden = true;
  byId("seat-said-list").replaceChildren();
  try {
    sessionStorage.setItem(CLOSED, told.announced.map(({ at }) => at).sort().at(-1) ?? "");
  } catch {
    // storage is off: it is told again when the page is loaded again
  }
});

// What changes --------------------------------------------------------------------------------------------------

function take(young) {
  const opened = young.open && !told.open;
  told = young;
  arrived = Date.now();
  byId("seat-standing").textContent = young.standing;
  terminals.take(young.terminals);
  tell(young.announced);
  // What was closed while time stood still comes back at once, not when its turn has come.
  if (opened) for (const { screen } of terminals.tabs.values()) (screen?.line ?? screen)?.again?.();
  countOn();
}

const line = new EventLine(`${data.base}/events`, {
  async take(young) {
    await released();
    take(young);
  },
  here: () => (byId("lab-lost").hidden = true),
  lost: () => (byId("lab-lost").hidden = false),
  end: ({ kind }) => (kind === "signed-out" ? signedOut() : say(words.failed, { trouble: true })),
});

// Gone back to, it may be the page of who sat here before: it is asked for anew, by whoever sits here now.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

take(data);
setInterval(countOn, 1000);
line.begin();
