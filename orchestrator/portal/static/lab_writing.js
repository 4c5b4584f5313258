// Answers and the report save themselves: a moment after the last key, and when the page is left.

import { fill, post, words } from "./lab_calls.js";

const QUIET = 900; // milliseconds without a key, after which what was written is saved

function time() {
  return new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

class SavedForm {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector('[role="status"]');
    this.saved = this.served();
    this.saving = null;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.save());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    this.changed();
  }

  /** What came with the page: whoever typed before this script ran has something that is not saved yet. */
  served() {
    const fields = {};
    for (const field of this.form.querySelectorAll("[name]:not(button, [name=form_key], :disabled)")) {
      const chosen = [...(field.options ?? [])].find((option) => option.defaultSelected) ?? field.options?.[0];
      fields[field.name] = chosen ? chosen.value : field.defaultValue;
    }
    return JSON.stringify(fields);
  }

  fields() {
    const fields = Object.fromEntries(new FormData(this.form));
    delete fields.form_key;
    return fields;
  }

  written() {
    return JSON.stringify(this.fields());
  }

  get dirty() {
    return this.written() !== this.saved;
  }

  changed() {
    clearTimeout(this.waiting);
    if (!this.dirty) return;
    this.say(words.unsaved, "unsaved");
    this.waiting = setTimeout(() => this.save(), QUIET);
  }

  say(text, state) {
    this.state.textContent = text;
    this.state.dataset.state = state;
  }

  async save({ leaving = false } = {}) {
    clearTimeout(this.waiting);
    if (!this.dirty) return;
    if (this.saving && !leaving) return; // saved again behind the one that is under way
    const written = this.written();
    this.say(words.saving, "saving");
    this.saving = post(this.form.dataset.saves, this.fields(), { quiet: true, keepalive: leaving });
    const answer = await this.saving;
    this.saving = null;
    if (answer.ok) {
      this.saved = written;
      this.say(fill(words.saved, { time: time() }), "saved");
    } else {
      this.say(fill(words.not_saved, { why: answer.body.text }), "failed");
    }
    if (answer.ok && this.dirty) this.changed();
    else if (answer.status === 0) this.waiting = setTimeout(() => this.save(), 5 * QUIET);
  }
}

/** Have each form of the page that says so save itself. */
export function saveByThemselves() {
  const forms = [...document.querySelectorAll("form[data-saves]")].map((form) => new SavedForm(form));
  const leave = () => forms.forEach((form) => form.save({ leaving: true }));
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  window.addEventListener("online", () => forms.forEach((form) => form.save()));
  window.addEventListener("beforeunload", (event) => {
    if (forms.some((form) => form.dirty && form.state.dataset.state === "failed")) event.preventDefault();
  });
}
