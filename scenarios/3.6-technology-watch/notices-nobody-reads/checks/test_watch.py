"""Does a notice reach whom it concerns, and nobody else? Is a feed that falls silent noticed?

The checks publish notices in the two feeds, as their publishers do, and take them away again. They look at nothing but
what comes out of the printers. While a feed is away, no other check publishes in it.
"""

import re
import secrets
import time
from contextlib import contextmanager

from grader import check, reason, scaled_timeout
from lab_tools import listed

NOTICES = "/srv/www/avis"
PARK = "/etc/veille/parc.csv"
PAGES = "/srv/impressions"
SOON = 30
"""How many seconds a notice may take from the feed to the paper."""
AT_ONCE = 1
"""Seconds after which a feed that is read is surely read as it is now: a reader may have begun before."""
PRINTED = 6
"""How many seconds what was read may take to the paper."""
FEEDS = ("federation", "etiquetage")
READ = "/var/log/nginx/access.log"
FAR = "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head>\n<body><h1>De retour bientôt</h1></body></html>\n"
"""What a site says that is being worked at; its status is 200 all the same."""


def new_number():
    """Return a notice's number that nobody knows."""
    return f"FF-2026-{secrets.token_hex(5)}"


def entry(number, programs, title):
    terms = "".join(f'<category term="{program}"/>' for program in programs)
    return (
        f"<entry><id>tag:federation-fruitieres.example,2026:{number}</id>"
        f"<updated>2026-11-30T12:00:00+01:00</updated><title>{number} : {title}</title>{terms}</entry>"
    )


@contextmanager
def published(lab, *notices, feed="federation"):
    """Publish notices in a feed, each a number, its programs, a title; take them away at the end."""
    host, path = lab.host("srv1"), f"{NOTICES}/{feed}.xml"
    numbers = "\\|".join(number for number, _, _ in notices)
    try:
        for number, programs, title in notices:
            host.run("flock %s sed -i %s %s", NOTICES, f"\\|^<author>|a {entry(number, programs, title)}", path)
        yield
    finally:
        host.run("flock %s sed -i %s %s", NOTICES, f"/{numbers}/d", path)


@contextmanager
def silent(lab, feed, instead=""):
    """Take a feed away for a while: there is nothing at its address, or else a page that is no feed."""
    host, path = lab.host("srv1"), f"{NOTICES}/{feed}.xml"
    kept = f"/srv/.{feed}.xml"
    try:
        if instead:
            host.run("sh -c %s", f"printf '%s' '{instead}' >{kept}.new && cp -p {path} {kept} && mv {kept}.new {path}")
        else:
            host.run("mv %s %s", path, kept)
        yield
    finally:
        host.run("sh -c %s", f"[ ! -e {kept} ] || mv {kept} {path}")


def pages(lab, mark):
    """Return which printers a page with this in its title has come out of, once for each page.

    A number that nobody knows may begin as an old one does: what follows the mark is no part of a number.
    """
    tree = lab.host("srv1").file(PAGES).tree()
    whole = re.compile(rf"{re.escape(mark)}(?![0-9A-Za-z]).*pdf$")
    found = [one.path for one in tree if whole.search(one.path)]
    return sorted(path.rpartition("/")[0].rpartition("/")[2] for path in found)


def nobody_watches(lab):
    """Return in words that nothing on srv1 watches, or nothing: asked before a wait, which would be in vain."""
    host = lab.host("srv1")
    if any(host.service(unit).is_running for unit in ("veille.timer", "veille.service")):
        return ""
    return reason(fr="ni veille.timer ni veille.service ne tourne", en="neither veille.timer nor veille.service runs")


def assert_somebody_watches(lab):
    missing = nobody_watches(lab)
    assert not missing, missing


def next_pass(lab):
    """Return in how many seconds systemd starts the next pass; 0 while there is one, or where it does not say."""
    host = lab.host("srv1")
    if host.service("veille.service").is_running or not host.service("veille.timer").is_running:
        return 0
    due = (
        (host.service("veille.timer").systemd_property("Timer.NextElapseUSecMonotonic"), time.monotonic()),
        (host.service("veille.timer").systemd_property("Timer.NextElapseUSecRealtime"), time.time()),
    )
    known = [when / 1e6 - now for when, now in due if 0 < when < 1 << 63]
    return min(known, default=0)


