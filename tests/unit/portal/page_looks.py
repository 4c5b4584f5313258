"""Every page of the portal, in its states: what has to be so for it, and what is done to get there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from orchestrator.core.text import Text, same
from orchestrator.labd import calls, lab_contract, session_contract
from orchestrator.labd import class_contract as k
from orchestrator.labd.proof_contract import ProofRun
from tests.fakes import labd_catalogue as catalogue
from tests.fakes import labd_classes as classes
from tests.fakes import labd_day as day
from tests.fakes import labd_people as people
from tests.fakes import labd_seats as seats
from tests.fakes import labd_sessions as sessions
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd

if TYPE_CHECKING:
    from playwright.sync_api import Page

NO_PAGES = frozenset(
    {
        "/static/{file:path}", "/classes/{name}/events", "/classes/{name}/export", "/labs/{lab}/events",
        "/proof/events", "/sessions/{session}/day/events", "/seat/wait/events", "/seat/events",
        "/seat/talk/{phase}/{place}/events",
        "/seat/terminals/{phase}/{lab:int}/events", "/sessions/{session}/screens/events",
        "/sessions/{session}/screens/{phase}/{number}/{terminal}/events",
        "/sessions/{session}/desktops/{phase}/{number}/{desktop}/events",
        "/sessions/{session}/desktops/{phase}/{number}/{desktop}/pictures/{picture}",
        "/jury/{session}/documents", "/jury/{session}/candidates/{number}/evidence/{phase}",
        "/jury/{session}/candidates/{number}/phases/{phase}/recordings/{recording}",
        "/jury/{session}/candidates/{number}/phases/{phase}/appeal/events",
        "/jury/{session}/candidates/{number}/phases/{phase}/desktops/{desktop}/{picture}",
        "/attempts/{attempt}/recordings/{recording}",
    }
)  # fmt: skip
"""What is asked for by GET and is no page: files, streams, downloads."""

CLASS = f"/classes/{classes.CLASS}"
LAB = f"/labs/{world.LAB}"
MOVE = f"/scenarios/{world.SCENARIO}"
SESSION = f"/sessions/{sessions.SESSION}"
JURY = f"/jury/{sessions.SESSION}"
SHEET = f"{JURY}/candidates/C-01"
SITTING = f"{SHEET}/phases/reseau"
LINK = "a-secret-of-a-link"


def _as_it_is(_labd: FakeLabd) -> None:
    """Change nothing."""


def _commented(labd: FakeLabd) -> None:
    """Have two trainers have commented: one comment was changed, one withdrawn, one is another's."""
    mine = lab_contract.TrainerNote(
        "comment", "Théo Bernard", world.EARLIER, "Test with the user first.\nThen close the ticket."
    )
    labd.help.notes[7] = [
        replace(mine, id=1, changed=world.NOW, new=True, yours=True),
        replace(mine, id=2, text="", withdrawn=world.NOW),
        replace(mine, id=3, by="Ada Martin", text="Good report."),
    ]


def _class_full(labd: FakeLabd) -> None:
    """Have a lab wait for others of its class."""
    labd.change(state="waiting", queue=lab_contract.QueueView(2, 9, "class", None))


def _jury_first(labd: FakeLabd) -> None:
    """Have a lab wait for those of a jury."""
    labd.change(state="waiting", queue=lab_contract.QueueView(1, 1, "jury", None))


def _seat_over(labd: FakeLabd) -> None:
    """Have a candidate's time be over."""
    labd.seats.subject = replace(labd.seats.subject, standing="over", people=(), talks=(people.TALK,))


def _seat_talked(labd: FakeLabd) -> None:
    """Have a candidate have talked, and Sam be at it."""
    labd.seat_talk.turns["alice"] = people.TURNS
    labd.seat_talk.answering = "sam"
    labd.seat_talk.failed = calls.Refusal("machine", same("pc1"))


