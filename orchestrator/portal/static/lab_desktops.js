// The screens of the page's hosts: each a tab beside the terminals, with its tools.

import { data, fill, say, words } from "./lab_calls.js";

const KEPT = `breakfix.screens.${data.lab}`;
const LAYOUT = "breakfix.keyboard";

/** Hosts whose screens this page showed before it was loaded again. */
export function keptScreens() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return data.screens.map(({ host }) => host).filter((host) => kept.includes(host));
  } catch {
    return []; // storage is off, or holds something else
  }
}

export function keepScreens(hosts) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(hosts));
  } catch {
    // storage is off: a page that is loaded again shows none
  }
}

/** Load the code of screens when the first one opens; the browser keeps it. */
async function load() {
  const [screens, keys] = await Promise.all([import("./desktop_screen.js"), import("./desktop_keys.js")]);
  return { ...screens, ...keys };
}

function keptLayout() {
  try {
    return localStorage.getItem(LAYOUT) ?? "auto";
  } catch {
    return "auto";
  }
}

function tools(tab) {
  const made = document.getElementById("desktop-tools").content.cloneNode(true).firstElementChild;
  tab.element.prepend(made);
  return (name) => made.querySelector(`[data-tool="${name}"]`);
}

async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return words.copied_here;
  } catch {
    field.value = text;
    field.select();
    return words.no_copy;
  }
}

/** Open the screen of a tab; the hooks are `onState(word)` and `onLeave()`. Null where its code does not come. */
export async function openDesktop(tab, hooks) {
  let code = null;
  try {
    hooks.onState("screen_connecting");
    code = await load();
  } catch {
    hooks.onState("no_screen_code");
    return null;
  }
  if (tab.screen || !tab.element.isConnected) return tab.screen;
  const tool = tools(tab);
  const place = document.createElement("div");
  place.className = "lab-desktop-place";
  tab.element.append(place);
  tool("full").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else tab.element.requestFullscreen().then(() => tab.screen.focus()).catch(() => {});
  });
  const layout = code.CHOICES.includes(keptLayout()) ? keptLayout() : "auto";
  let copied = "";
  const screen = new code.DesktopScreen(place, `${data.base}/screens/${tab.host}`, {
    ...hooks,
    label: fill(words.screen_of, { host: tab.host }),
    readOnly: !data.yours,
    layout,
    onCopied(text, taken) {
      if (taken) say(words.copied_here);
      copied = text;
      tool("copy").hidden = taken || !text;
      tool("menu").classList.toggle("lab-desktop-new", !taken && Boolean(text));
    },
  });
  if (!data.yours) return screen;
  const field = tool("text");
  const tell = (text) => {
    tool("said").textContent = text;
  };
  tool("layout").value = layout;
  tool("layout").addEventListener("change", ({ target }) => {
    screen.keys.leave();
    screen.keys.layout = target.value;
    try {
      localStorage.setItem(LAYOUT, target.value);
    } catch {
      // storage is off: the choice holds for this page
    }
    screen.focus();
  });
  tool("type").addEventListener("click", async ({ target }) => {
    target.disabled = true;
    tell(words.typing_text);
    await screen.typeText(field.value);
    tell(words.typed_text);
    target.disabled = false;
  });
  tool("give").addEventListener("click", () => {
    screen.offer(field.value);
    tell(words.given);
  });
  tool("copy").addEventListener("click", async () => {
    tell(await copy(copied, field));
    tool("menu").classList.remove("lab-desktop-new");
  });
  return screen;
}