class PassesInVain:
    """Tells when nothing is to be hoped for: some passes have read a feed as it is now, and nothing came of it.

    A pass that leaves the feed out has ended when it reads the other one once more. It is only to give up sooner: what
    tells nothing (a reader that nginx does not log) is waited for in full.
    """

    def __init__(self, lab, feed, passes):
        self._lab, self._feed, self._passes = lab, feed, passes
        self._began = time.monotonic()
        self._before = self._ended = None

    def __call__(self):
        """Return in words that passes have ended in vain, or nothing."""
        now = time.monotonic()
        if now - self._began < AT_ONCE:
            return ""
        due = next_pass(self._lab)
        if due > scaled_timeout(SOON):
            return reason(fr=f"le prochain passage est dans {due:.0f} s", en=f"the next pass is in {due:.0f} s")
        if self._before is None:
            self._before = self._times_read()
        elif self._ended is None:
            reads = {feed: times - self._before[feed] for feed, times in self._times_read().items()}
            done = reads[self._feed] >= self._passes or max(reads.values()) > self._passes
            self._ended = now if done else None
        elif now - self._ended > scaled_timeout(PRINTED) and not self._printing():
            return reason(
                fr=f"un passage est fini depuis {PRINTED} s, et rien n'est sorti",
                en=f"a pass ended {PRINTED} s ago, and nothing came out",
            )
        return ""

    def _printing(self):
        """Return whether a printer still has something to print."""
        return bool(self._lab.host("srv1").run("lpstat -o").stdout.strip())

    def _times_read(self):
        told = self._lab.host("srv1").run("grep -o %s %s", "/avis/[a-z]*.xml", READ).stdout
        return {feed: told.count(f"/avis/{feed}.xml") for feed in FEEDS}


def await_pages(lab, mark, printers, what, feed="federation"):
    """A page with this in its title comes out of each of these printers, and of no other, within the time given."""

    def came():
        return set(printers) <= set(pages(lab, mark))

    in_vain = PassesInVain(lab, feed, 1)

    def went_elsewhere():
        others = sorted(set(pages(lab, mark)) - set(printers))
        elsewhere = reason(fr=f"{what} : imprimé sur {listed(others)}", en=f"{what}: printed on {listed(others)}")
        return elsewhere if others else in_vain()

    late = reason(
        fr=f"{what} : rien sur {listed(printers)} après {SOON} s",
        en=f"{what}: nothing on {listed(printers)} after {SOON} s",
    )
    assert_somebody_watches(lab)
    lab.wait(came, within=SOON, every=0.5, what=late, unless=went_elsewhere)
    assert_only(lab, mark, printers, what)


def assert_only(lab, mark, printers, what):
    """No page with this in its title has come out of a printer but these, and one only of each of them."""
    found = pages(lab, mark)
    assert found == sorted(printers), reason(
        fr=f"{what} : imprimé sur {listed(found)}, et non sur {listed(sorted(printers))}",
        en=f"{what}: printed on {listed(found)}, not on {listed(sorted(printers))}",
    )


def await_another_pass(lab):
    """Wait until all that earlier passes had printed has come out of the printers: a later pass has printed on each.

    A pass that prints once more what it had printed may be under way: its notices come out before it has ended. Hence
    two of them, one after the other.
    """
    values = lab.values
    for title in ("un autre passage", "un passage de plus"):
        ones = {new_number(): which for which in ("first", "second", "third")}
        with published(lab, *((number, (values[which],), title) for number, which in ones.items())):
            for number, which in ones.items():
                await_pages(lab, number, [values[f"{which}_printer"]], named((values[which],)))


def named(programs):
    return reason(fr=f"un avis sur {listed(programs)}", en=f"a notice on {listed(programs)}")


@check(
    "objective",
    points=3,
    competence="3.6",
    fr="Un avis qui vient de paraître sort en une demi-minute chez qui s'en occupe, et chez personne d'autre.",
    en="A new notice is printed within half a minute for whoever looks after the program, and for nobody else.",
    before_fr="Un avis qui nous concerne n'arrive pas chez la bonne personne.",
    before_en="A notice that concerns us does not reach the right person.",
    host="srv1",
    lock="",
    timeout=120,
)
def test_notices_arrive(lab):
    values = lab.values
    ones = {new_number(): (values[f"{which}"],) for which in ("first", "second", "third")}
    both = new_number()
    ones[both] = (values["foreign"], values["first"], values["third"])
    printer = {values[which]: values[f"{which}_printer"] for which in ("first", "second", "third")}

    def wanted(programs):
        return sorted({printer[program] for program in programs if program in printer})

    # A title may name whatever it likes: what a notice is about stands elsewhere.
    notices = [(number, programs, f"comme pour {values['foreign']}") for number, programs in ones.items()]
    with published(lab, *notices):
        for number, programs in ones.items():
            await_pages(lab, number, wanted(programs), named(programs))
        await_another_pass(lab)
        for number, programs in ones.items():
            assert_only(lab, number, wanted(programs), named(programs))


