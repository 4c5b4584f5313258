"""Does the proxy run as it should? For scenarios in which somebody may be tempted to give it more rights."""

from grader import check


@check(
    "guard",
    points=1,
    fr="Sur web1, nginx répond aux visiteurs sous son propre compte, et non en root.",
    en="On web1 nginx answers visitors as its own account, not as root.",
    host="web1",
)
def test_workers_are_not_root(lab):
    processes = lab.host("web1").process.filter(comm="nginx")
    assert processes, "nginx does not run on web1"
    users = sorted({process.user for process in processes if process.ppid != 1})
    assert users == ["www-data"], f"nginx answers visitors as {', '.join(users) or 'nobody'}"
