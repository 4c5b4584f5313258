"""What an event says, in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grader.report_formats import changes_to_explain, forbidden_changes
from orchestrator.assessment.events import Kind, SessionEvent
from orchestrator.core.elision import de
from orchestrator.core.text import Text, same

_Details = Mapping[str, Any]


def told(event: SessionEvent) -> Text:
    """Return what an event says, with its remarks; what was forgotten of it is left out."""
    said, more = sentence(event), remarks(event)
    return Text(
        fr=" ".join([said.fr, *(f"{one.fr}." for one in more)]), en=" ".join([said.en, *(f"{one.en}." for one in more)])
    )


def sentence(event: SessionEvent) -> Text:
    """Return what an event says without its remarks."""
    say = _WORDS.get(event.kind, same(event.kind))
    if isinstance(say, Text):
        return say
    return say(event.details) if event.details else same(event.kind)


def differences(count: int) -> Text:
    """Return how many differences a new grading found, in words."""
    if not count:
        return Text(fr="aucune différence constatée", en="no difference found")
    if count == 1:
        return Text(fr="une différence constatée", en="one difference found")
    return Text(fr=f"{count} différences constatées", en=f"{count} differences found")


def remarks(event: SessionEvent, subject: Callable[[str], str] = str) -> tuple[Text, ...]:
    """Return what a jury has to know of a grading besides its colours: why a lab was not ready, what did not agree.

    Args:
        event: an event of a grading; of any other there is nothing.
        subject: returns what a scenario is called.
    """
    if event.kind == "graded":
        labs: Mapping[str, _Details] = event.details.get("labs", {})
        unready = {name: lab["unready"] for name, lab in labs.items() if "unready" in lab}
        disagreed = [
            Text(
                fr=f"{subject(scenario)} : deux évaluations ne s'accordent pas sur « {_quoted(check['fr'])} »",
                en=f"{subject(scenario)}: two gradings do not agree on '{_quoted(check['en'])}'",
            )
            for scenario, lab in labs.items()
            for check in lab.get("disagreed", ())
        ]
        return (*_unready(unready, subject), *disagreed)
    if event.kind == "regraded":
        changed = [
            Text(
                fr=f"{subject(scenario)} : « {_quoted(sentence['fr'])} » : {_change(before, after).fr}",
                en=f"{subject(scenario)}: '{_quoted(sentence['en'])}': {_change(before, after).en}",
            )
            for scenario, _check, before, after, sentence in event.details.get("differences", ())
        ]
        return (*_unready(event.details.get("unready", {}), subject), *changed)
    return ()


def _unready(labs: Mapping[str, Mapping[str, str]], subject: Callable[[str], str]) -> Iterator[Text]:
    for scenario, why in labs.items():
        yield Text(
            fr=f"{subject(scenario)} : le lab n'était pas prêt quand il a été évalué : {why['fr']}",
            en=f"{subject(scenario)}: the lab was not ready when it was graded: {why['en']}",
        )


def _quoted(sentence: str) -> str:
    return sentence.rstrip(".")


def _change(before: str, after: str) -> Text:
    was, now = _COLOURS[before], _COLOURS[after]
    return Text(fr=f"{was.fr} → {now.fr}", en=f"{was.en} → {now.en}")


_COLOURS: Mapping[str, Text] = {
    "": Text(fr="absent", en="absent"),
    "pass": Text(fr="satisfait", en="satisfied"),
    "fail": Text(fr="non satisfait", en="not satisfied"),
    "error": Text(fr="sans avis", en="no judgement"),
    "forbidden": Text(fr="interdit", en="forbidden"),
    "unexplained": Text(fr="à expliquer", en="to be explained"),
}


def _troubles(details: _Details, key: str) -> str:
    found: Mapping[str, Mapping[str, str]] = details.get(key, {})
    return "; ".join(f"{host} ({why})" for hosts in found.values() for host, why in hosts.items())


def _not_paused(details: _Details) -> Text | None:
    lost = _troubles(details, "not_paused")
    return Text(fr=f"n'ont pas pu être figées : {lost}", en=f"could not be paused: {lost}") if lost else None


def _cut(details: _Details) -> Text:
    return _with(Text(fr="La saisie est coupée", en="Input is cut"), _not_paused(details))


def _frozen(details: _Details) -> Text:
    return _with(Text(fr="Les labs sont figés et gardés", en="The labs are frozen and kept"), _not_paused(details))


def _regraded(details: _Details) -> Text:
    found = differences(len(details["differences"]))
    said = Text(fr=f"Preuves rouvertes ; {found.fr}", en=f"Evidence reopened; {found.en}")
    return _with(said, _not_paused(details))


def _with(said: Text, trouble: Text | None) -> Text:
    """Return a sentence with what went wrong, where something did."""
    more = Text(fr="", en="") if trouble is None else Text(fr=f" ; {trouble.fr}", en=f"; {trouble.en}")
    return Text(fr=f"{said.fr}{more.fr}.", en=f"{said.en}{more.en}.")


def _rebooted(details: _Details) -> Text:
    lost = _troubles(details, "lost")
    return Text(
        fr="Les machines ont redémarré" + (f" ; ne sont pas revenues : {lost}" if lost else "") + ".",
        en="The hosts have rebooted" + (f"; did not come back: {lost}" if lost else "") + ".",
    )


def _graded(details: _Details) -> Text:
    parts = [_found(scenario, lab) for scenario, lab in details["labs"].items()]
    fr, en = ", ".join(part.fr for part in parts), ", ".join(part.en for part in parts)
    return Text(fr=f"Contrôles : {fr}.", en=f"Checks: {en}.")


def _found(scenario: str, lab: _Details) -> Text:
    colours = f"{lab.get('pass', 0)} ✔ {lab.get('fail', 0)} ✘ {lab.get('error', 0)} !"
    changes = [
        words(count)
        for key, words in (("forbidden", forbidden_changes), ("unexplained", changes_to_explain))
        if (count := lab.get(key, 0))
    ]
    fr, en = ", ".join(one.fr for one in changes), ", ".join(one.en for one in changes)
    return Text(
        fr=f"{scenario} : {colours}" + (f" ({fr})" if fr else ""),
        en=f"{scenario}: {colours}" + (f" ({en})" if en else ""),
    )


def _seated(details: _Details) -> Text:
    where = details["address"]
    if details["changed"]:
        return Text(
            fr=f"Changement de place, confirmé ({where}) : l'accès à l'ancienne place a pris fin.",
            en=f"Change of seat, confirmed ({where}): access from the former seat has ended.",
        )
    return Text(fr=f"Identité confirmée à la place ({where}).", en=f"Identity confirmed at the seat ({where}).")


def _why(details: _Details) -> Text:
    why = details["why"]
    return Text(fr=why["fr"], en=why["en"])


_WORDS: Mapping[Kind, Text | Callable[[_Details], Text]] = {
    "planned": Text(fr="La session est planifiée.", en="The session is planned."),
    "withdrawn": lambda d: Text(
        fr=f"La session est retirée avant d'être ouverte : {d['reason']}",
        en=f"The session is withdrawn before it is opened: {d['reason']}",
    ),
    "supervised": lambda d: (
        Text(fr="La surveillance commence.", en="Supervision begins.")
        if d["on"]
        else Text(fr="La surveillance s'arrête.", en="Supervision stops.")
    ),
    "clock": Text(fr="L'horloge de la session est ancrée.", en="The session's clock is anchored."),
    "invited": lambda d: Text(
        fr=f"Des codes d'accès sont faits : {', '.join(d['numbers'])}.",
        en=f"Codes to sign in are made: {', '.join(d['numbers'])}.",
    ),
    "seated": _seated,
    "turned-away": lambda d: Text(
        fr=f"Une demande d'accès est refusée ({d['address']}).", en=f"A request to sign in is refused ({d['address']})."
    ),
    "unseated": lambda d: Text(
        fr=f"L'accès à la place prend fin ({d['address']}).", en=f"Access from the seat is ended ({d['address']})."
    ),
    "drawn": lambda d: Text(
        fr=f"Le tirage au sort est fait (graine {d['seed']}).", en=f"The drawing is made (seed {d['seed']})."
    ),
    "opened": lambda d: Text(fr=f"Le lab {d['scenario']} est prêt.", en=f"The lab {d['scenario']} is ready."),
    "replaced": lambda d: Text(
        fr=f"Une variante {de(d['scenario'])} est écartée : {_why(d).fr}",
        en=f"A variant of {d['scenario']} is put aside: {_why(d).en}",
    ),
    "unopened": lambda d: Text(
        fr=f"Le lab {d['scenario']} n'a pas pu être préparé : {_why(d).fr}",
        en=f"The lab {d['scenario']} could not be prepared: {_why(d).en}",
    ),
    "started": Text(fr="L'épreuve commence.", en="The assessment begins."),
    "arrived": Text(
        fr="Arrivée en retard ; l'heure de fin reste la même.", en="Arrived late; the end stays where it is."
    ),
    "absent": Text(fr="Absent.", en="Absent."),
    "paused": lambda d: Text(fr=f"Le temps s'arrête : {d['reason']}", en=f"Time stops: {d['reason']}"),
    "resumed": Text(fr="Le temps reprend.", en="Time goes on."),
    "extended": lambda d: Text(
        fr=f"{d['minutes']} min de plus, par décision : {d['reason']}",
        en=f"{d['minutes']} min more, by decision: {d['reason']}",
    ),
    "announced": lambda d: Text(fr=f"Annonce : {d['text']}", en=f"Announcement: {d['text']}"),
    "incident": lambda d: Text(fr=f"Incident : {d.get('fr', d['text'])}", en=f"Incident: {d['text']}"),
    "intervened": lambda d: Text(
        fr=f"Intervention de l'organisation sur {d['scenario']} ({d['act']}) : {d['reason']}",
        en=f"The organisers intervened on {d['scenario']} ({d['act']}): {d['reason']}",
    ),
    "looked": lambda d: (
        Text(fr=f"Quelqu'un regarde le bureau {d['desktop']}.", en=f"Somebody looks at the desktop {d['desktop']}.")
        if "desktop" in d
        else Text(
            fr=f"Quelqu'un regarde le terminal {d['terminal']}.", en=f"Somebody looks at the terminal {d['terminal']}."
        )
    ),
    "cabled": lambda d: Text(
        fr=f"Le candidat a déplacé un câble de {d['scenario']} : {d['act']}",
        en=f"The candidate moved a cable of {d['scenario']}: {d['act']}",
    ),
    "restarted": lambda d: Text(
        fr=f"Machines {de(d['scenario'])} qui ont redémarré : {', '.join(d['hosts'])}.",
        en=f"Hosts of {d['scenario']} that were started again: {', '.join(d['hosts'])}.",
    ),
    "warned": lambda d: Text(fr=f"Il reste {d['minutes']} min.", en=f"{d['minutes']} min are left."),
    "hint": lambda d: Text(fr=f"Indice {d['number']} donné.", en=f"Hint {d['number']} given."),
    "finished": Text(fr="Le candidat a rendu avant la fin.", en="The candidate handed in before the end."),
    "cut": _cut,
    "collected": Text(fr="Les fichiers sont relevés.", en="The files were looked at."),
    "rebooted": _rebooted,
    "graded": _graded,
    "frozen": _frozen,
    "sealed": lambda d: Text(
        fr=f"Les preuves sont scellées : {d['file']}, SHA-256 {d['sha256']}.",
        en=f"The evidence is sealed: {d['file']}, SHA-256 {d['sha256']}.",
    ),
    "observed": lambda d: (
        Text(fr=f"Question à poser : {d['text']}", en=f"Question to ask: {d['text']}")
        if d.get("question")
        else Text(fr=f"Observation : {d['text']}", en=f"Observation: {d['text']}")
    ),
    "regraded": _regraded,
    "cleared": Text(fr="Les labs gardés sont retirés.", en="The kept labs are removed."),
}
