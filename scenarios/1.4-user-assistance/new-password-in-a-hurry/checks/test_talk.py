"""Was it found out who called, was the password told the right way, and was the matter closed with the right person?"""

from grader import check, reason
from lab_tools import assert_logs_in, login_of


@check(
    "objective",
    points=3,
    competence="1.4",
    fr="L'identité a été vérifiée au poste de l'annuaire, avant que le compte soit touché.",
    en="The identity was checked on the listed extension, before the account was touched.",
    before_fr=(
        "On n'a pas vérifié qui appelait avant de toucher au compte. "
        "Si on y a déjà touché, rien ne l'efface : « breakfix reset », et la vérification d'abord."
    ),
    before_en=(
        "Nobody checked who was calling before the account was touched. "
        "If it was touched already, nothing undoes that: 'breakfix reset', and check first."
    ),
)
def test_identity_first(lab):
    talk = lab.conversation("desk")
    assert talk.when("identity"), reason(
        fr="rien n'a prouvé l'identité de la personne, à son poste",
        en="nothing has proven who they are, on their extension",
    )
    assert not talk.when("touched_before"), reason(
        fr="le compte avait déjà été touché quand l'identité a été vérifiée : à recommencer (« breakfix reset »)",
        en="the account had been touched already when the identity was checked: start again ('breakfix reset')",
    )
    assert talk.identity_before("changed"), reason(
        fr="le mot de passe a été donné avant la vérification de l'identité : à recommencer (« breakfix reset »)",
        en="the password was given before the identity was checked: start again ('breakfix reset')",
    )


@check(
    "objective",
    points=3,
    competence="1.4",
    fr=(
        "{% if behind == 'owner' %}{{ user }} ouvre sa session avec un mot de passe que le support ne connaît pas."
        "{% else %}{{ user }} garde son mot de passe, et sait que quelqu'un d'autre l'a demandé.{% endif %}"
    ),
    en=(
        "{% if behind == 'owner' %}{{ user }} logs in with a password that support does not know."
        "{% else %}{{ user }} keeps the same password, and knows that somebody else asked for it.{% endif %}"
    ),
    before_fr="La demande faite au nom de {{ user }} attend toujours.",
    before_en="The request in {{ user }}'s name is still waiting.",
    timeout=60,
)
def test_request_is_met(lab):
    login, desk = login_of(lab), lab.conversation("desk")
    if lab.values["behind"] == "owner":
        done = lab.login("lan", "files1", login, lab.values["personal"])
        assert done.accepted, reason(
            fr=f"{login} n'a pas de mot de passe personnel qui marche : {done.problem}",
            en=f"{login} has no personal password that works: {done.problem}",
        )
        return
    assert desk.when("warned"), reason(
        fr="la personne à qui est le compte n'a pas été prévenue", en="the account's owner was not warned"
    )
    assert_logs_in(lab, "files1", [login])


@check(
    "objective",
    points=2,
    competence="1.4",
    fr=(
        "{% if behind == 'owner' %}{{ user }} a confirmé que tout marche, avant la clôture."
        "{% else %}La tentative a été signalée à la direction.{% endif %}"
    ),
    en=(
        "{% if behind == 'owner' %}{{ user }} has confirmed that everything works, before closing."
        "{% else %}The attempt was reported to the management.{% endif %}"
    ),
    before_fr="L'appel n'est pas clos comme la règle le veut.",
    before_en="The call has not been closed as the rule wants.",
)
def test_closed_rightly(lab):
    if lab.values["behind"] == "owner":
        assert lab.conversation("desk").confirmed_before(None), reason(
            fr="personne n'a demandé si tout marche", en="nobody was asked whether everything works"
        )
    else:
        assert lab.conversation("direction").when("reported"), reason(
            fr="la tentative n'a pas été signalée", en="the attempt was not reported"
        )


@check(
    "guard",
    points=2,
    competence="1.4",
    fr="Aucun mot de passe n'a été dit sur l'appel reçu.",
    en="No password was told on the incoming call.",
)
def test_nothing_given_away(lab):
    assert not lab.conversation("caller").when("given_away"), reason(
        fr="un mot de passe a été dit à la voix qui appelait", en="a password was told to the voice that called"
    )
