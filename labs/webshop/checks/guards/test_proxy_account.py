"""Does the proxy run as it should? For scenarios in which somebody may be tempted to give it more rights."""

from grader import check, reason


@check(
    "guard",
    points=1,
    fr="Sur web1, nginx répond aux visiteurs sous son propre compte, et non en root.",
    en="On web1 nginx answers visitors as its own account, not as root.",
    host="web1",
    lock="",
)
def test_workers_are_not_root(lab):
    processes = lab.host("web1").process.filter(comm="nginx")
    assert processes, reason(fr="nginx ne fonctionne pas sur web1", en="nginx does not run on web1")
    users = sorted({process.user for process in processes if process.ppid != 1})
    seen = ", ".join(users) or reason(fr="personne", en="nobody")
    assert users == ["www-data"], reason(
        fr=f"les processus de nginx qui répondent aux visiteurs sont à {seen}, au lieu de www-data",
        en=f"nginx answers visitors as {seen} instead of www-data",
    )
