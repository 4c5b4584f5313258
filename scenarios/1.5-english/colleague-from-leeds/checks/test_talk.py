"""Was it known who she is before her account was touched, and did she say that it works?"""

from grader import check, reason


@check(
    "objective",
    points=3,
    competence="1.4",
    fr="Sophie Nguyen a donné son matricule avant que l'on touche à l'annuaire.",
    en="Sophie Nguyen has given her staff number before the directory was touched.",
    before_fr=(
        "On n'a pas vérifié que c'est bien Sophie Nguyen avant de changer quoi que ce soit. "
        "Si c'est déjà changé : remettez comme c'était, demandez-lui son matricule, puis recommencez."
    ),
    before_en=(
        "Nobody made sure that it really is Sophie Nguyen before anything was changed. "
        "If something was changed already: put it back as it was, ask for her staff number, then do it again."
    ),
)
def test_identity_first(lab):
    talk = lab.conversation()
    assert talk.when("identity"), reason(
        fr="personne ne lui a demandé son matricule", en="nobody has asked for her staff number"
    )
    assert not talk.when("touched_before"), reason(
        fr="l'annuaire avait déjà été changé quand elle l'a donné ; remis comme il était, on peut le redemander",
        en="the directory had been changed already when she gave it; put back as it was, it can be asked again",
    )


@check(
    "objective",
    points=2,
    competence="1.5",
    fr="Sophie Nguyen a confirmé, en anglais, que tout marche, avant la clôture.",
    en="Sophie Nguyen has confirmed in English that everything works, before closing.",
    before_fr="Sophie Nguyen ne peut pas encore dire que tout marche.",
    before_en="Sophie Nguyen cannot say yet that everything works.",
)
def test_confirmed(lab):
    assert lab.conversation().confirmed_before(None), reason(
        fr="personne ne lui a demandé si tout marche", en="nobody asked her whether everything works"
    )
