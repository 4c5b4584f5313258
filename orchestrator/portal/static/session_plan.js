// A mistake of a plan leads to its line: the field is focused, and the line is selected in it.

function show(field, line) {
  const lines = field.value.split("\n");
  const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  field.focus({ preventScroll: true });
  field.setSelectionRange(before, before + (lines[line - 1] ?? "").length);
  const height = parseFloat(getComputedStyle(field).lineHeight);
  field.scrollTop = Math.max(0, (line - 3) * height);
  field.scrollIntoView({ block: "center" });
}

for (const link of document.querySelectorAll("a[data-line]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    show(document.getElementById(link.dataset.field), Number(link.dataset.line) || 1);
  });
}
