// What is pressed stays until it is let go: an element that is replaced in between would lose the click.

const LONGEST = 10_000; // milliseconds: what is let go outside of the page may never be told

let pressed = false;
let ending = 0;
let waiting = [];

function press() {
  pressed = true;
  clearTimeout(ending);
  ending = setTimeout(letGo, LONGEST);
}

function letGo() {
  clearTimeout(ending);
  ending = setTimeout(() => { // behind the click, which comes of this
    pressed = false;
    for (const go of waiting.splice(0)) go();
  });
}

document.addEventListener("pointerdown", press, true);
for (const kind of ["pointerup", "pointercancel", "change"]) document.addEventListener(kind, letGo, true);
document.addEventListener("keydown", ({ key }) => key === " " && press(), true); // it clicks when it is let go
document.addEventListener("keyup", ({ key }) => key === " " && letGo(), true);

/** Resolves once nothing of the page is pressed. */
export function released() {
  return pressed ? new Promise((resolve) => { waiting.push(resolve); }) : Promise.resolve();
}
