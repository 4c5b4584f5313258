// Menus that open at a button. The browser closes them: by Escape, a click elsewhere, a dialog, another menu.

const GAP = 4; // pixels between a button and its menu
const EDGE = 8; // pixels that stay free at the window's edges

/** Put a menu at its button: below where it fits there, else where there is more room; scrolled only if it must be. */
function place(menu) {
  if (!menu.matches(":popover-open")) return;
  const button = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  const below = height - button.bottom - GAP - EDGE;
  const above = button.top - GAP - EDGE;
  menu.style.maxHeight = "none";
  const down = menu.offsetHeight <= below || below >= above;
  const right = Math.max(EDGE, Math.min(width - button.right, width - EDGE - menu.offsetWidth));
  Object.assign(menu.style, {
    maxHeight: `${down ? below : above}px`,
    top: down ? `${button.bottom + GAP}px` : "auto",
    bottom: down ? "auto" : `${height - button.top + GAP}px`,
    right: `${right}px`,
  });
}

/** Have each menu open at its button, and stay there. */
export function setUpMenus() {
  const menus = [...document.querySelectorAll(".lab-menu")];
  for (const menu of menus) {
    // Before the next picture: then it is laid out, and not yet seen.
    menu.addEventListener("beforetoggle", ({ newState }) => newState === "open" && requestAnimationFrame(() => place(menu)));
  }
  const again = () => menus.forEach(place);
  window.addEventListener("resize", again);
  document.addEventListener("scroll", ({ target }) => target === document && again(), true);
}

/** Close every menu: something of it was chosen, or something else opens. */
export function closeMenus() {
  for (const menu of document.querySelectorAll(".lab-menu:popover-open")) menu.hidePopover();
}

/** Have buttons open and close the dialogs that they name. */
export function setUpDialogs() {
  for (const opener of document.querySelectorAll("[data-opens]")) {
    opener.addEventListener("click", () => document.getElementById(opener.dataset.opens).showModal());
  }
  for (const closer of document.querySelectorAll("[data-closes]")) {
    closer.addEventListener("click", () => closer.closest("dialog").close());
  }
}
