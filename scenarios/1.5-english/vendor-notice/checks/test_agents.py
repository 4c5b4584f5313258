"""Does no agent give away a file that is none of its figures, and does everything else go on as before?"""

from grader import check, concurrently, reason
from lab_tools import assert_shop_opens

SEGMENTS = {"web1": "office", "app1": "application", "app2": "application", "db1": "data", "pc1": "office"}
"""From which network each host's agent is asked."""
PORT = 9180
FOREIGN = ("../../../../etc/passwd", "..%2f..%2f..%2f..%2fetc%2fpasswd")
"""A file that is none of the agent's, in two spellings."""


def asked(lab, host, path):
    """Return what a host's agent answers to somebody on its network."""
    return lab.probe(SEGMENTS[host]).http_get(f"http://{lab.address(host, 'eth0')}:{PORT}{path}")


def answers(lab, hosts, path):
    """Return what the agents of some hosts answer, all asked at once."""
    return dict(zip(hosts, concurrently(lambda host: asked(lab, host, path), hosts), strict=True))


def written(lab, host):
    """Return the settings of an agent's file, as the agent reads them."""
    file = lab.host(host).file("/etc/glasswing/agent.conf")
    lines = file.content_string.split("\n") if file.is_file else ()
    return {name.strip(): value.strip() for name, equals, value in (line.partition("=") for line in lines) if equals}


def said(page):
    """Return an agent's answer in words that follow a name and a colon."""
    if page:
        return reason(fr=f"statut {page.status}", en=f"status {page.status}")
    return reason(fr=f"pas de réponse ({page.problem})", en=f"no answer ({page.problem})")


@check(
    "objective",
    points=4,
    competence="1.5",
    fr="Aucun agent ne donne un fichier qui n'est pas à lui.",
    en="No agent gives away a file that is none of its own.",
    before_fr="Quiconque atteint un agent peut encore lui faire lire un fichier de sa machine.",
    before_en="Anybody who reaches an agent can still have it read a file of its host.",
    because="agents out of five",
    lock="",
)
def test_nothing_is_given_away(lab):
    leaking = {
        host
        for name in FOREIGN
        for host, page in answers(lab, tuple(SEGMENTS), f"/export?file={name}").items()
        if page.status == 200 and "root:" in page.body
    }
    count = len(leaking)
    assert not leaking, reason(
        fr=f"agents, sur cinq, qui donnent encore /etc/passwd : {count}",
        en=f"agents out of five that still give /etc/passwd away: {count}",
    )


@check(
    "objective",
    points=2,
    competence="1.5",
    fr="Sur les machines concernées, et la parade en place, l'export est désactivé.",
    en="On the hosts concerned, the workaround is in place: the export is switched off.",
    before_fr="La parade de l'avis n'est pas en place partout où il la demande.",
    before_en="The advisory's workaround is not in place wherever it is asked for.",
    because="does not answer",
    lock="",
)
def test_workaround_is_in_place(lab):
    concerned = (lab.values["concerned"], lab.values["behind"])
    wrong = [page for page in answers(lab, concerned, "/export?file=metrics.csv").values() if page.status != 403]
    assert not wrong, reason(
        fr=f"une machine concernée, ou plus, ne répond pas 403 : {said(wrong[0])}",
        en=f"one host that is concerned, or more, does not answer 403: {said(wrong[0])}",
    )


@check(
    "objective",
    points=1,
    competence="1.5",
    fr="La parade est écrite dans la configuration des machines concernées : elle tiendra au redémarrage.",
    en="The workaround is written in the configuration of the hosts concerned: it will outlive a restart.",
    before_fr="Elle n'est pas écrite partout où il le faut : au prochain redémarrage, l'export sera de nouveau activé.",
    before_en="It is not written down wherever it has to be: after the next restart the export will be on again.",
    because="or more, leaves",
    lock="",
)
def test_workaround_is_written_down(lab):
    setting = {lab.values["concerned"]: ("export", "on"), lab.values["behind"]: ("export.enabled", "yes")}
    enabled = [host for host, (name, on) in setting.items() if written(lab, host).get(name, on) == on]
    assert not enabled, reason(
        fr="le fichier d'une machine concernée, ou plus, laisse l'export activé",
        en="the file of one host that is concerned, or more, leaves the export enabled",
    )


@check(
    "guard",
    points=2,
    competence="1.5",
    fr="Les machines que l'avis ne concerne pas donnent leurs chiffres comme avant.",
    en="The hosts that the advisory does not concern hand out their figures as before.",
    before_fr="La collecte de la nuit ne trouvera plus les chiffres d'une machine que l'avis ne concerne pas.",
    before_en="Tonight's collection will not find the figures of a host that the advisory does not concern.",
    lock="",
)
def test_figures_are_still_exported(lab):
    for host, page in answers(
        lab, (lab.values["backported"], lab.values["current"]), "/export?file=metrics.csv"
    ).items():
        assert page.status == 200, reason(
            fr=f"{host} ne donne plus ses chiffres : {said(page)}",
            en=f"{host} no longer gives its figures: {said(page)}",
        )
        assert "uptime,days" in page.body, reason(
            fr=f"{host} donne autre chose que ses chiffres", en=f"{host} gives something other than its figures"
        )
    closed = lab.values["closed"]
    page = asked(lab, closed, "/export?file=metrics.csv")
    assert page.status == 403, reason(
        fr=f"{closed}, dont l'export était désactivé, répond : {said(page)}",
        en=f"{closed}, where the export was switched off, answers: {said(page)}",
    )


@check(
    "guard",
    points=1,
    competence="1.5",
    fr="Les cinq agents répondent à la surveillance, et ce sont ceux de l'éditeur.",
    en="All five agents answer the monitoring, and they are the vendor's.",
    before_fr="La surveillance croit une machine en panne, ou n'a plus l'agent de l'éditeur en face d'elle.",
    before_en="The monitoring takes a host to be down, or no longer has the vendor's agent before it.",
    lock="",
)
def test_agents_answer(lab):
    for host, page in answers(lab, tuple(SEGMENTS), "/status").items():
        up = page.status == 200 and page.body.strip() == "glasswing-agent: up"
        assert up, reason(fr=f"{host} : {said(page)}", en=f"{host}: {said(page)}")
    for host in SEGMENTS:
        changed = lab.altered(host, "/opt/glasswing")
        assert not changed, reason(
            fr=f"{host} : le programme de l'éditeur a été modifié", en=f"{host}: the vendor's program was changed"
        )
        state = lab.host(host).service("glasswing-agent")
        assert state.is_running, reason(
            fr=f"{host} : le service glasswing-agent ne fonctionne pas", en=f"{host}: glasswing-agent does not run"
        )


@check(
    "guard",
    points=1,
    competence="1.5",
    fr="La boutique s'ouvre sur le poste du service clients.",
    en="The shop opens on the customer service workstation.",
    host="pc1",
    lock="",
)
def test_shop_opens(lab):
    assert_shop_opens(lab)