def _at_once(_page: Page) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Look:
    """A page in one of its states.

    Attributes:
        name: what the test is called.
        path: where it is opened.
        template: what the page is made of that is looked at in the end.
        handle: who opens it; empty: nobody is signed in.
        prepare: what has to be so.
        act: what is done once it is open.
    """

    name: str
    path: str
    template: str
    handle: str = ""
    prepare: Callable[[FakeLabd], None] = _as_it_is
    act: Callable[[Page], None] = _at_once


# What is done on pages ----------------------------------------------------------------------------------------


def _send(page: Page, button: str, **fields: str) -> None:
    """Fill in fields, and send their form."""
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)
    with page.expect_navigation():
        page.locator(button).first.click()


def _wrong_sign_in(page: Page) -> None:
    _send(page, "main button:not([type=button])", handle="lea", password="wrong")


def _wrong_link(page: Page) -> None:
    _send(page, "#link-form button", link="nothing")


def _wrong_password(page: Page) -> None:
    _send(
        page, "form[action='/account/password'] button:not([type=button])", old_password="wrong", new_password="short"
    )


def _person_added(page: Page) -> None:
    page.locator("details summary").click()
    _send(page, "form[action='/people'] button", handle="mia")
    page.locator("details summary").click()


def _wrong_person(page: Page) -> None:
    page.locator("details summary").click()
    _send(page, "form[action='/people'] button", handle="lea")


def _codes_made(page: Page) -> None:
    _send(page, "form[action$='/codes'] button")


def _wrong_seat(page: Page) -> None:
    _send(page, "form[action='/seat'] button:not([type=button])", code="no")


def _regrading(labd: FakeLabd) -> None:
    labd.appeals.view = replace(labd.appeals.view, running=True)


def _waiting_at_seat(page: Page) -> None:
    _send(page, "form[action='/seat'] button:not([type=button])", code=seats.CODE)


def _at_seat(token: str, path: str = "") -> Callable[[Page], None]:
    """Have a browser be at a candidate's seat, on the same page or another."""

    def sit(page: Page) -> None:
        names = {one["name"] for one in page.context.cookies()}
        prefix = "__Host-" if any(name.startswith("__Host-") for name in names) else ""
        page.context.add_cookies([{"name": f"{prefix}breakfix-seat", "value": token, "url": page.url}])
        page.reload()
        if path:
            page.goto(page.url.partition("/seat")[0] + path)

    return sit


def _at_terminals(page: Page) -> None:
    """Open two terminals at a candidate's seat."""
    _at_seat(seats.SEATED, "/seat/terminals/reseau/1")(page)
    page.locator("#terminal-empty [data-host=pc1][data-kind=root]").click()
    page.locator(".xterm-rows >> text=root@lab").wait_for()


def _at_pages(page: Page) -> None:
    """Look at what web pages a candidate may open."""
    _at_seat(seats.SEATED, "/seat/terminals/reseau/1")(page)
    page.locator("[data-opens=lab-pages]").click()


def _at_subject(page: Page) -> None:
    _at_seat(seats.SEATED, "/seat/work/reseau/1")(page)


def _at_talk(page: Page) -> None:
    """Look at what can be said to Alice."""
    _at_seat(seats.SEATED, "/seat/talk/reseau/1")(page)
    page.locator("#talk-1-menu summary").click()


def _wrong_class(page: Page) -> None:
    _send(page, "form[action='/classes'] button", name="two words")


def _coded(page: Page) -> None:
    _send(page, "form[action$='/code'] button")
    page.locator("details summary").first.click()


def _wrong_members(page: Page) -> None:
    page.locator("details summary").first.click()
    _send(page, "form[action$='/members'] button", people="nom\nmia")


def _members_added(page: Page) -> None:
    page.locator("details summary").first.click()
    _send(page, "form[action$='/members'] button", people="handle,name\nmia,Mia Roy\nmax,Max Petit-Dubois de la Tour")


