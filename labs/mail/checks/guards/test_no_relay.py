"""Does the mail server still carry nothing to the outside for those who show no password?"""

from grader import check, concurrently, reason, scaled_timeout
from lab_tools import SAWYER


@check(
    "guard",
    points=1,
    fr="Sans mot de passe, personne n'envoie vers l'extérieur, ni du réseau de l'entreprise ni d'Internet.",
    en="Without a password nobody can send to the outside, from the company network or from the Internet.",
    timeout=90,
)
def test_no_relay_without_a_password(lab):
    servers = {"pc1": lab.address("mail1", "eth0"), "delmas": lab.address("mail1", "eth1")}

    def refused(way):
        host, port = way
        argv = ["swaks", "--server", f"{servers[host]}:{port}", "--from", f"croux@{lab.domain}", "--to", SAWYER]
        argv += ["--quit-after", "RCPT", "--tls-optional", "--timeout", str(scaled_timeout(5))]
        done = lab.client(host).run(argv, timeout=30)
        assert done.status != 0, reason(
            fr=f"mail1 relaie pour {host} sur le port {port} sans mot de passe",
            en=f"mail1 relays for {host} on port {port} without a password",
        )

    concurrently(refused, [(host, port) for host in servers for port in ("25", "587")])
