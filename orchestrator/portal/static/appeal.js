// A sitting is being graded again: the page is asked anew once that is done.

import { EventLine } from "./event_line.js";

const again = () => location.reload();

new EventLine(document.getElementById("grading").dataset.events, { take: again, end: again }).begin();
