// A candidate waits until somebody confirms who sits there: then the page is asked anew; where that is not to be, they
// are asked for a code again, and told why.

import { EventLine } from "./event_line.js";
import { leave } from "./leave.js";

const lost = document.getElementById("seat-lost");

new EventLine(
  document.getElementById("waiting").dataset.events,
  {
    take: () => leave(),
    end: () => leave("/seat?gone=yes"),
    here: () => (lost.hidden = true),
    lost: () => (lost.hidden = false),
  },
  { longest: 5_000 },
).begin();
