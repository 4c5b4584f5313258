// Whoever ticks a trainee means some; whoever then chooses all means all.

const all = document.getElementById("for-all");
const whom = document.getElementById("whom");

whom?.addEventListener("change", () => {
  document.getElementById("for-some").checked = true;
});
all?.addEventListener("change", () => {
  for (const box of whom.querySelectorAll("input")) box.checked = false;
});
