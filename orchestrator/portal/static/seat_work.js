// A scenario of a candidate's: what is written saves itself, and once more just before the end.

import { saveByThemselves } from "./lab_writing.js";
import { leave } from "./leave.js";
import { onClocks } from "./seat_now.js";

const LAST_SECONDS = 5;
const { phase, shape } = document.getElementById("live").dataset;

let ran = true;

saveByThemselves();

function saveAll() {
  for (const form of document.querySelectorAll("form[data-saves]")) form.dispatchEvent(new Event("change"));
}

onClocks((clocks) => {
  const clock = clocks[phase];
  if (!clock) return;
  if (clock.shape !== shape) {
    leave(); // the machines open, or the time is over: the page is another one
    return;
  }
  if (clock.runs && (!ran || clock.left <= LAST_SECONDS)) saveAll();
  ran = clock.runs;
});
