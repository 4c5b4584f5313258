"""Pages as PDF; nothing is fetched from anywhere while they are made."""

from __future__ import annotations

import warnings
from typing import Any, NoReturn

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text


def pdf_of(page: str) -> bytes:
    """Return an HTML page as PDF.

    Raises:
        MachineError: the machine lacks the library that lays out text.
    """
    try:
        with warnings.catch_warnings():  # about a library that it will want one day, for smaller files
            warnings.simplefilter("ignore", DeprecationWarning)
            from weasyprint import HTML
    except OSError as error:  # Pango is a shared library of the system
        raise lacks_pango(error) from error
    made: bytes = HTML(string=page, url_fetcher=_nothing).write_pdf()
    return made


def _nothing(url: str, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - the library's own
    message = f"the documents of a session refer to nothing outside: {url}"
    raise ValueError(message)


def lacks_pango(error: OSError) -> MachineError:
    """Return the error for a machine without Pango."""
    return MachineError(
        Text(
            fr=f"Il manque à cette machine la bibliothèque Pango, qui met en page les PDF : {error}",
            en=f"This machine lacks the library Pango, which lays out PDF: {error}",
        ),
        Text(
            fr="Installez-la : « sudo apt install libpangoft2-1.0-0 » ; --html s'en passe.",
            en="Install it: 'sudo apt install libpangoft2-1.0-0'; --html does without.",
        ),
    )
