// What a trainee reads of their trainers: what they announce to the class, and that they look at a terminal or a screen.

import { data, fill, words } from "./lab_calls.js";

const KEPT = `breakfix.announced.${data.lab}`;
const watchers = new Map();

/** Show a text in a line of the page's head; an empty one hides it. */
export function show(id, text) {
  const line = document.getElementById(id);
  if (!line) return;
  line.querySelector("p").textContent = text;
  line.hidden = !text;
}

/** Show an announcement until it is closed, also on a page that is loaded again. */
function announce(text) {
  show("lab-announced", text);
  try {
    if (text) sessionStorage.setItem(KEPT, text);
    else sessionStorage.removeItem(KEPT);
  } catch {
    // storage is off: it is shown on this page only
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}

function watch(what, by, name, sentence = words.watches) {
  watchers.delete(what);
  if (by) watchers.set(what, fill(sentence, { by, name }));
  show("lab-watched", [...watchers.values()].join(" "));
}

/** Return what answers to the events of trainers; `nameOf` gives a terminal's name. */
export function trainerHeard(nameOf) {
  document.querySelector("#lab-announced button")?.addEventListener("click", () => announce(""));
  show("lab-announced", kept());
  for (const { id, host, watched } of data.terminals) watch(id, watched, host);
  for (const { host, watched } of data.screens) watch(`screen ${host}`, watched, host, words.watches_screen);
  return {
    announced({ text, by }) {
      announce(fill(words.announces, { text, by }));
    },
    watched({ terminal, by }) {
      watch(terminal, by, nameOf(terminal));
    },
    "screen-watched"({ host, by }) {
      watch(`screen ${host}`, by, host, words.watches_screen);
    },
  };
}
