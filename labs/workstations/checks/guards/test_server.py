"""Does the server still give away what it gave, and print?"""

from grader import check, lines_in, reason
from lab_tools import QUEUES


@check(
    "guard",
    points=1,
    fr="Le serveur donne toujours ses paquets et ses pages, et ses trois imprimantes impriment.",
    en="The server still gives its packages and pages away, and its three printers print.",
    timeout=90,
)
def test_server_serves(lab):
    for path in ("debian/dists/poste/InRelease", "debian/clairvoix.asc", "poste/", "tournees/aujourdhui.csv"):
        page = lab.probe("lan").http_get(f"http://{lab.address('srv1')}/{path}")
        assert page.status == 200, reason(
            fr=f"srv1 ne donne plus /{path} ({page.status or page.problem})",
            en=f"srv1 does not give /{path} any more ({page.status or page.problem})",
        )
    for name in ("nginx", "cups"):
        service = lab.host("srv1").service(name)
        assert service.is_running, reason(fr=f"{name} ne fonctionne pas sur srv1", en=f"{name} does not run on srv1")
        assert service.is_enabled, reason(fr=f"{name} ne démarre pas avec srv1", en=f"{name} does not start with srv1")
    shown = lab.host("srv1").run("env LC_ALL=C lpstat -p").stdout
    for queue in QUEUES.values():
        ready = any(line.startswith(f"printer {queue} ") and "disabled" not in line for line in lines_in(shown))
        assert ready, reason(
            fr=f"l'imprimante {queue} n'imprime plus", en=f"the printer {queue} does not print any more"
        )