@check(
    "objective",
    points=3,
    competence="3.6",
    fr="Un avis sur un programme que nous n'avons pas n'est imprimé nulle part, quoi que dise son titre.",
    en="A notice on a program that we don't have is printed nowhere, whatever its title says.",
    before_fr="Rien ne trie encore les avis.",
    before_en="Nothing sorts the notices yet.",
    host="srv1",
    lock="",
    timeout=120,
)
def test_others_do_not(lab):
    values = lab.values
    first, second, third = (values[which] for which in ("first", "second", "third"))
    foreign = {
        new_number(): ((values["foreign"],), f"import depuis {first}"),
        new_number(): ((f"{second}-mobile",), f"module de {second}"),
        new_number(): ((f"mini-{third}",), f"remplace {third}"),
        new_number(): ((first.upper(), first[:-1]), "homonymes"),
        new_number(): ((), f"rappel à propos de {second}"),
    }
    ours = new_number()
    notices = [(number, programs, title) for number, (programs, title) in foreign.items()]
    with published(lab, (ours, (first,), "arrondi des poids"), *notices):
        await_pages(lab, ours, [values["first_printer"]], named((first,)))
        await_another_pass(lab)  # whatever was read together with ours is printed by then
        for number, (programs, title) in foreign.items():
            assert_only(
                lab,
                number,
                [],
                reason(
                    fr=f"un avis « {title} » sur {listed(programs)}", en=f'a notice "{title}" on {listed(programs)}'
                ),
            )
        assert_only(lab, ours, [values["first_printer"]], reason(fr="le même avis", en="one and the same notice"))


@check(
    "objective",
    points=2,
    competence="3.6",
    fr="Un programme ajouté à parc.csv est suivi dès l'avis suivant.",
    en="A program that is added to parc.csv is followed from the next notice on.",
    before_fr="La liste du parc ne décide encore de rien.",
    before_en="The list of what we have decides nothing yet.",
    host="srv1",
    lock="",
    timeout=90,
)
def test_list_is_read(lab):
    host, program, number = lab.host("srv1"), f"presse{secrets.token_hex(2)}", new_number()
    first, printer = lab.values["first"], lab.values["first_printer"]
    try:
        host.run("sh -c %s", f"echo '{program};{lab.values['second_printer']}' >>{PARK}")
        # What is printed of an old acquaintance was read together with the newcomer, or after it.
        one = new_number()
        with published(lab, (number, (program,), "nouvelle venue"), (one, (first,), "déjà connue")):
            await_pages(lab, one, [printer], named((first,)))
            await_another_pass(lab)
        assert_only(lab, number, [lab.values["second_printer"]], named((program,)))
    finally:
        host.run("sed -i %s %s", f"/^{program};/d", PARK)


def assert_silence_is_noticed(lab, feed, other, instead, what):
    """The office is told once of a feed that has fallen silent; the other one, and what comes later, are printed."""
    values, mark = lab.values, f"FLUX-MUET-{feed}"
    before = pages(lab, mark)
    first, printer = values["first"], values["first_printer"]

    def told():
        return len(pages(lab, mark)) > len(before)

    late = reason(fr=f"{what} : aucune page {mark} après {SOON} s", en=f"{what}: no page {mark} after {SOON} s")
    assert_somebody_watches(lab)
    with silent(lab, feed, instead):
        # Whoever makes sure twice before telling has half a minute for it, too.
        lab.wait(told, within=SOON, every=0.5, what=late, unless=PassesInVain(lab, feed, 2))
        number = new_number()
        meanwhile = reason(fr=f"pendant que {feed} est muet, un avis", en=f"while {feed} is silent, a notice")
        with published(lab, (number, (first,), "sans rapport"), feed=other):
            await_pages(lab, number, [printer], meanwhile, other)
    number = new_number()
    with published(lab, (number, (first,), "de retour"), feed=feed):
        back = reason(fr=f"{feed} de retour, un avis", en=f"{feed} being back, a notice")
        await_pages(lab, number, [printer], back, feed)
    found = pages(lab, mark)
    for page in before:
        found.remove(page)
    assert found == ["bureau"], reason(
        fr=f"{what} : {mark} est sorti sur {listed(found)}, et non une fois sur bureau",
        en=f"{what}: {mark} came out on {listed(found)}, not once on bureau",
    )


