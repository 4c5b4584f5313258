// Talk with the people of the lab: what is said here and in other tabs is shown as it comes.

import { fill, make, post, words } from "./lab_calls.js";

const SOON = 2500; // milliseconds after which somebody does more than look for words

const people = () => [...document.querySelectorAll(".talk-person")];
const personOf = (name) => people().find((one) => one.dataset.talk === name);
const keyOf = (turn) =>
  [turn.className, turn.querySelector("time")?.dateTime, turn.querySelector(".talk-text")?.textContent].join(" ");

function toTheEnd(person) {
  const log = person.querySelector(".talk-log");
  if (log) log.scrollTop = log.scrollHeight;
}

// Somebody who is at it ------------------------------------------------------------------------------------------

const waiting = new Map();

function atIt(person, answering) {
  const line = person.querySelector(".talk-answering");
  const said = line.querySelector("span");
  person.querySelector(".talk-say button")?.setAttribute("aria-disabled", String(answering));
  if (answering === !line.hidden && waiting.has(person) === answering) return;
  clearTimeout(waiting.get(person));
  waiting.delete(person);
  const tell = (sentence) => {
    said.textContent = fill(sentence, { name: person.dataset.full });
  };
  line.hidden = !answering;
  tell(words.answering);
  if (answering) waiting.set(person, setTimeout(tell, SOON, words.acting));
}

// What was said ---------------------------------------------------------------------------------------------------

/** Show what is new; what stands there already stays, so that a screen reader reads nothing twice. */
function takeTurns(person, young) {
  const [old, fresh] = [person, young].map((one) => one.querySelector(".talk-turns"));
  old.querySelectorAll(".talk-pending").forEach((one) => one.remove());
  const turns = [...fresh.children];
  const goesOn = [...old.children].every((one, at) => turns[at] && keyOf(turns[at]) === keyOf(one));
  if (!goesOn) old.replaceChildren();
  const more = turns.slice(old.children.length);
  old.append(...more);
  if (more.length) toTheEnd(person);
}

/** Bring every conversation up to what a page that was just served shows. */
export function takeTalk(page) {
  for (const person of people()) {
    const young = page.getElementById(person.id);
    if (!young) continue;
    takeTurns(person, young);
    if (!young.querySelector(".talk-about")) person.querySelector(".talk-about")?.remove();
    const over = person.querySelector(".talk-over");
    if (over) over.hidden = young.querySelector(".talk-over").hidden;
    atIt(person, sending.has(person) || !young.querySelector(".talk-answering").hidden);
  }
}

// What is said here -----------------------------------------------------------------------------------------------

const sending = new Set();

function showPending(person, text) {
  const line = make("li", "talk-mine talk-pending");
  line.setAttribute("aria-hidden", "true"); // what was said is read once it is kept
  const by = make("p", "talk-by");
  by.append(make("strong", "", words.you));
  line.append(by, make("p", "talk-text", text));
  person.querySelector(".talk-turns").append(line);
  toTheEnd(person);
}

async function send(person, refresh) {
  const field = person.querySelector('.talk-say [name="text"]');
  const text = field.value.trim();
  if (!text || waiting.has(person)) return;
  sending.add(person);
  field.value = "";
  showPending(person, text);
  atIt(person, true);
  const answer = await post("say", { person: person.dataset.talk, text });
  sending.delete(person);
  if (!answer.ok) {
    person.querySelectorAll(".talk-pending").forEach((one) => one.remove());
    field.value ||= text;
    atIt(person, false);
  }
  refresh();
}

function choose(id) {
  for (const person of people()) person.hidden = person.id !== id;
  for (const button of document.querySelectorAll("[data-person]")) {
    if (button.dataset.person === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

/** Have what is sent go without a page of its own; `refresh` brings the page up to date. */
export function setUpTalk(refresh) {
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries) toTheEnd(target.closest(".talk-person"));
  });
  for (const person of people()) {
    sized.observe(person.querySelector(".talk-log")); // also as its tab is chosen
    if (!person.querySelector(".talk-answering").hidden) atIt(person, true);
    const field = person.querySelector('.talk-say [name="text"]');
    person.querySelector(".talk-say")?.addEventListener("submit", (event) => {
      event.preventDefault();
      send(person, refresh);
    });
    person.querySelector(".talk-phrases")?.addEventListener("submit", (event) => {
      event.preventDefault();
      field.value = event.submitter.value;
      person.querySelector(".talk-menu").open = false;
      field.focus();
    });
  }
  const first = document.querySelector("[data-person]");
  if (!first) return;
  for (const button of document.querySelectorAll("[data-person]")) {
    button.addEventListener("click", () => choose(button.dataset.person));
  }
  choose(first.dataset.person);
}

/** Return what answers to the events of talk. */
export function talkHeard(refresh, trouble) {
  return {
    talking({ person }) {
      const one = personOf(person);
      if (one) atIt(one, true);
    },
    said({ refusal }) {
      if (refusal) trouble(refusal);
      refresh();
    },
  };
}
