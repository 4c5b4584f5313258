// Where somebody is on the page, kept while its language changes: the page that comes then begins there.

import { data } from "./lab_calls.js";

const KEPT = `breakfix.place.${data.lab}`;

function folds() {
  return Object.fromEntries([...document.querySelectorAll("details.lab-fold")].map(({ id, open }) => [id, open]));
}

/** Keep tab, part and folds when the form of languages is sent; `place` returns the first two. */
export function keepPlace(place) {
  document.querySelector('form[action="/language"]')?.addEventListener("submit", () => {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ ...place(), folds: folds() }));
    } catch {
      // storage is off: the page begins anew
    }
  });
}

/** Return what was kept, once; folds are as they were. */
export function keptPlace() {
  let kept = {};
  try {
    kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    sessionStorage.removeItem(KEPT);
  } catch {
    // storage is off, or holds something else
  }
  for (const [id, open] of Object.entries(kept.folds ?? {})) {
    const fold = document.getElementById(id);
    if (fold) fold.open = open;
  }
  return kept;
}
