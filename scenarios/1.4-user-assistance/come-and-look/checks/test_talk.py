"""Was it asked before the screen was looked at, was the answer respected, and did they say that it works?"""

from datetime import UTC, datetime

from grader import check, reason

MICRO = 1_000_000
"""systemd counts microseconds."""


def screen_opened(lab):
    """Return when the screen was last opened for somebody who looked at it; None: not since the host has started."""
    began = lab.host(lab.values["pc"]).service("screen").systemd_property("Unit.ActiveEnterTimestamp")
    return datetime.fromtimestamp(began / MICRO, UTC) if began else None


def put_right(talk, opened):
    """Return whether whoever looked too early has left, apologised, then asked, and not looked again since."""
    settled = talk.when("settled")
    if settled is None or opened > settled:
        return False
    return any(datetime.fromisoformat(turn.at) >= settled for turn in talk.asked("ask_consent"))


@check(
    "objective",
    points=4,
    competence="1.4",
    fr="L'accord {{ user.full | de }} a été demandé avant que l'on regarde son écran, et la réponse respectée.",
    en="{{ user.full }} was asked before anybody looked at their screen, and the answer was respected.",
    before_fr=(
        "On ne s'est pas assuré de l'accord {{ user.full | de }} avant de regarder son écran. "
        "Si on l'a déjà regardé : fermez la session qui y est ouverte, excusez-vous, demandez."
    ),
    before_en=(
        "Nobody has made sure that {{ user.full }} agrees to having their screen seen. "
        "If it was looked at already: log out of the session that is open there, apologise, and ask."
    ),
)
def test_consent(lab):
    talk, opened = lab.conversation(), screen_opened(lab)
    assert talk.asked("ask_consent"), reason(
        fr="personne n'a demandé s'il pouvait voir l'écran", en="nobody has asked whether they may see the screen"
    )
    assert not talk.when("looked_before"), reason(
        fr="l'écran était déjà regardé quand on l'a demandé : fermez la session, excusez-vous, redemandez",
        en="the screen was being looked at already when they asked: log out, apologise, ask again",
    )
    if opened is not None:
        assert talk.consent_before(opened) or put_right(talk, opened), reason(
            fr="l'écran a été regardé sans accord ; pardonné une fois, si l'on ferme la session, s'excuse et redemande",
            en="the screen was looked at without consent; forgiven once, after a logout, an apology and a new request",
        )


@check(
    "objective",
    points=2,
    competence="1.4",
    fr="{{ user.full }} a confirmé que tout marche, avant la clôture.",
    en="{{ user.full }} has confirmed that everything works, before closing.",
    before_fr="{{ user.full }} ne peut pas encore dire que tout marche.",
    before_en="{{ user.full }} cannot say yet that everything works.",
)
def test_confirmed(lab):
    assert lab.conversation().confirmed_before(None), reason(
        fr="personne n'a demandé si tout marche", en="nobody was asked whether everything works"
    )
