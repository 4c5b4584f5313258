// The terminals and screens of the page: a tab each, opened by the buttons of hosts; they outlive the page.

import { data, fill, make, post, say, words } from "./lab_calls.js";
import { keepScreens, keptScreens, openDesktop } from "./lab_desktops.js";
import { closeMenus } from "./lab_menus.js";
import { TerminalScreen, load } from "./terminal_screen.js";

const SENDS = {
  escape: "\x1b", tab: "\t", left: "\x1b[D", down: "\x1b[B", up: "\x1b[A", right: "\x1b[C",
  pipe: "|", slash: "/", dash: "-",
};
const KEPT = "breakfix.terminal";
const ACTIVE = `breakfix.active.${data.lab}`;
const SIZES = { least: 10, most: 28, usual: 15 };

const byId = (id) => document.getElementById(id);

function settings() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    // storage is off, or holds something else
  }
  const size = Math.round(Number(kept.size)) || SIZES.usual;
  return { size: Math.min(SIZES.most, Math.max(SIZES.least, size)), reader: kept.reader === true };
}

function keep(place, name, value) {
  try {
    place.setItem(name, value);
  } catch {
    // storage is off: the choice holds for this page
  }
}

/** Resolves once an element has its place: xterm loses its own in a part of the page that is not shown yet. */
function laidOut(element) {
  return new Promise((resolve) => {
    const watch = new ResizeObserver(() => {
      if (!element.clientWidth && element.isConnected) return;
      watch.disconnect();
      resolve();
    });
    watch.observe(element);
  });
}

