// The catalogue while words are typed: rows that do not have them all are hidden. Without this, the form does the same.

const field = document.getElementById("text");
const rows = [...document.querySelectorAll("#catalogue [data-searched]")];
const found = document.getElementById("found");
const none = document.getElementById("none-found");

const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

function narrow() {
  const words = plain(field.value).split(/\s+/).filter(Boolean);
  const shown = new Set();
  for (const row of rows) {
    const has = words.every((word) => row.dataset.searched.includes(word));
    row.hidden = !has;
    if (has) shown.add(row.dataset.id);
  }
  for (const group of document.querySelectorAll("#catalogue tbody")) {
    group.hidden = !group.querySelector("[data-searched]:not([hidden])");
  }
  found.textContent = found.dataset.count.replace("{n}", String(shown.size));
  none.hidden = shown.size > 0;
}

// What was left out by the server is not here: a shorter text than the one that was sent has to be sent again.
const sent = plain(field.defaultValue);
field.addEventListener("input", () => {
  if (plain(field.value).startsWith(sent)) narrow();
});
for (const select of document.querySelectorAll(".find select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
