// What every part of the lab page asks of the portal, and how it speaks to the person.

import { leave } from "./leave.js";

export const data = JSON.parse(document.getElementById("lab-data").textContent);
export const words = data.words;

const key = document.querySelector('meta[name="form-key"]').content;

const clockSkew = Date.now() - Date.parse(data.now);

/** The server's time, in milliseconds: times of checks and of the lab are the server's. */
export function now() {
  return Date.now() - clockSkew;
}

/** Put values where a sentence has {names}. */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Make an element with a class and a text; the text is never read as HTML. */
export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

let fading = 0;

/**
 * Say something in a line that screen readers read too. Trouble stays until it is closed; passing trouble, of the service
 * and not of what was asked, also until the service answers again.
 */
export function say(text, { trouble = false, passing = false } = {}) {
  const line = document.getElementById(trouble ? "lab-trouble" : "lab-said");
  line.querySelector("p").textContent = text;
  line.hidden = false;
  line.toggleAttribute("data-passing", passing);
  if (trouble) return;
  clearTimeout(fading);
  fading = setTimeout(() => {
    line.hidden = true;
  }, 6000);
}

/** The service answers: what was said of its trouble is over. */
export function troubleOver() {
  const line = document.getElementById("lab-trouble");
  if (line.hasAttribute("data-passing")) line.hidden = true;
}

function refusalText(refusal) {
  return [refusal.text, refusal.hint].filter(Boolean).join(" ");
}

async function answerOf(response) {
  if (response.status === 204) return { ok: true, body: null };
  const body = await response.json().catch(() => null);
  if (response.ok) return { ok: true, body };
  return { ok: false, status: response.status, body: body ?? { text: words.failed } };
}

/**
 * Act: POST the fields to an action of this lab. Gives {ok, body}; says what was refused unless told to be quiet.
 */
export async function post(action, fields = {}, { quiet = false, keepalive = false } = {}) {
  let answer;
  try {
    answer = await answerOf(
      await fetch(`${data.base}/${action}`, {
        method: "POST",
        credentials: "same-origin",
        keepalive,
        headers: { Accept: "application/json", "X-Form-Key": key },
        body: new URLSearchParams(fields),
      }),
    );
  } catch {
    answer = { ok: false, status: 0, body: { text: words.no_connection } };
  }
  if (answer.ok) troubleOver();
  else if (!quiet) say(refusalText(answer.body), { trouble: true, passing: !answer.status || answer.body.kind === "machine" });
  if (answer.status === 401) signedOut();
  return answer;
}

/** Ask for this page as it is now; null where there is no answer. */
export async function fresh() {
  try {
    const response = await fetch(data.base, { credentials: "same-origin", headers: { "X-Fresh": "1" } });
    if (response.redirected) signedOut();
    else if (response.status === 404) leave(data.home ?? "/"); // the lab is gone: its results are in the path
    else if (response.ok) return new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    // no connection: the line of events says so
  }
  return null;
}

/** Say that the sign-in is over, with a way back to this page. */
export function signedOut() {
  say(words.signed_out, { trouble: true });
  document.getElementById("lab-sign-in").hidden = false;
}

export function setUpMessages() {
  for (const id of ["lab-trouble", "lab-said"]) {
    const line = document.getElementById(id);
    line.querySelector("button").addEventListener("click", () => {
      line.hidden = true;
    });
  }
}
