// A sitting is being graded again: the page is asked anew once that is done.

import { EventLine } from "./event_line.js";
import { leave } from "./leave.js";

const again = () => leave();

new EventLine(document.getElementById("grading").dataset.events, { take: again, end: again }).begin();
