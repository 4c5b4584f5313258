// A page is left once: asked again while the next one is on its way, the browser would begin anew each time, and behind a
// slow service it would never be done.

const STOPPED = 20_000; // milliseconds: somebody may have stopped the browser on the way

let leads = null;

/** Leave for another page; without an address this one is asked for anew. */
export function leave(address = "") {
  if (address === leads) return;
  leads = address;
  setTimeout(() => (leads = null), STOPPED);
  if (address) location.assign(address);
  else location.reload();
}

window.addEventListener("pageshow", ({ persisted }) => persisted && (leads = null));
