// Talk at a candidate's seat: what was said is shown as it comes, here and in other windows.

import { fresh } from "./lab_calls.js";
import { setUpTalk, takeTalk } from "./lab_talk.js";
import { leave } from "./leave.js";
import { released } from "./pressed.js";
import { onClocks } from "./seat_now.js";

const { phase, shape } = document.getElementById("live").dataset;

document.documentElement.classList.add("lab-scripts");

function tellTimes() {
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  for (const time of document.querySelectorAll("time[data-at]")) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString(document.documentElement.lang, clock);
  }
}

const asServed = new Map([...document.querySelectorAll("[data-part]")].map((part) => [part.id, part.cloneNode(true)]));

function takeParts(page) {
  for (const old of document.querySelectorAll("[data-part]")) {
    const young = page.getElementById(old.id);
    if (!young || young.isEqualNode(asServed.get(old.id))) continue;
    asServed.set(old.id, young.cloneNode(true));
    const focused = old.contains(document.activeElement);
    old.replaceChildren(...young.childNodes);
    if (focused) (old.querySelector("button") ?? old.closest("details")?.querySelector("summary"))?.focus();
  }
}

let refreshing = false;
let stale = false;

/** Bring the page up to date; calls that come meanwhile are one more. */
async function refresh() {
  stale = refreshing;
  if (refreshing) return;
  refreshing = true;
  const page = await fresh();
  await released();
  refreshing = false;
  if (page?.getElementById("talk")) {
    takeTalk(page);
    takeParts(page);
    tellTimes();
  }
  if (stale) refresh();
}

onClocks((clocks, told) => {
  if (clocks[phase] && clocks[phase].shape !== shape) leave(); // the time is over: it leads to the scenario
  else if (told.talk) refresh();
});

setUpTalk(refresh);
tellTimes();