@check(
    "objective",
    points=3,
    competence="3.6",
    fr="Un flux qui ne répond plus est signalé au bureau, une fois ; l'autre est lu entre-temps, et lui aussi après.",
    en="The office is told, once, of a feed that no longer answers; the other is read meanwhile, and this one later.",
    before_fr="Un flux peut se taire sans que personne ne le sache.",
    before_en="A feed can fall silent without anybody knowing.",
    host="srv1",
    lock="etiquetage",
    timeout=180,
)
def test_silence_is_noticed(lab):
    what = reason(fr="etiquetage ne répond plus", en="etiquetage no longer answers")
    assert_silence_is_noticed(lab, "etiquetage", "federation", "", what)


@check(
    "objective",
    points=2,
    competence="3.6",
    fr="Une page qui n'est pas un flux, à l'adresse d'un flux, est signalée de même.",
    en="A page at a feed's address that is no feed is reported in the same way.",
    before_fr="Une page de maintenance peut passer pour un flux sans avis.",
    before_en="A maintenance page may pass for a feed without notices.",
    host="srv1",
    lock="etiquetage",
    timeout=180,
)
def test_maintenance_is_noticed(lab):
    what = reason(fr="etiquetage montre une page de maintenance", en="etiquetage shows a maintenance page")
    assert_silence_is_noticed(lab, "etiquetage", "federation", FAR, what)


@check(
    "objective",
    points=1,
    competence="3.6",
    fr="La veille démarre avec le serveur.",
    en="The watch starts with the server.",
    before_fr="Après un redémarrage du serveur, plus personne ne lirait les avis.",
    before_en="After a restart of the server, nobody would read the notices.",
    host="srv1",
    lock="",
)
def test_starts_with_the_server(lab):
    assert_somebody_watches(lab)
    units = [lab.host("srv1").service(unit) for unit in ("veille.timer", "veille.service")]
    assert any(unit.is_running and unit.is_enabled for unit in units), reason(
        fr="ni veille.timer ni veille.service n'est activé", en="neither veille.timer nor veille.service is enabled"
    )


@check(
    "guard",
    points=1,
    competence="3.6",
    fr="Ce qui lit les avis n'a pas les droits de root.",
    en="What reads the notices does not have root's rights.",
    host="srv1",
    lock="",
)
def test_runs_without_rights(lab):
    service = lab.host("srv1").service("veille.service")
    account = service.user if service.exists else ""
    owned = account == "root" and not service.systemd_property("Service.DynamicUser")
    assert not owned, reason(fr="veille.service tourne sous root", en="veille.service runs as root")


@check(
    "guard",
    points=2,
    competence="3.6",
    fr="Les avis déjà traités ne sont pas imprimés une nouvelle fois, et les deux flux restent tels qu'ils paraissent.",
    en="Notices that have been dealt with are not printed once more, and both feeds stay as they were published.",
    before_fr="Des avis déjà traités ressortent, ou un flux a été changé.",
    before_en="Notices that had been dealt with come out again, or a feed was changed.",
    host="srv1",
    lock="etiquetage",
)
def test_old_ones_stay_old(lab):
    number = lab.values["number"]
    old = [f"FF-2026-{number + step}" for step in range(4)] + [f"EF-2026-{number + step}" for step in (11, 12, 13)]
    printed = [one for one in old if pages(lab, one)]
    assert not printed, reason(
        fr=f"avis déjà traités, imprimés de nouveau : {listed(printed)}",
        en=f"printed again although they had been dealt with: {listed(printed)}",
    )
    text = "".join(
        lab.host("srv1").file(f"{NOTICES}/{feed}.xml").content_string for feed in ("federation", "etiquetage")
    )
    gone = [one for one in old if not re.search(rf"<title>{one} : ", text)]
    assert not gone, reason(fr=f"avis disparus des flux : {listed(gone)}", en=f"gone from the feeds: {listed(gone)}")
