"""Does the mail server still carry nothing to the outside for those who show no password?"""

from grader import check, scaled_timeout
from lab_tools import SAWYER


@check(
    "guard",
    points=1,
    fr="Sans mot de passe, personne n'envoie vers l'extérieur, ni du réseau de l'entreprise ni d'Internet.",
    en="Without a password nobody sends to the outside, neither from the company network nor from the Internet.",
    timeout=90,
)
def test_no_relay_without_a_password(lab):
    for host, server in (("pc1", lab.address("mail1", "eth0")), ("delmas", lab.address("mail1", "eth1"))):
        for port in ("25", "587"):
            argv = ["swaks", "--server", f"{server}:{port}", "--from", f"croux@{lab.domain}", "--quit-after", "RCPT"]
            done = lab.client(host).run(
                [*argv, "--to", SAWYER, "--tls-optional", "--timeout", str(scaled_timeout(5))], timeout=30
            )
            assert done.status != 0, f"mail1 relays for {host} on port {port} without a password"
