"""A ticket of the domain, got on a workstation as its users do, and what it opens; and logging in with a password."""

import re
import shlex
import threading
import time
from typing import NamedTuple

from grader import account_names, concurrently, reason, scaled_timeout

NO_TICKET = 3
"""How a script ends that got no ticket."""
SOON = 20
"""Seconds after which SSSD has surely tried a controller again that was stopped or rebooted."""
SERVED = 90
"""Seconds after which the file server has surely asked again for its domain, which it remembers to be away."""
STEADY = 1
"""Seconds for which something must speak against a login until nobody tries again."""
QUICK = 0.7
"""Seconds that a login takes at most where all is well and the machine has nothing else to do."""
FOR_GOOD = reason(fr="réessayer n'y changera rien", en="trying again will change nothing")


def with_ticket(lab, host, login, password, script):
    """Run a script on a workstation with a ticket of its own, as after ``kinit``; 3 where there is no ticket."""
    script = (
        'cache=$(mktemp -d); trap "rm -r $cache" EXIT; export KRB5CCNAME="FILE:$cache/cc"; '
        f'printf "%s\\n" "$2" | kinit "$1" >/dev/null || exit {NO_TICKET}; {script}'
    )
    return lab.client(host).run(["sh", "-c", script, "sh", login, password], timeout=60)


def open_share(lab, host, login, password, share):
    """Open a share of the file server on a workstation, with a ticket."""
    ask = ["smbclient", "--use-kerberos=required", f"//files1.{lab.domain}/{share}", "-c", "ls"]
    return with_ticket(lab, host, login, password, shlex.join(ask))


def go_to(lab, host, other, login, password):
    """Go from a workstation to another one by SSH with a ticket, without typing the password again."""
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    options += ["-o", "PreferredAuthentications=gssapi-with-mic", "-o", f"ConnectTimeout={scaled_timeout(10)}"]
    ask = ["ssh", *options, f"{login}@{other}.{lab.domain}", "id", "-un"]
    return with_ticket(lab, host, login, password, shlex.join(ask))


def words_of(done):
    """Return the last line of what a tool said: where it failed, that is why."""
    lines = (done.stderr.strip() or done.stdout.strip()).split("\n")
    return lines[-1].strip() or reason(fr="aucun message", en="no message")


def listed(names):
    """Return names in their order, with commas."""
    return ", ".join(sorted(names)) or reason(fr="rien", en="nothing")


class Answer(NamedTuple):
    """What a name server answered to one question; no status, where it did not answer."""

    status: str | None
    records: tuple[str, ...] = ()

    @property
    def in_words(self):
        """Return the records, or why there are none."""
        if self.status is None:
            return reason(fr="le serveur ne répond pas", en="the server does not answer")
        return ", ".join(self.records) or reason(fr=f"pas de réponse ({self.status})", en=f"no answer ({self.status})")


def ask_dns(lab, place, names):
    """Ask the domain's DNS, from a place on the network, for records such as ``SRV _ldap._tcp``, all by one dig.

    Where it is silent at the first question, the others are not asked: dig would wait for each of them.
    """
    server = lab.address("dc1")
    questions = {f"{rest}.{lab.domain}. {kind}": name for name in names for kind, _, rest in [name.partition(" ")]}
    (first, kind), *_ = words = [question.split() for question in questions]
    answers = dict.fromkeys(names, Answer(None))
    if place.resolve(first, server, kind).status is None:
        return answers
    options = ["-r", f"@{server}", f"+time={scaled_timeout(1)}", "+tries=2", "+noall"]
    shown = ["+comments", "+question", "+answer"]
    done = place.ask(["dig", *options, *shown, *(word for pair in words for word in pair)], timeout=60)
    for said in done.stdout.split(";; Got answer:")[1:]:
        status = re.search(r"status: (\w+)", said)[1]
        name, kind = re.search(r"^;(\S+)\s+IN\s+(\w+)$", said, re.MULTILINE).groups()
        rows = [line.split(None, 4) for line in said.split("\n") if line and not line.startswith(";")]
        records = (row[4].removesuffix(".") for row in rows if row[3] == kind)
        answers[questions[f"{name} {kind}"]] = Answer(status, tuple(records))
    return answers


def end_of(done):
    """Return how a login by SSH ended, in words."""
    return done.problem or reason(fr=f"curl a rendu {done.status}", en=f"curl returned {done.status}")


def refusal(lab, host, login, password, more=None):
    """Return why somebody is not let in, or nothing; and whether they are, but not by the host's own rules."""
    try:
        done = lab.login("lan", host, login, password)
    except AssertionError as error:
        return str(error), True
    if done.accepted:
        return "", False
    told = more() if more else ""
    why = reason(fr=f"{login} sur {host} : {end_of(done)}{told}", en=f"{login} on {host}: {end_of(done)}{told}")
    return why, False