def _limits_set(page: Page) -> None:
    page.locator("details summary").last.click()
    _send(page, "form[action$='/limits'] button", labs="8", memory="12.5", processors="0.5")
    page.locator("details summary").last.click()


def _wrong_limits(page: Page) -> None:
    page.locator("details summary").last.click()
    _send(page, "form[action$='/limits'] button", memory="9999")


def _announced(page: Page) -> None:
    _send(page, "form[action$='/announce'] button", text="Cinq minutes")
    page.locator("main details summary").click()
    page.wait_for_selector("#board-lost", state="hidden")


def _joining(page: Page) -> None:
    _send(page, "main form button", code=classes.CODE)


def _wrong_joining(page: Page) -> None:
    _joining(page)
    page.locator("#given_name").fill("Léa")
    page.locator("#family_name").fill("Martin")
    _send(page, "main form button:not([type=button])", handle="lea", password="correct horse battery")


def _tab(name: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(f"#tab-{name}").click()
        page.wait_for_selector(f"#{name}:not([hidden])")

    return act


def _terminal(page: Page) -> None:
    page.locator('#terminal-empty [data-host="pc1"][data-kind="root"]').evaluate("(button) => button.click()")
    page.wait_for_selector(".lab-screen:not([hidden]) .xterm-rows", state="attached")


def _pages_listed(page: Page) -> None:
    page.locator("[data-opens=lab-pages]").click()
    page.wait_for_selector("#lab-pages[open]")


def _page_opening(page: Page) -> None:
    """Open a web page in this very tab, and stay on the way there."""
    page.route("**/-breakfix/**", lambda route: route.abort("aborted"))
    _pages_listed(page)
    page.locator("#page-other").evaluate("(form) => form.removeAttribute('target')")
    page.locator("#page-address").fill("shop.lab")
    with page.expect_navigation():
        page.locator("#page-other [type=submit]").click()


def _asked_to_stop(page: Page) -> None:
    page.locator("[data-opens=lab-stop]").click()
    page.wait_for_selector("dialog[open]")


def _unfolded(page: Page) -> None:
    for fold in ("hosts", "cables"):
        page.evaluate("(id) => { document.getElementById(id).open = true; }", f"fold-{fold}")
    page.evaluate("() => { location.hash = ''; }")


def _both_roles(page: Page) -> None:
    for role in ("organiser", "jury"):
        page.locator(f"input[name=role][value={role}]").check()
    _send(page, "main form.card button:not([type=button])", password="correct horse battery")


def _unfold_all(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


def _all_shown(page: Page) -> None:
    _unfold_all(page)
    page.wait_for_function("() => document.querySelector('#screens-list img')?.naturalWidth > 0")


def _played(page: Page) -> None:
    page.wait_for_selector(".xterm-rows", state="attached")


def _played_to_the_end(page: Page) -> None:
    _played(page)
    page.focus("#bar")
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.xterm-rows').textContent.includes('restart')")


def _desktop_at_the_end(page: Page) -> None:
    _played(page)
    page.locator(".lanes button").nth(2).click()
    page.focus("#bar")
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.desktop-picture').naturalWidth > 0")


# What has to be so --------------------------------------------------------------------------------------------


def _desktop_closed(labd: FakeLabd) -> None:
    labd.day.desktops = tuple(replace(one, open=False) for one in labd.day.desktops)


def _invited(labd: FakeLabd) -> None:
    labd.links[LINK] = "nour"


def _open_class(labd: FakeLabd) -> None:
    labd.classes.classes[classes.CLASS].code = k.JoinCode(classes.CODE, classes.UNTIL)
    labd.classes.classes[classes.CLASS].launches.append(k.LaunchLine(world.SCENARIO, world.MOVE.title, world.NOW))


def _no_lab(labd: FakeLabd) -> None:
    labd.labs.clear()


def _busy_board(labd: FakeLabd) -> None:
    _open_class(labd)
    trouble = Text(fr="Le lab n'a pas démarré : plus de mémoire.", en="The lab did not start: no memory is left.")
    rows: tuple[dict[str, Any], ...] = (
        {"state": "running", "stuck": True, "minutes": 10},
        {"state": "solved", "colours": ("pass", "pass", "pass")},
        {"state": "broken", "trouble": trouble, "colours": (), "graded": ""},
        {"state": "starting", "colours": (), "graded": "", "active": ""},
        {"state": "ended", "lab": "", "colours": ("pass", "error", "fail")},
    )
    for number, fields in enumerate(rows):
        handle, name = f"member{number}", f"Maximilienne Dupont-Durand {number}"
        labd.people[handle] = world.FakePerson(f"P-{number:012x}", handle, name, ("trainee",))
        labd.classes.classes[classes.CLASS].members.append(handle)
        labd.classes.rows[handle] = classes.row(handle, name, **fields)
    labd.classes.launching = 2


def _with_pages(labd: FakeLabd) -> None:
    long = f"https://{'a' * 60}.kerlann.internal:8443/{'b' * 60}"
    labd.change(
        pages=(
            lab_contract.WebPageView("pc1", "http://intranet.lab/"),
            lab_contract.WebPageView("pc1", long, "proxy.lab:3128"),
        )
    )


def _graded(labd: FakeLabd) -> None:
    changes = (
        lab_contract.ChangeView(
            "forbidden", "pc1", Text(fr="Un compte est nouveau.", en="A user is new."), None, "bad:x:0"
        ),
        lab_contract.ChangeView(
            "unexplained",
            "pc1",
            Text(fr="Un fichier a changé.", en="A file has changed."),
            "\n".join(["old", "same", "x" * 200]),
            "\n".join(["new", "same", "y" * 200]),
        ),
    )
    evidence = same("ip: " + "a" * 90)
    kept = tuple(replace(world.CHECKS[1], id=str(number)) for number in range(6))
    checks = (*(replace(check, evidence=evidence) for check in world.CHECKS), *kept)
    grading = replace(world.GRADING, checks=checks, changes=changes)
    labd.change(grading=grading, hints=world.HINTS[:1])


def _solved(labd: FakeLabd) -> None:
    labd.change(grading=replace(world.GRADING, verdict="repaired"), solved=True, solved_at=world.NOW, hints=world.HINTS)


def _state(state: lab_contract.LabStateName, busy: str = "") -> Callable[[FakeLabd], None]:
    def prepare(labd: FakeLabd) -> None:
        text = Text(fr="Il n'y a plus de place sur le disque.", en="The disk is full.")
        trouble = calls.Refusal("machine", text, Text(fr="Prévenez votre formateur.", en="Tell your trainer."))
        labd.change(state=state, busy=busy, trouble=trouble if state == "failed" else None)

    return prepare


def _waiting(labd: FakeLabd) -> None:
    labd.change(state="waiting", queue=lab_contract.QueueView(3, 7, "turn", 190))


def _warned(labd: FakeLabd) -> None:
    labd.change(freezes=world.NOW)


def _soon_saved(labd: FakeLabd) -> None:
    """A lab that is frozen still once its page is open."""
    labd.change(state="frozen", saves=world.NOW)
    labd.refusals["thaw"] = calls.Refusal("machine", Text(fr="Non.", en="No."))


def _asked_to_type(labd: FakeLabd) -> None:
    labd.help.refs |= {"one": labd.people["theo"].ref, "two": labd.people["theo"].ref}
    asked = lab_contract.TypingView("one", "0" * 16, "pc1", "Théo Bernard", "asked", yours=False)
    notes = (lab_contract.TrainerNote("hint", "Théo Bernard", world.NOW, "Regardez le câble. " + "x" * 90, new=True),)
    labd.change(typing=(asked, replace(asked, id="two", state="allowed")), notes=notes)


def _erasure_asked(labd: FakeLabd) -> None:
    labd.privacy.asked |= {"nour": world.NOW, "lea": world.NOW}
    labd.privacy.running = (world.LAB,)


def _proving(labd: FakeLabd) -> None:
    labd.catalogue.run = ProofRun(
        1, world.SCENARIO, world.MOVE.title, "Ada Petit", world.NOW, "", "playing", "", catalogue.STAGES
    )


def _talked(labd: FakeLabd) -> None:
    """Have two people be there, and much be said with one, also where it is read again."""
    long = replace(people.TURNS[0], said="x" * 200, reply="y" * 200, language="fr")
    labd.lab_people.come(people.ALICE, people.SAM)
    labd.lab_people.turns[world.LAB, "alice"] = (long, *people.TURNS)
    labd.lab_people.answering = (world.LAB, "alice")
    labd.help.talks = labd.privacy.talks = (replace(people.TALK, turns=(long, *people.TURNS)),)


def _talked_solved(labd: FakeLabd) -> None:
    _talked(labd)
    _solved(labd)


def _phrases(page: Page) -> None:
    _tab("talk")(page)
    page.locator("[data-person=talk-2]").click()
    page.locator("#talk-2-menu summary").click()


def _debriefed(page: Page) -> None:
    _tab("debrief")(page)
    page.locator("#debrief-talk-1 summary").click()


def _silent(labd: FakeLabd) -> None:
    text = Text(fr="Le moteur ne répond pas.", en="The engine does not answer.")
    labd.refusals["path"] = calls.Refusal("machine", text, Text(fr="Réessayez.", en="Try again."))


def _sessions(labd: FakeLabd) -> None:
    """Have a session in each stage, a rehearsal, and one that cannot be read."""
    for number, stage in enumerate(get_args(session_contract.SessionStage)[:-1]):
        name = f"session-{number}"
        labd.sessions.sessions[name] = replace(sessions.VIEW, id=name, stage=stage, minute=2 if number else 60)
    labd.sessions.damaged.append("worn-out")


def _planning(plan: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        _send(page, "#plan-form .acts button:not([name])", plan=plan, candidates="number,nom\nC-01,Zoé\n")

    return act


def _filling_in(page: Page) -> None:
    """Have a phase with scenarios that are named as well, and a mistake in fields of each kind."""
    with page.expect_response("**/new-session"):
        page.locator("#add-phases-0-scenarios").click()
    page.locator("#phases-0-scenarios-0").wait_for()
    with page.expect_navigation():
        _fill(page, title="mistake", date="2026-12-14", **{"jury-0-name": "Anne Martin", "candidates-0-number": "C-01"})
        page.locator("#plan-form .acts button[value=check]").click()


def _fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)


def _wrong_withdrawal(page: Page) -> None:
    page.locator("#reason").evaluate("(field) => field.removeAttribute('required')")
    page.locator("main details summary").last.click()
    _send(page, "form[action$='/withdraw'] button", reason="")


def _day_stopped(labd: FakeLabd) -> None:
    """Have everybody's time stand still, in a rehearsal that nobody supervises."""
    text = Text(fr="Le programme s'est arrêté.", en="The program has ended.")
    labd.day.view = replace(
        day.DAY, paused=True, supervision="off", trouble=text, minute=2, acts=("resume", "announce", "incident")
    )


def _wrong_pause(page: Page) -> None:
    page.locator("main details summary").first.click()
    page.locator("#pause-text").evaluate("(field) => field.removeAttribute('required')")
    _send(page, "button[value=pause]")


def _wrong_signature(page: Page) -> None:
    page.locator("#anyway").check()
    _send(page, "form[action$='/sign'] button:not([type])", password="another one altogether")


def _no_reason(page: Page) -> None:
    field = page.locator("#reason-1-4")
    field.evaluate("(field) => field.removeAttribute('required')")
    page.locator("#subject-1\\.4 input[value=acquired]").check()
    with page.expect_navigation():
        page.locator("#subject-1\\.4 .decide button").click()


LOOKS = (  # a form that was refused holds all that it held before
    Look("sign-in, refused", "/sign-in", "sign_in.html.j2", act=_wrong_sign_in),
    Look("link, refused", "/link", "link.html.j2", act=_wrong_link),
    Look("link with its secret", f"/link#{LINK}", "link_password.html.j2", prepare=_invited),
    Look("path", "/", "path.html.j2", "lea"),
    Look("path of an administrator", "/", "path.html.j2", "ada"),
    Look("no answer", "/", "error.html.j2", "lea", _silent),
    Look("no such page", "/nothing", "error.html.j2", "lea"),
    Look("scenario", "/scenarios/address-conflict", "scenario.html.j2", "lea"),
    Look("scenario, tried", "/scenarios/dns-zone-broken", "scenario.html.j2", "lea"),
    Look("scenario, unproven", "/scenarios/backup-script", "scenario.html.j2", "lea"),
    Look("scenario, running", f"/scenarios/{world.SCENARIO}", "scenario.html.j2", "lea"),
    Look("account, refused", "/account", "account.html.j2", "lea", act=_wrong_password),
    Look("people, one added", "/people", "people.html.j2", "ada", act=_person_added),
    Look("people, refused", "/people", "people.html.j2", "ada", act=_wrong_person),
    Look("classes, refused", "/classes", "classes.html.j2", "theo", act=_wrong_class),
    Look("class with a code", CLASS, "class.html.j2", "theo", _open_class, _coded),
    Look("class, refused", CLASS, "class.html.j2", "theo", act=_wrong_members),
    Look("class with limits", CLASS, "class.html.j2", "theo", _open_class, _limits_set),
    Look("class, limits refused", CLASS, "class.html.j2", "theo", act=_wrong_limits),
    Look("links of a class", CLASS, "class_links.html.j2", "theo", act=_members_added),
    Look("launch", f"{CLASS}/launch", "launch.html.j2", "theo"),
    Look("board, announced", f"{CLASS}/board", "board.html.j2", "theo", _busy_board, _announced),
    Look("sessions", "/sessions", "sessions.html.j2", "ines", _sessions, _unfold_all),
    Look("new session by fields", "/new-session", "plan_fields.html.j2", "ines", act=_unfold_all),
    Look("new session by fields, wrong", "/new-session", "plan_fields.html.j2", "ines", act=_filling_in),
    Look("new session by text", "/new-session/text", "session_new.html.j2", "ines", act=_unfold_all),
    Look("new session, wrong", "/new-session/text", "session_new.html.j2", "ines", act=_planning("a\nb\nmistake\nd")),
    Look("new session, in doubt", "/new-session/text", "session_new.html.j2", "ines", act=_planning("past")),
    Look("session", SESSION, "session.html.j2", "ines", act=_unfold_all),
    Look("readiness of a session", f"{SESSION}/readiness", "readiness.html.j2", "ada"),
    Look("session, not withdrawn", SESSION, "session.html.j2", "ines", act=_wrong_withdrawal),
    Look("day", f"{SESSION}/day", "session_day.html.j2", "ines", act=_all_shown),
    Look("day, refused", f"{SESSION}/day", "session_day.html.j2", "ines", _day_stopped, _wrong_pause),
    Look("sessions of an invigilator", "/sessions", "sessions.html.j2", "remi"),
    Look("day of an invigilator", f"{SESSION}/day", "session_day.html.j2", "remi", act=_unfold_all),
    Look("screen", f"{SESSION}/screens/reseau/C-04/moved-desks.pc1-1", "screen.html.j2", "ines"),
    Look("desktop on a screen", f"{SESSION}/desktops/reseau/C-04/moved-desks.pc1", "screen_desktop.html.j2", "ines"),
    Look(
        "desktop that was closed",
        f"{SESSION}/desktops/reseau/C-04/moved-desks.pc1",
        "screen_desktop.html.j2",
        "ines",
        _desktop_closed,
    ),
    Look("day of a candidate", f"{SESSION}/day/reseau/C-05", "day_candidate.html.j2", "ines", act=_unfold_all),
    Look("codes on paper", SESSION, "seat_codes.html.j2", "ines", act=_codes_made),
    Look("seat", "/seat", "seat.html.j2"),
    Look("seat, refused", "/seat", "seat.html.j2", act=_wrong_seat),
    Look("seat, waiting", "/seat", "seat_wait.html.j2", act=_waiting_at_seat),
    Look("seat, let in", "/seat", "seat_now.html.j2", act=_at_seat(seats.SEATED)),
    Look("seat, labs", "/seat/terminals", "seat_labs.html.j2", act=_at_seat(seats.SEATED, "/seat/terminals")),
    Look("seat, terminals", "/seat/terminals/reseau/1", "seat_terminals.html.j2", act=_at_terminals),
    Look("seat, web pages", "/seat/terminals/reseau/1", "seat_terminals.html.j2", act=_at_pages),
    Look("seat, talk", "/seat/talk/reseau/1", "seat_talk.html.j2", prepare=_seat_talked, act=_at_talk),
    Look("seat, a scenario", "/seat/work/reseau/1", "seat_subject.html.j2", act=_at_subject),
    Look(
        "seat, what was handed in", "/seat/work/reseau/1", "seat_subject.html.j2", prepare=_seat_over, act=_at_subject
    ),
    Look("jury", "/jury", "jury.html.j2", "paul"),
    Look("deliberation", JURY, "deliberation.html.j2", "paul"),
    Look("deliberation, not signed", JURY, "deliberation.html.j2", "paul", act=_wrong_signature),
    Look("candidate for the jury", f"{JURY}/candidates/C-01", "candidate_sheet.html.j2", "paul", act=_unfold_all),
    Look(
        "candidate for the jury, refused", f"{JURY}/candidates/C-01", "candidate_sheet.html.j2", "paul", act=_no_reason
    ),
    Look("sealed evidence", SITTING, "sitting_evidence.html.j2", "paul", act=_unfold_all),
    Look("sealed evidence, side by side", f"{SITTING}?view=side", "sitting_evidence.html.j2", "paul", act=_unfold_all),
    Look("appeal", f"{SITTING}/appeal", "sitting_appeal.html.j2", "paul"),
    Look("appeal, being graded", f"{SITTING}/appeal", "sitting_appeal.html.j2", "paul", _regrading),
    Look("replay of a sitting", f"{SITTING}/replay", "sitting_replay.html.j2", "paul", act=_played_to_the_end),
    Look("replay of a desktop", f"{SITTING}/replay", "sitting_replay.html.j2", "paul", act=_desktop_at_the_end),
    Look("search in a sitting", f"{SITTING}/replay?q=ping", "sitting_replay.html.j2", "paul", act=_unfold_all),
    Look("search in a sitting, wrong", f"{SITTING}/replay?q=wrong", "sitting_replay.html.j2", "paul"),
    Look("attempts of a member", f"{CLASS}/members/lea/attempts", "attempts.html.j2", "theo"),
    Look("attempt of a member", f"{CLASS}/members/lea/attempts/7", "attempt.html.j2", "theo"),
    Look(
        "comments on an attempt", f"{CLASS}/members/lea/attempts/7", "attempt.html.j2", "theo", _commented, _unfold_all
    ),
    Look("attempt with talk", f"{CLASS}/members/lea/attempts/7", "attempt.html.j2", "theo", _talked, _unfold_all),
    Look("comments as their trainee reads them", MOVE, "scenario.html.j2", "lea", _commented),
    Look("waiting for the class", LAB, "lab.html.j2", "lea", _class_full),
    Look("waiting for a jury", LAB, "lab.html.j2", "lea", _jury_first),
    Look("privacy", "/account/privacy", "privacy.html.j2", "lea", act=_unfold_all),
    Look("privacy, erasure asked", "/account/privacy", "privacy.html.j2", "lea", _erasure_asked),
    Look("roles of somebody, refused", "/people/roles/theo", "person_roles.html.j2", "ada", act=_both_roles),
    Look("people, erasure asked", "/people", "people.html.j2", "ada", _erasure_asked),
    Look("erasure", "/people/erasure/nour", "erasure.html.j2", "ada", _erasure_asked),
    Look("replay", "/attempts/41/replay", "replay.html.j2", "lea", act=_played),
    Look("replay with talk", "/attempts/40/replay", "replay.html.j2", "lea", _talked, _unfold_all),
    Look("replay of nothing", "/attempts/40/replay", "replay.html.j2", "lea"),
    Look("catalogue", "/catalogue", "catalogue.html.j2", "theo"),
    Look("scenario from inside", f"/catalogue/{world.SCENARIO}", "inside.html.j2", "ada", act=_unfold_all),
    Look("scenario from inside, unproven", "/catalogue/backup-script", "inside.html.j2", "theo"),
    Look("no proof", "/proof", "proof.html.j2", "ada"),
    Look("proof as it goes", "/proof", "proof.html.j2", "ada", _proving),
    Look("join", "/join", "join.html.j2"),
    Look("join, signed in", "/join", "join.html.j2", "lea"),
    Look("join an account, refused", "/join", "join_account.html.j2", prepare=_open_class, act=_wrong_joining),
    Look("lab, about", LAB, "lab.html.j2", "lea", act=_tab("about")),
    Look("lab, graded", LAB, "lab.html.j2", "lea", _graded, _tab("check")),
    Look("lab, hints", LAB, "lab.html.j2", "lea", _graded, _tab("hints")),
    Look("lab, hand in", LAB, "lab.html.j2", "lea", act=_tab("hand-in")),
    Look("lab, solved", LAB, "lab.html.j2", "lea", _solved, _tab("debrief")),
    Look("lab, talk", LAB, "lab.html.j2", "lea", _talked, _tab("talk")),
    Look("lab, what can be said", LAB, "lab.html.j2", "lea", _talked, _phrases),
    Look("lab, talk in the debrief", LAB, "lab.html.j2", "lea", _talked_solved, _debriefed),
    Look("lab of another, talk", LAB, "lab.html.j2", "theo", _talked, _tab("talk")),
    Look("lab, machines and cables", f"{LAB}#map", "lab.html.j2", "lea", act=_unfolded),
    Look("lab with a terminal", f"{LAB}#terminals", "lab.html.j2", "lea", act=_terminal),
    Look("lab, web pages", LAB, "lab.html.j2", "lea", _with_pages, _pages_listed),
    Look("lab, a web page opens", LAB, "page_opening.html.j2", "lea", act=_page_opening),
    Look("lab, asked to stop", LAB, "lab.html.j2", "lea", act=_asked_to_stop),
    Look("lab of another", LAB, "lab.html.j2", "theo", _graded),
    Look("lab, asked to type", LAB, "lab.html.j2", "lea", _asked_to_type, _tab("hints")),
    Look("lab of another, typing", LAB, "lab.html.j2", "theo", _asked_to_type, _tab("hints")),
    Look("lab, waiting", LAB, "lab.html.j2", "lea", _waiting),
    Look("lab, soon frozen", LAB, "lab.html.j2", "lea", _warned),
    Look("lab, frozen", LAB, "lab.html.j2", "lea", _state("frozen")),
    Look("lab, soon saved", LAB, "lab.html.j2", "lea", _soon_saved),
    Look("lab, saved", LAB, "lab.html.j2", "lea", _state("saved")),
    Look("lab, resuming", LAB, "lab.html.j2", "lea", _state("starting", "resume")),
    Look("lab, starting", LAB, "lab.html.j2", "lea", _state("starting", "start")),
    Look("lab, stopping", LAB, "lab.html.j2", "lea", _state("stopping", "stop")),
    Look("lab, failed", LAB, "lab.html.j2", "lea", _state("failed")),
    Look("lab, gone", LAB, "lab.html.j2", "lea", _state("gone")),
)
