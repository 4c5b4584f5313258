// The button that prints a page. A page that an act has made leads, read again, to where the act was: nothing is made twice.

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
if (button.dataset.again) history.replaceState(null, "", button.dataset.again);
