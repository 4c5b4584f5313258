// What candidates' screens show: terminals as text, desktops as pictures. All of them beside a session's wall, or one.
// Nothing is sent.

import { released } from "./pressed.js";

const HIDDEN_FOR = 60_000; // a browser allows six connections to a host: a page behind others gives its own back
const LONGEST_WAIT = 30_000;
const OFF = "breakfix.screens";

const byId = (id) => document.getElementById(id);
const lost = byId("screens-lost");

/** Events that come again by themselves, as long as somebody sees the page. */
class Stream {
  constructor(address, take) {
    this.address = address;
    this.take = take;
    this.tries = 0;
    this.wanted = false;
    let hiding = 0;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hiding);
      if (document.hidden) hiding = setTimeout(() => this.close(), HIDDEN_FOR);
      else this.open();
    });
    window.addEventListener("online", () => this.open());
    window.addEventListener("pagehide", () => this.close());
    window.addEventListener("pageshow", (event) => event.persisted && this.open());
  }

  begin() {
    this.wanted = true;
    this.open();
  }

  end() {
    this.wanted = false;
    lost.hidden = true;
    this.close();
  }

  open() {
    clearTimeout(this.waiting);
    if (!this.wanted || this.source) return;
    this.source = new EventSource(this.address);
    this.source.addEventListener("open", () => {
      this.tries = 0;
      lost.hidden = true;
    });
    this.source.addEventListener("message", ({ data }) => this.take(JSON.parse(data)));
    this.source.addEventListener("end", () => {
      this.end();
      lost.hidden = false;
    });
    this.source.addEventListener("error", () => this.again());
  }

  close() {
    clearTimeout(this.waiting);
    this.source?.close();
    this.source = null;
  }

  again() {
    this.close();
    if (!this.wanted) return;
    lost.hidden = false;
    const wait = Math.min(LONGEST_WAIT, 500 * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.waiting = setTimeout(() => this.open(), wait);
    this.tries += 1;
  }
}

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
  const stream = new Stream(all.dataset.events, takeAll);
  const turn = (on) => {
    byId("screens-switch").textContent = on ? all.dataset.hide : all.dataset.show;
    byId("screens-list").hidden = !on;
    byId("screens-none").hidden = true;
    if (on) stream.begin();
    else stream.end();
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
  const stream = new Stream(one.dataset.events, (told) => {
    const below = one.scrollTop + one.clientHeight >= one.scrollHeight - 4;
    one.textContent = told.text;
    fill(document.querySelector("main"), told);
    if (below) one.scrollTop = one.scrollHeight;
  });
  stream.begin();
}

const desktop = byId("desktop");
if (desktop) {
  const stream = new Stream(desktop.dataset.events, (told) => {
    picture(desktop, told.image);
    byId("desktop-closed").hidden = told.open;
    fill(document.querySelector("main"), told);
  });
  stream.begin();
}
