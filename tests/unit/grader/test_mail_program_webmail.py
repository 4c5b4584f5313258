"""What a browser does in a webmail's pages, told by pages as Roundcube sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from grader import mail_program

FRONT = '<input type="hidden" name="_token" value="t1">'
LISTED = (
    r'{"exec":"this.add_message_row(7,{\"subject\":\"Plan 4f\"},{});'
    r'this.add_message_row(8,{\"subject\":\"Devis\"},{});"}'
)
COMPOSE = """<input type="hidden" name="_token" value="t2"><input type="hidden" name="_task" value="mail">
<input type="hidden" name="_action" value="send"><input type="hidden" name="_id" value="99">
<select name="_from" class="mailto">
<option value="3">zoe</option></select>"""
ZOE = {"login": "zoe", "password": "secret"}


class Pages:
    """A webmail that answers by what is in the address, and remembers the forms that it was sent."""

    def __init__(self, changed: Mapping[str, tuple[int, str]] | None = None) -> None:
        self.answers: Mapping[str, tuple[int, str]] = {
            "_task=login": (302, ""),
            "_action=list&_mbox": (200, LISTED),
            "_action=show&_uid=8": (200, '<div id="messagebody">Bonjour</div>'),
            "_task=addressbook": (200, "Delmas"),
            "_action=compose": (200, COMPOSE),
            "_framed=1": (200, 'parent.rcmail.sent_successfully("confirmation", "sent");'),
            **(changed or {}),
        }
        self.forms: list[dict[str, str]] = []

    def __call__(self, path: str, form: dict[str, str] | None = None, *, whole: int = 0) -> tuple[int, str]:
        del whole
        if form:
            self.forms.append(form)
        return next((answer for part, answer in self.answers.items() if part in path), (200, FRONT))


def visit(pages: Pages, **request: Any) -> mail_program.Answer:  # noqa: ANN401 (a request in JSON)
    return mail_program.webmail_visit(pages, ZOE | request)


def test_a_login_leads_to_the_list() -> None:
    pages = Pages()
    assert visit(pages) == {"list": LISTED}
    assert pages.forms[0]["_token"] == "t1"
    assert (pages.forms[0]["_user"], pages.forms[0]["_pass"]) == ("zoe", "secret")


def test_a_message_is_opened_by_its_number() -> None:
    assert visit(Pages(), open="Devis") == {"page": '<div id="messagebody">Bonjour</div>'}
    assert visit(Pages(), open="Facture")["problem"] == "the message is not in the list"


def test_the_address_book_is_listed() -> None:
    assert visit(Pages(), contacts=True) == {"page": "Delmas"}


def test_a_message_is_sent_with_what_the_page_has_hidden() -> None:
    pages = Pages()
    assert visit(pages, to="leo@lan.test", subject="Plan") == {}
    sent = pages.forms[-1]
    assert (sent["_token"], sent["_id"], sent["_from"]) == ("t2", "99", "3")
    assert (sent["_to"], sent["_subject"], sent["_action"]) == ("leo@lan.test", "Plan", "send")


@pytest.mark.parametrize(
    ("pages", "request_", "words"),
    [
        (Pages({"_task=login": (401, "")}), {}, "the login is refused"),
        (Pages({"_action=list&_mbox": (500, "")}), {}, "no list of messages"),
        (Pages({"_action=show&_uid=8": (404, "")}), {"open": "Devis"}, "the message does not open"),
        (Pages({"_task=addressbook": (500, "")}), {"contacts": True}, "no address book"),
        (Pages({"_action=compose": (200, "Oops")}), {"to": "leo@lan.test", "subject": "Plan"}, "no page to write in"),
        (
            Pages({"_framed=1": (200, r'display_message("Erreur SMTP : d\u00e9lai",5)')}),
            {"to": "leo@lan.test", "subject": "Plan"},
            "the page does not send: Erreur SMTP : délai",
        ),
    ],
)
def test_what_a_page_refuses_is_told(pages: Pages, request_: dict[str, Any], words: str) -> None:
    with pytest.raises(mail_program.Refused) as refused:
        visit(pages, **request_)
    assert refused.value.args[1] == words


def test_a_page_without_a_login_is_told() -> None:
    with pytest.raises(mail_program.Refused) as refused:
        mail_program.webmail_visit(lambda *_a, **_k: (502, "Bad Gateway"), dict(ZOE))
    assert refused.value.args[:2] == (502, "this is not the login page")
