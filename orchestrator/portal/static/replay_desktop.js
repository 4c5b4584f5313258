// A recorded desktop, shown again: the last picture up to a time. Times are seconds since it was first opened.

const ALL = Infinity;

export class RecordedDesktop {
  constructor(place, about, address, { words, fill, clock, broken }) {
    this.place = place;
    this.about = about;
    this.address = address;
    this.words = words;
    this.fill = fill;
    this.clock = clock;
    this.broken = broken;
  }

  /** When each picture was made is known from the beginning. */
  get known() {
    return ALL;
  }

  /** When it changes next; undefined: no more. */
  get following() {
    return this.about.pictures[this.number + 1];
  }

  open() {
    this.number = -1;
    this.image = document.createElement("img");
    this.image.className = "desktop-picture";
    this.image.hidden = true;
    this.image.addEventListener("error", () => this.image && this.broken());
    this.none = document.createElement("p");
    this.none.className = "no-picture";
    this.none.textContent = this.words.no_picture;
    this.place.append(this.image, this.none);
  }

  close() {
    this.image?.remove();
    this.none?.remove();
    this.image = null;
  }

  fit() {} // the style sheet does

  async reach() {}

  async readAhead() {}

  rewind() {}

  /** Show the picture of a time. */
  show(until) {
    const { pictures, sizes } = this.about;
    let [low, high] = [0, pictures.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pictures[middle] <= until) low = middle + 1;
      else high = middle;
    }
    if (low - 1 === this.number) return;
    this.number = low - 1;
    const shown = this.number >= 0;
    this.image.hidden = !shown;
    this.none.hidden = shown;
    if (!shown) return;
    [this.image.width, this.image.height] = sizes[this.number];
    this.image.alt = this.fill(this.words.picture, { host: this.about.label, at: this.clock(pictures[this.number]) });
    this.image.src = `${this.address}/${this.number}`;
  }
}
