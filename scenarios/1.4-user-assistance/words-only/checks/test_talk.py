"""Was the repair done by the user's own hands, and did they say that it works?"""

from grader import check, reason

LOOKED = 2
"""How many acts before the cable goes in the intranet was tried: between them the cable comes out."""


@check(
    "objective",
    points=3,
    competence="1.4",
    fr="Les mains {{ user.full | de }} ont fait la réparation, guidées par la parole.",
    en="{{ user.full }}'s own hands made the repair, guided by words.",
    before_fr="{{ user.full }} attend qu'on lui dise quoi faire.",
    before_en="{{ user.full }} is waiting to be told what to do.",
)
def test_by_their_hands(lab):
    acts = lab.conversation().acts
    plugged = [place for place, act in enumerate(acts) if act.kind == "cable" and not act.what.endswith("unplug")]
    assert plugged, reason(fr="la personne n'a branché aucun câble", en="they have plugged in no cable")
    # What they saw just before: where the intranet opened, somebody else had mended it already.
    mended = [
        place for place in plugged if place >= 2 and acts[place - 2].kind == "shell" and not acts[place - 2].output
    ]
    assert mended, reason(
        fr="le réseau était déjà là quand la personne a branché le câble",
        en="the network was there already when they plugged the cable in",
    )


@check(
    "objective",
    points=2,
    competence="1.4",
    fr="{{ user.full }} a confirmé que tout marche, avant la clôture.",
    en="{{ user.full }} has confirmed that everything works, before closing.",
    before_fr="{{ user.full }} ne peut toujours pas dire que tout marche.",
    before_en="{{ user.full }} cannot say yet that everything works.",
)
def test_confirmed(lab):
    assert lab.conversation().confirmed_before(None), reason(
        fr="personne n'a demandé si tout marche", en="nobody was asked whether everything works"
    )
