// A proof as it goes on: each stage comes as an event, and takes the place of what was shown.

const LONGEST_WAIT = 30_000;

const live = document.getElementById("live-proof");
const lost = document.getElementById("proof-lost");

let source = null;
let tries = 0;

function take(html) {
  const young = new DOMParser().parseFromString(html, "text/html").getElementById("proof-run");
  const held = live.contains(document.activeElement) ? document.activeElement.id : "";
  live.replaceChildren(young);
  if (held) document.getElementById(held)?.focus();
}

function open() {
  source = new EventSource(live.dataset.events);
  source.addEventListener("open", () => {
    tries = 0;
    lost.hidden = true;
  });
  source.addEventListener("message", ({ data }) => {
    const told = JSON.parse(data);
    if (told.number !== Number(live.dataset.number)) location.reload();
    else take(told.html);
  });
  source.addEventListener("end", ({ data }) => {
    source.close();
    if (JSON.parse(data).kind !== "over") lost.hidden = false;
  });
  source.addEventListener("error", () => {
    source.close();
    lost.hidden = false;
    setTimeout(open, Math.min(LONGEST_WAIT, 500 * 2 ** tries) * (0.75 + Math.random() / 2));
    tries += 1;
  });
}

if (live?.dataset.events) {
  open();
  window.addEventListener("pagehide", () => source.close());
}
