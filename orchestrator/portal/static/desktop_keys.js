// The keys of a desktop: what somebody types becomes X keysyms, by their browser's own layout or by one that they choose.

import keysymdef from "./vendor/novnc/core/input/keysymdef.js";

const CODES = `
  Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal KeyQ
  KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight KeyA KeyS KeyD KeyF KeyG KeyH
  KeyJ KeyK KeyL Semicolon Quote Backslash IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma
  Period Slash
`.trim().split(/\s+/);

// For each of these keys three signs: alone, with Shift, with AltGr; a space where there is none. Those of DEAD are
// dead keys. From Debian's xkeyboard-config (basic French, Belgian, Swiss French, American and British layouts).
const LAYOUTS = {
  fr:
    "²~¬&1¹é2~\"3#'4{(5[-6|è7`_8\\ç9^à0@)°]=+}aAæzZ«eE€rR¶tTŧyY←uU↓iI→oOøpPþˆ¨¨$£¤qQ@sSßdDðfFđgGŋhHħjJ kKĸlLłmMµù%ˆ*µˋ<>|wWłxX»cC¢vV„bB“nN”,?ˊ;.•:/·!§ ",
  be:
    "²³¬&1|é2@\"3#'4¼(5½§6^è7{!8[ç9{à0})°\\-_ aA@zZſeE€rR¶tTŧyY←uU↓iI→oOœpPþˆ¨[$*]qQæsSßdDðfFđgGŋhHħjJ kKĸlLłmMˊù%ˊµ£ˋ<>\\wW«xX»cC¢vV„bB“nN”,? ;.•:/·=+˜",
  ch:
    "§°¬1+|2\"@3*#4ç¼5%½6&¬7/|8(¢9)]0=}'?ˊˆˋ˜qQ@wWſeE€rR¶tTŧzZ←uU↓iI→oOœpPþèü[¨!]aAæsSßdDðfFđgGŋhHħjJ kKĸlLłéöˊàä{$£}<>\\yY«xX»cC¢vV„bB“nN”mMµ,;•.:·-_ ",
  us:
    "`~ 1! 2@ 3# 4$ 5% 6^ 7& 8* 9( 0) -_ =+ qQ wW eE rR tT yY uU iI oO pP [{ ]} aA sS dD fF gG hH jJ kK lL ;: '\" \\| <>|zZ xX cC vV bB nN mM ,< .> /? ",
  gb:
    "`¬|1!¹2\"²3£³4$€5%½6^¾7&{8*[9(]0)}-_\\=+ qQ@wWſeEerR¶tTŧyY←uU↓iI→oOøpPþ[{¨]}˜aAæsSßdDðfFđgGŋhHħjJ kKĸlLł;:ˊ'@ˆ#~ˋ\\||zZ«xX»cC¢vV„bB“nN”mMµ,<•.>·/? ",
};

// A dead key -> what it adds to a letter, its keysym, and the sign it gives alone.
const DEAD = {
  "ˆ": ["\u0302", 0xfe52, "^"],
  "¨": ["\u0308", 0xfe57, "¨"],
  "˜": ["\u0303", 0xfe53, "~"],
  "ˋ": ["\u0300", 0xfe50, "`"],
  "ˊ": ["\u0301", 0xfe51, "´"],
};
const CONTROLS = { "\n": 0xff0d, "\r": 0xff0d, "\t": 0xff09 };
const LEVEL3 = 0xfe03;
const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock"]);
const ONE_KEY = new Set([...LAYOUTS.fr].filter((sign) => !(sign in DEAD)));

/**
 * The keysyms that type a sign, one after the other. What a French keyboard types by a dead key is typed so here: a
 * program that only learns which keys are pressed, such as an RDP client, passes on no others.
 */
