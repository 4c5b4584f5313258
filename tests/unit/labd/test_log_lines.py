"""labd's log, when what it tells was chosen by somebody in a host."""

from __future__ import annotations

import io
import logging
import sys

from orchestrator.labd.log_lines import LogLines


def test_evidence_acts_on_no_terminal_and_makes_no_line() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LogLines("labd: %(levelname)s: %(message)s"))
    try:
        int("\x1b]0;title\x07\r\u202e")
    except ValueError:
        trouble = sys.exc_info()
    for info in (None, trouble):
        handler.emit(
            logging.LogRecord("a", logging.WARNING, "", 0, "%s", ("a\x1b[2J\r\nlabd: ERROR: forged\u2028",), info)
        )
    first, second, *traceback = written.getvalue().splitlines()
    assert first == second == r"labd: WARNING: a\u001b[2J\u000d\u000alabd: ERROR: forged\u2028"
    assert traceback[-1].startswith("ValueError: invalid literal")
    assert not set("\x1b\x07\r\u202e") & set("".join(traceback))