/** All terminals of the page. */
export class Terminals {
  /** `show` brings the part of the page with the terminals into view. */
  constructor(show) {
    this.show = show;
    this.tabs = new Map();
    this.unlisted = new Set(); // opened here: a page that was asked for before does not list them yet
    this.active = null;
    this.settings = settings();
    this.setUpSettings();
    this.setUpFind();
    this.setUpKeys();
    for (const host of keptScreens()) this.addScreen(host);
    this.shape();
    document.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-host]");
      if (opener) this.asked(opener);
    });
    document.addEventListener("keydown", (event) => {
      const opener = event.target.closest?.("g[data-host]");
      if (!opener || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      this.asked(opener);
    });
  }

  /** Take which terminals there are; those that this page does not know yet get a tab. */
  take(terminals) {
    for (const terminal of terminals) {
      const known = this.tabs.get(terminal.id);
      if (!known) this.add(terminal);
      else if (terminal.ended) this.ended(known);
    }
    const there = new Set(terminals.map(({ id }) => id));
    for (const id of there) this.unlisted.delete(id);
    for (const id of [...this.tabs.keys()]) if (!there.has(id) && !this.unlisted.has(id)) this.remove(id);
    if (!this.active && this.tabs.size) {
      let last = null;
      try {
        last = sessionStorage.getItem(ACTIVE);
      } catch {
        // storage is off
      }
      this.choose(this.tabs.has(last) ? last : [...this.tabs.keys()].at(-1), { focus: false });
    }
  }

  asked(opener) {
    const { host, kind = data.hosts[host]?.device ? "device" : "root" } = opener.dataset;
    closeMenus();
    this.show();
    if (kind === "screen") {
      this.choose(this.addScreen(host));
      return;
    }
    const open = [...this.tabs.values()].find((tab) => tab.host === host && tab.kind === kind && !tab.over);
    if (open && !("new" in opener.dataset)) this.choose(open.id);
    else if (data.yours) this.open(host, kind);
  }

  /** Add the tab of a host's screen, unless it is there, and return its id; no page lists it. */
  addScreen(host) {
    const id = `screen-${host}`;
    if (!this.tabs.has(id)) {
      this.unlisted.add(id);
      this.add({ id, host, kind: "screen", ended: false });
      this.keepScreens();
    }
    return id;
  }

  keepScreens() {
    keepScreens([...this.tabs.values()].filter(({ kind }) => kind === "screen").map(({ host }) => host));
  }

  async open(host, kind) {
    if (this.opening) return;
    this.opening = true;
    say(fill(words.opening, { host }));
    const wanted = this.tabs.get(this.active)?.screen?.term;
    const size = wanted ? { rows: wanted.rows, columns: wanted.cols } : {};
    const [answer] = await Promise.all([post("terminals", { host, kind, ...size }), load().catch(() => null)]);
    this.opening = false;
    byId("lab-said").hidden = true;
    if (!answer.ok) return;
    if (!this.tabs.has(answer.body.id)) {
      this.unlisted.add(answer.body.id);
      this.add(answer.body);
    }
    this.choose(answer.body.id);
  }

  add({ id, host, kind, ended }) {
    const sort = { root: data.hosts[host]?.device ? words.root_of : "{host}", screen: words.screen_of }[kind];
    const plain = fill(sort ?? "{host}", { host });
    const same = [...this.tabs.values()].filter((tab) => tab.plain === plain).length;
    const name = same ? `${plain} ${same + 1}` : plain;
    const item = make("li");
    const choose = make("button", "lab-terminal-tab", name);
    choose.type = "button";
    choose.addEventListener("click", () => this.choose(id));
    const close = make("button", "lab-terminal-close", "×");
    close.type = "button";
    close.setAttribute("aria-label", fill(words.close_terminal, { name }));
    close.addEventListener("click", () => this.close(id));
    item.append(choose, ...(data.yours || kind === "screen" ? [close] : []));
    byId("terminal-tabs").append(item);
    const element = make("div", kind === "screen" ? "lab-screen lab-desktop" : "lab-screen");
    element.hidden = true;
    byId("terminal-screens").append(element);
    const tab = { id, host, kind, plain, name, item, button: choose, element, screen: null, over: false };
    this.tabs.set(id, tab);
    if (ended) this.ended(tab);
    this.shape();
  }

  async choose(id, { focus = true } = {}) {
    const tab = this.tabs.get(id);
    if (!tab) return;
    this.active = id;
    keep(sessionStorage, ACTIVE, id);
    for (const one of this.tabs.values()) {
      one.element.hidden = one !== tab;
      one.button.toggleAttribute("aria-current", one === tab);
      if (one === tab) one.button.setAttribute("aria-current", "true");
    }
    this.shape();
    this.tell(tab);
    this.onChange?.();
    const screen = await this.screenOf(tab);
    if (screen && focus && this.active === id) screen.focus();
  }

  async screenOf(tab) {
    if (tab.kind === "screen") {
      tab.screen ??= await openDesktop(tab, {
        onState: (word) => this.state(tab, word),
        onLeave: () => tab.button.focus(),
      });
      return tab.screen;
    }
    try {
      const [code] = await Promise.all([load(), laidOut(tab.element)]);
      if (!this.tabs.has(tab.id)) return null;
      tab.screen ??= new TerminalScreen(code, tab.element, `${data.base}/terminals/${tab.id}`, {
        settings: this.settings,
        label: fill(words.terminal_of, { host: tab.name }),
        readOnly: !data.yours,
        onState: (word) => this.state(tab, word),
        onEnded: () => this.ended(tab),
        onUnsent: () => this.unsent(tab),
        onLeave: () => tab.button.focus(),
        onFind: () => this.find(true),
      });
      this.onChange?.();
      tab.screen.onControl = (held) => byId("terminal-control").setAttribute("aria-pressed", held);
      return tab.screen;
    } catch {
      say(words.no_code, { trouble: true });
      return null;
    }
  }

  state(tab, word) {
    tab.word = word;
    tab.unsent = false;
    if (word === "missing" || word === "closed" || word === "over") tab.over = true;
    this.tell(tab);
  }

  ended(tab) {
    tab.over = true;
    tab.word = "ended";
    tab.item.classList.add("lab-ended");
    this.onChange?.();
    this.tell(tab);
  }

  unsent(tab) {
    tab.unsent = !tab.over;
    this.tell(tab);
  }

  /** Say how the terminal is that is looked at, where it is not simply there. */
  tell(tab) {
    if (tab.id !== this.active) return;
    const line = byId("terminal-state");
    const word = tab.unsent ? "unsent" : tab.word;
    line.textContent = word && word !== "connected" ? (words[word] ?? words.signed_out) : "";
    line.hidden = !line.textContent;
    line.dataset.state = word ?? "";
  }

  async close(id) {
    const tab = this.tabs.get(id);
    if (tab?.kind === "screen") {
      this.remove(id, { focus: true });
      return;
    }
    if (!tab || (!tab.over && !window.confirm(fill(words.close_running, { name: tab.name })))) return;
    const answer = await post(`terminals/${id}/close`, {}, { quiet: true });
    if (answer.ok || answer.status === 404) this.remove(id, { focus: true });
    else say(answer.body.text, { trouble: true });
  }

  /** Forget a terminal that was closed, here or elsewhere. */
  remove(id, { focus = false } = {}) {
    const tab = this.tabs.get(id);
    if (!tab) return;
    this.tabs.delete(id);
    this.unlisted.delete(id);
    tab.screen?.close();
    tab.item.remove();
    tab.element.remove();
    if (tab.kind === "screen") this.keepScreens();
    this.shape();
    if (this.active !== id) return;
    this.active = null;
    byId("terminal-state").hidden = true;
    const next = [...this.tabs.keys()].at(-1);
    if (next) this.choose(next, { focus });
    else if (focus) byId("terminal-empty").querySelector("button")?.focus();
  }

  shape() {
    const any = this.tabs.size > 0;
    const terminal = any && this.tabs.get(this.active)?.kind !== "screen";
    byId("terminal-empty").hidden = any;
    if (data.yours) byId("terminal-new").hidden = !any;
    byId("terminal-settings").hidden = !terminal;
    byId("terminal-help").hidden = !terminal;
    byId("terminal-keys").hidden = !terminal || !data.yours;
    byId("lab").classList.toggle("lab-has-terminals", any);
    byId("lab").classList.toggle("lab-has-screen", any && !terminal);
    this.onChange?.();
    if (!terminal) this.find(false);
  }

  get screen() {
    return this.tabs.get(this.active)?.screen;
  }

  setUpSettings() {
    const size = byId("terminal-size");
    const reader = byId("terminal-reader");
    Object.assign(size, { value: this.settings.size, min: SIZES.least, max: SIZES.most });
    reader.checked = this.settings.reader;
    const change = () => {
      keep(localStorage, KEPT, JSON.stringify({ size: Number(size.value), reader: reader.checked }));
      this.settings = { size: Math.min(SIZES.most, Math.max(SIZES.least, Number(size.value) || SIZES.usual)),
        reader: reader.checked };
      for (const tab of this.tabs.values()) tab.screen?.set(this.settings);
    };
    size.addEventListener("change", change);
    reader.addEventListener("change", change);
  }

  find(open) {
    byId("terminal-find").hidden = !open;
    if (open) byId("terminal-find-text").select();
  }

  setUpFind() {
    const text = byId("terminal-find-text");
    const look = (way) => {
      const found = this.screen?.search[way](text.value);
      byId("terminal-find-said").textContent = found || !text.value ? "" : words.not_found;
    };
    const leave = () => {
      this.find(false);
      this.screen?.focus();
    };
    byId("terminal-find").addEventListener("submit", (event) => {
      event.preventDefault();
      look("findNext");
    });
    byId("terminal-find-before").addEventListener("click", () => look("findPrevious"));
    byId("terminal-find-close").addEventListener("click", leave);
    byId("terminal-find").addEventListener("keydown", (event) => event.key === "Escape" && leave());
  }

  setUpKeys() {
    const keys = byId("terminal-keys");
    keys.addEventListener("pointerdown", (event) => event.preventDefault()); // the keyboard of the device stays open
    keys.addEventListener("click", (event) => {
      const sends = SENDS[event.target.closest("[data-sends]")?.dataset.sends];
      if (sends) this.screen?.type(sends);
    });
    byId("terminal-control").addEventListener("click", () => this.screen?.holdControl(!this.screen.control));
    byId("terminal-paste").addEventListener("click", async () => {
      try {
        this.screen?.paste(await navigator.clipboard.readText());
      } catch {
        say(words.no_paste);
      }
    });
  }
}
