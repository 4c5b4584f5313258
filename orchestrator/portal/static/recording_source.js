// A recording (asciicast v2) as it is read: in pieces, each when it is needed, so that a long one is soon on the screen.

/** The events of one recording, the first ones first: [seconds, kind, data]. */
export class RecordingSource {
  constructor(address) {
    this.address = address;
    this.events = [];
    this.at = 0;
    this.whole = false;
    this.asking = null;
  }

  /** How far, in seconds, everything is known. */
  get known() {
    return this.whole ? Infinity : (this.events.at(-1)?.[0] ?? 0);
  }

  /** Read on until all up to a time is known, or the end; rejects where the portal does not answer. */
  async reach(seconds) {
    while (!this.whole && this.known <= seconds) {
      this.asking ??= this.more().finally(() => {
        this.asking = null;
      });
      await this.asking;
    }
  }

  async more() {
    const answer = await fetch(`${this.address}?at=${this.at}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const { lines, next, end } = await answer.json();
    for (const line of lines.split("\n")) {
      const event = read(line);
      if (event) this.events.push(event);
    }
    this.at = next;
    this.whole = end;
  }
}

function read(line) {
  try {
    const event = JSON.parse(line);
    const [at, kind, data] = Array.isArray(event) ? event : [];
    return Number.isFinite(at) && typeof kind === "string" && typeof data === "string" ? event : null;
  } catch {
    return null; // its last line was cut off
  }
}
