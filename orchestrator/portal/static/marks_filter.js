// The marks of a sitting, as far as somebody wants to see them: by what they are about, and by words.

const marks = document.getElementById("marks");
const words = document.getElementById("marks-words");
const kinds = [...document.querySelectorAll("[data-kind-shown]")];

function list() {
  const wanted = words.value.trim().toLocaleLowerCase();
  const shown = new Set(kinds.filter((one) => one.checked).flatMap((one) => one.dataset.kindShown.split(" ")));
  let count = 0;
  for (const one of marks.children) {
    const text = one.querySelector(".what").textContent.toLocaleLowerCase();
    one.hidden = !shown.has(one.dataset.kind) || !text.includes(wanted);
    if (!one.hidden) count += 1;
  }
  document.getElementById("marks-none").hidden = count > 0;
  marks.dispatchEvent(new Event("listed"));
}

if (marks && words) {
  document.getElementById("marks-filter").hidden = false;
  for (const one of [words, ...kinds]) one.addEventListener("input", list);
}