def wait_for_login(lab, host, login, password, unless=None, more=None):
    """See that a workstation lets somebody in, as soon as SSSD does.

    sshd takes two to five seconds to refuse somebody. So what makes a login impossible is asked while the first attempt
    goes on, and again when it was refused: what spoke against it all the time ends the wait, without a second attempt.

    Args:
        lab: the lab.
        host: the workstation.
        login: who it is.
        password: theirs.
        unless: returns in words what makes a login impossible, or nothing.
        more: returns what else is to be known of a refusal, in words that follow it.
    """
    ended = threading.Event()
    against = unless or str

    def first():
        try:
            return refusal(lab, host, login, password, more)
        finally:
            ended.set()

    def meanwhile():
        return (time.monotonic(), "" if ended.wait(QUICK) else against())

    (why, foreign), (asked, before) = concurrently(lambda question: question(), [first, meanwhile])
    if not why:
        return
    if before and not foreign and time.monotonic() - asked > STEADY + QUICK and (still := against()):
        raise AssertionError(reason(fr=f"{why} : {still}", en=f"{why}: {still}"))

    def let_in():
        nonlocal foreign
        why, foreign = refusal(lab, host, login, password, more)
        assert not why, why
        return True

    # Rules that are not the host's own do not become so again by themselves.
    lab.wait(let_in, within=SOON, every=0.5, unless=lambda: FOR_GOOD if foreign else against())


def wait_for_share(lab, host, login, password, share, unless=None):
    """See that somebody opens a share of the file server with a ticket, as soon as the server knows its domain."""

    def opens():
        done = open_share(lab, host, login, password, share)
        assert done.status == 0, reason(
            fr=f"{login} sur {host}, partage {share} : {words_of(done)}",
            en=f"{login} on {host}, share {share}: {words_of(done)}",
        )
        return True

    lab.wait(opens, within=SERVED, every=0.5, unless=unless)


def wait_for_passage(lab, host, other, login, password, unless=None):
    """See that somebody goes from a workstation to another one with a ticket; ``unless`` gets what SSH said."""
    said = ""

    def goes():
        nonlocal said
        done = go_to(lab, host, other, login, password)
        said = words_of(done)
        assert done.status == 0, reason(
            fr=f"{login} de {host} à {other}, avec un ticket : {said}",
            en=f"{login} from {host} to {other}, with a ticket: {said}",
        )
        arrived = done.stdout.strip()
        assert arrived == login, reason(
            fr=f"{login} arrive sur {other} sous un autre compte : {arrived}",
            en=f"{login} arrives on {other} in another account: {arrived}",
        )
        return True

    lab.wait(goes, within=SOON, every=0.5, unless=(lambda: unless(said)) if unless else None)


def assert_refuses_strangers(lab, host):
    """A workstation refuses a wrong password and a former employee."""
    strangers = (("hmarchand", "Offset-4625"), ("pmorel", "Bristol-640"))
    tried = concurrently(lambda who: lab.login("lan", host, *who), strangers)
    for (login, _), done in zip(strangers, tried, strict=True):
        assert not done.accepted, reason(
            fr=f"{host} laisse entrer {login}, qu'il doit refuser", en=f"{host} lets {login} in, whom it must refuse"
        )
        assert done.refused, reason(
            fr=f"{login} sur {host} : {end_of(done)} au lieu d'un refus",
            en=f"{login} on {host}: {end_of(done)} instead of a refusal",
        )


def assert_still_refuses(lab, host):
    """A workstation refuses a wrong password and a former employee, and has no account of the domain's people."""
    assert_refuses_strangers(lab, host)
    text = lab.host(host).file("/etc/passwd").content_string
    local = account_names(text) & {"hmarchand", "ylegoff", "nbrunet", "mcarre", "sdasilva", "pmorel"}
    assert not local, reason(
        fr=f"{host} : /etc/passwd contient {listed(local)}", en=f"{host}: /etc/passwd has {listed(local)}"
    )


def sssd_settings(lab, host):
    """Return the settings of SSSD on a workstation, all sections together; the last one counts."""
    text = lab.host(host).check_output("cat /etc/sssd/sssd.conf $(find /etc/sssd/conf.d -name '*.conf')")
    return dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))


def assert_relies_on_the_domain(settings, due=("id_provider", "access_provider"), unset=("auth_provider",)):
    """SSSD asks the domain alone, verifies its tickets, and keeps no passwords; some providers may be left unset."""
    for key in (*due, *unset):
        found = settings.get(key, "ad" if key in unset else "")
        shown = found or reason(fr="rien", en="nothing")
        assert found == "ad", reason(fr=f"SSSD : {key} = {shown}, au lieu de ad", en=f"SSSD: {key} = {shown}, not ad")
    assert settings.get("krb5_validate", "true").lower() == "true", reason(
        fr=f"SSSD ne vérifie plus les tickets : krb5_validate = {settings.get('krb5_validate')}",
        en=f"SSSD no longer verifies tickets: krb5_validate = {settings.get('krb5_validate')}",
    )
    assert settings.get("cache_credentials", "false").lower() == "false", reason(
        fr="SSSD ouvre des sessions avec des mots de passe gardés en cache",
        en="SSSD logs in from a cache of passwords",
    )


def assert_service_lasts(lab, host, name):
    """A service runs on a host, and starts with it."""
    service = lab.host(host).service(name)
    assert service.is_running, reason(fr=f"{name} ne fonctionne pas sur {host}", en=f"{name} does not run on {host}")
    assert service.is_enabled, reason(fr=f"{name} ne démarre pas avec {host}", en=f"{name} does not start with {host}")
