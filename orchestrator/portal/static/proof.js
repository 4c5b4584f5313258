// A proof as it goes on: each stage comes as an event, and takes the place of what was shown.

import { EventLine } from "./event_line.js";
import { leave } from "./leave.js";

const live = document.getElementById("live-proof");
const lost = document.getElementById("proof-lost");

function take(html) {
  const young = new DOMParser().parseFromString(html, "text/html").getElementById("proof-run");
  const held = live.contains(document.activeElement) ? document.activeElement.id : "";
  live.replaceChildren(young);
  if (held) document.getElementById(held)?.focus();
}

if (live?.dataset.events) {
  const line = new EventLine(live.dataset.events, {
    take: ({ number, html }) => (number === Number(live.dataset.number) ? take(html) : leave()),
    here: () => (lost.hidden = true),
    lost: () => (lost.hidden = false),
    end: ({ kind }) => (lost.hidden = kind === "over"),
  });
  line.begin();
}