export function keysymsOf(sign) {
  if (sign in CONTROLS) return [CONTROLS[sign]];
  const code = sign.codePointAt(0);
  const [letter, accent, more] = sign.normalize("NFD");
  const dead = Object.values(DEAD).find(([adds]) => adds === accent);
  if (code > 0x7e && dead && !more && !ONE_KEY.has(sign)) return [dead[1], letter.codePointAt(0)];
  return [keysymdef.lookup(code)];
}

/** The layouts that can be chosen, beside the browser's own. */
export const CHOICES = Object.keys(LAYOUTS);

/** Takes the keys that noVNC cannot do alone: those of a chosen layout, and dead keys. */
export class DesktopKeys {
  /** `send(keysym, code, down)` sends a key. */
  constructor(send) {
    this.send = send;
    this.layout = "auto";
    this.down = new Map();
    this.dead = null;
  }

  /** Return whether a pressed key was taken. */
  pressed(event) {
    const { key, code } = event;
    if (this.layout !== "auto" && code === "AltRight" && key !== "AltGraph") return this.press(LEVEL3, code);
    if (MODIFIERS.has(key)) return false;
    if (this.dead) return this.afterDead(event);
    const level3 = event.getModifierState("AltGraph") || this.down.has("AltRight");
    const command = !level3 && (event.ctrlKey || event.altKey || event.metaKey);
    const sign = this.signOf(event, level3, command);
    if (sign === null) return false;
    if (sign in DEAD && !command) this.dead = sign;
    else if (sign === key && this.layout === "auto") this.type(sign);
    else if (sign !== " ") this.press(keysymdef.lookup(sign.codePointAt(0)), code);
    return true;
  }

  /** The sign that a key gives; a dead key's is in DEAD; null where noVNC knows by itself. */
  signOf(event, level3, command) {
    const { key, code } = event;
    const at = 3 * CODES.indexOf(code);
    if (this.layout === "auto") {
      // Browsers do not say which dead key it is: a French keyboard's at that place, else the most usual one.
      if (key === "Dead") return guessed(LAYOUTS.fr[at + (level3 ? 2 : Number(event.shiftKey))]);
      return [...key].length === 1 && !command && keysymsOf(key).length > 1 ? key : null;
    }
    if (at < 0) return null;
    const signs = LAYOUTS[this.layout].slice(at, at + 3);
    if (command) return signs[0];
    if (level3) return signs[2];
    const letter = signs[0].toUpperCase() === signs[1] && signs[0] !== signs[1];
    const shift = event.shiftKey !== (letter && event.getModifierState("CapsLock"));
    return signs[Number(shift)];
  }

  afterDead(event) {
    const [adds, , alone] = DEAD[this.dead];
    this.dead = null;
    const { key } = event;
    if (key === "Escape" || key === "Backspace") return true;
    if (key === "Dead") return this.type(alone);
    if ([...key].length !== 1) return false;
    // The browser may have composed by itself: then the sign is what it says.
    const chosen = this.layout === "auto" || event.code === "Space" ? key : this.signOf(event, false, false) ?? key;
    const whole = `${chosen}${adds}`.normalize("NFC");
    if (chosen === " ") this.type(alone);
    else if (chosen === alone || chosen.normalize("NFD").includes(adds)) this.type(chosen);
    else this.type([...whole].length === 1 ? whole : `${alone}${chosen}`);
    return true;
  }

  press(keysym, code) {
    this.down.set(code, keysym);
    this.send(keysym, code, true);
    return true;
  }

  /** Type signs at once, as a keyboard would. */
  type(text) {
    for (const sign of text) {
      for (const keysym of keysymsOf(sign)) {
        this.send(keysym, null, true);
        this.send(keysym, null, false);
      }
    }
    return true;
  }

  /** Return whether a released key was one that was taken. */
  released({ code }) {
    if (!this.down.has(code)) return false;
    this.send(this.down.get(code), code, false);
    this.down.delete(code);
    return true;
  }

  /** Let go of all keys. */
  leave() {
    for (const code of [...this.down.keys()]) this.released({ code });
    this.dead = null;
  }
}

function guessed(sign) {
  return sign in DEAD ? sign : "ˆ";
}
