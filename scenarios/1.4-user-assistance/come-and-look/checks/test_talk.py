"""Was it asked before the screen was looked at, was the answer respected, and did they say that it works?"""

from datetime import UTC, datetime

from grader import check, reason

MICRO = 1_000_000
"""systemd counts microseconds."""


def screen_opened(lab):
    """Return when the screen was last opened for somebody who looked at it; None: not since the host has started."""
    began = lab.host(lab.values["pc"]).service("screen").systemd_property("Unit.ActiveEnterTimestamp")
    return datetime.fromtimestamp(began / MICRO, UTC) if began else None


@check(
    "objective",
    points=4,
    competence="1.4",
    fr="L'accord {{ user.full | de }} a été demandé avant que l'on regarde son écran, et la réponse respectée.",
    en="{{ user.full }} was asked before anybody looked at their screen, and the answer was respected.",
    before_fr="On ne s'est pas assuré de l'accord {{ user.full | de }} pour regarder son écran.",
    before_en="Nobody has made sure that {{ user.full }} agrees to having their screen seen.",
)
def test_consent(lab):
    talk, opened = lab.conversation(), screen_opened(lab)
    assert talk.asked("ask_consent"), reason(
        fr="personne n'a demandé s'il pouvait voir l'écran", en="nobody has asked whether they may see the screen"
    )
    assert not talk.when("looked_before"), reason(
        fr="l'écran était déjà regardé quand on l'a demandé",
        en="the screen was being looked at already when they asked",
    )
    if opened is not None:
        assert talk.consent_before(opened), reason(
            fr="l'écran a été regardé sans accord", en="the screen was looked at without consent"
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
