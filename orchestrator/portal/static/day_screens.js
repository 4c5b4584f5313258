// What candidates' screens show: terminals as text, desktops as pictures. All of them beside a session's wall, or one.
// Nothing is sent.

import { EventLine } from "./event_line.js";
import { released } from "./pressed.js";

const OFF = "breakfix.screens";

const byId = (id) => document.getElementById(id);
const lost = byId("screens-lost");

const lineOf = (address, take) =>
  new EventLine(
    address,
    { take, here: () => (lost.hidden = true), lost: () => (lost.hidden = false), end: () => (lost.hidden = false) },
    { hides: true },
  );

function fill(element, told) {
  const time = element.querySelector("time");
  time.dateTime = told.at;
  time.textContent = told.clock;
}

// All of them ---------------------------------------------------------------------------------------------------

const figures = new Map();

function figure(told) {
  const made = document.createElement("figure");
  made.className = "screen";
  const caption = document.createElement("figcaption");
  const link = document.createElement("a");
  link.href = told.address;
  const time = document.createElement("time");
  time.className = "hint";
  caption.append(link, time);
  made.append(caption, told.image ? described(told.image) : document.createElement("pre"));
  return made;
}

/** Return a picture's place with what stands for it until it is there. */
function described({ width, height, alt }) {
  return Object.assign(new Image(), { width, height, alt });
}

/** Show another picture once it is there: until then the one before stays. */
function picture(place, image) {
  place.wanted = image.src;
  const next = described(image);
  next.addEventListener("load", () => place.wanted === image.src && place.querySelector("img").replaceWith(next));
  next.src = image.src;
}

async function takeAll({ screens, order }) {
  await released();
  for (const told of screens) {
    const here = figures.get(told.address) ?? figure(told);
    figures.set(told.address, here);
    here.querySelector("a").textContent = told.label;
    if (told.image) picture(here, told.image);
    else here.querySelector("pre").textContent = told.text;
    fill(here, told);
  }
  const list = byId("screens-list");
  for (const [address, here] of figures) {
    if (order.includes(address)) continue;
    figures.delete(address);
    here.remove();
  }
  for (const [place, address] of order.entries()) {
    const here = figures.get(address);
    if (here && list.children[place] !== here) list.insertBefore(here, list.children[place] ?? null);
  }
  byId("screens-none").hidden = order.length > 0;
}

const all = byId("screens");
if (all) {
  const line = lineOf(all.dataset.events, takeAll);
  const turn = (on) => {
    byId("screens-switch").textContent = on ? all.dataset.hide : all.dataset.show;
    byId("screens-list").hidden = !on;
    byId("screens-none").hidden = true;
    lost.hidden = true;
    if (on) line.begin();
    else line.end();
  };
  let on = true;
  try {
    on = localStorage.getItem(OFF) !== "off";
  } catch {
    // storage is off: the choice holds for this page
  }
  byId("screens-switch").addEventListener("click", () => {
    on = !on;
    try {
      localStorage.setItem(OFF, on ? "on" : "off");
    } catch {
      // as above
    }
    turn(on);
  });
  all.hidden = false;
  turn(on);
}

// One of them ---------------------------------------------------------------------------------------------------

const one = byId("screen");
if (one) {
  const line = lineOf(one.dataset.events, (told) => {
    const below = one.scrollTop + one.clientHeight >= one.scrollHeight - 4;
    one.textContent = told.text;
    fill(document.querySelector("main"), told);
    if (below) one.scrollTop = one.scrollHeight;
  });
  line.begin();
}

const desktop = byId("desktop");
if (desktop) {
  const line = lineOf(desktop.dataset.events, (told) => {
    picture(desktop, told.image);
    byId("desktop-closed").hidden = told.open;
    fill(document.querySelector("main"), told);
  });
  line.begin();
}
