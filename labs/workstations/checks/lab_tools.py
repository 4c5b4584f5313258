"""The Clairvoix workstation as its standard has it: what is asked of each, and in what one differs."""

import re
import secrets

from grader import lines_in, reason, scaled_timeout

QUEUES = {"pc1": "bureau", "pc2": "cave", "pc3": "magasin"}
"""Each workstation's default printer."""
PROGRAMS = {"collecte": "1.9.0-1", "etiquettes": "2.4.0-1", "clairvoix-modeles": "2026.11-1"}
"""What every workstation has, in the versions that the archive has."""
FINGERPRINT = "2B2F0B0439CABDA4DADF7E988E74E468E2ECF4AA"
DOCUMENTS = {
    "pc1": ("horaires-tournees.txt", "paie-du-lait-octobre.csv"),
    "pc2": ("journal-de-cave.txt", "lots-novembre.csv"),
    "pc3": ("commandes-fetes.csv", "prix-au-magasin.txt"),
}
HOME = "/home/utilisateur"
ROUND = "Tournée 12, Combe d'en haut"
_APT = "env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=0"


def listed(values):
    """Return values in words: one after another, or that there is none."""
    return ", ".join(values) or reason(fr="rien", en="nothing")


def as_account(lab, pc, command, account="utilisateur"):
    """Run a command as an account's own login shell does; return testinfra's result."""
    return lab.host(pc).run("runuser -l %s -c %s", account, f"timeout {scaled_timeout(20)} sh -c {_quoted(command)}")


def _quoted(command):
    return "'" + command.replace("'", "'\\''") + "'"


def said(done):
    """Return what a command said of its failure: its first error, or else the last thing that it wrote."""
    lines = [line.strip() for line in lines_in(done.stderr or done.stdout) if line.strip()]
    errors = [line for line in lines if line.startswith(("E: ", "W: "))]
    return [*errors[:1], *lines[-1:], reason(fr="rien", en="nothing")][0]


def assert_round_is_shown(lab, pc):
    """The program of the milk rounds shows the round of the day, as the server gives it."""
    done = as_account(lab, pc, "collecte")
    assert done.rc == 0, reason(
        fr=f"{pc} : collecte finit par l'état {done.rc} : {said(done)}",
        en=f"{pc}: collecte ends with status {done.rc}: {said(done)}",
    )
    wanted = lab.host("srv1").file("/srv/www/tournees/aujourdhui.csv").content_string
    farms = [line.split(";")[1] for line in lines_in(wanted)[1:] if line.count(";") > 1]
    missing = [name for name in (ROUND, *farms) if name not in done.stdout]
    assert not missing, reason(
        fr=f"{pc} : collecte ne montre pas {listed(missing)}", en=f"{pc}: collecte does not show {listed(missing)}"
    )


def assert_prints(lab, pc, account="utilisateur"):
    """A page that an account prints, without naming a printer, comes out of the workstation's own as a PDF."""
    mark = f"essai-{secrets.token_hex(4)}"
    done = as_account(lab, pc, f"echo Fruitière {mark} | lp -s -t {mark}", account)
    assert done.rc == 0, reason(
        fr=f"{pc} : {account} ne peut pas imprimer : {said(done)}", en=f"{pc}: {account} cannot print: {said(done)}"
    )
    srv1, queue = lab.host("srv1"), QUEUES[pc]

    def pages():
        return [
            one.path for one in srv1.file("/srv/impressions").tree() if mark in one.path and one.path.endswith("pdf")
        ]

    nothing = reason(
        fr=f"{pc} : la page que {account} imprime ne sort d'aucune imprimante",
        en=f"{pc}: the page that {account} prints comes out of no printer",
    )
    (page, *_) = lab.wait(pages, within=20, every=0.2, what=nothing)
    where = page.rpartition("/")[0].rpartition("/")[2]
    assert where == queue, reason(
        fr=f"{pc} : la page {account} sort de l'imprimante {where}, et non de {queue}".replace(
            f"page {account}", f"page imprimée par {account}"
        ),
        en=f"{pc}: the page printed by {account} comes out of the printer {where}, not of {queue}",
    )

    def is_whole():
        start = srv1.run("head -c 5 /srv/impressions/%s/%s", where, page.rpartition("/")[2]).stdout
        return start == "%PDF-"

    lab.wait(is_whole, within=10, every=0.2, what=reason(fr="la page n'est pas un PDF", en="the page is no PDF"))
    server = lab.listener("srv1", 631, "/usr/sbin/cupsd")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"srv1, port 631 : {doubts}", en=f"srv1, port 631: {doubts}")


def assert_archive_is_read(lab, pc):
    """Apt reads the archive without a complaint, and finds in it what the dairy gives away."""
    host = lab.host(pc)
    done = host.run(f"{_APT} -o APT::Update::Error-Mode=any update")
    assert done.rc == 0, reason(
        fr=f"{pc} : apt-get update échoue : {said(done)}", en=f"{pc}: apt-get update fails: {said(done)}"
    )
    rows = lines_in(host.run("env LC_ALL=C apt-get indextargets --format '$(REPO_URI) $(CREATED_BY)'").stdout)
    strange = sorted({row.split()[0] for row in rows if row.strip()} - {f"http://depot.{lab.domain}/debian/"})
    assert not strange, reason(
        fr=f"{pc} : une source n'est pas l'archive de la norme : {listed(strange)}",
        en=f"{pc}: a source is not the standard's archive: {listed(strange)}",
    )
    for name, version in PROGRAMS.items():
        offered = re.findall(r"\|\s*(\S+)\s*\|", host.run("env LC_ALL=C apt-cache madison %s", name).stdout)
        assert version in offered, reason(
            fr=f"{pc} : les sources ne proposent pas {name} {version} (elles proposent : {listed(offered)})",
            en=f"{pc}: the sources do not offer {name} {version} (they offer: {listed(offered)})",
        )


def assert_up_to_date(lab, pc):
    """The dairy's programs are installed whole, in the versions that the archive has."""
    host = lab.host(pc)
    for name, version in PROGRAMS.items():
        package = host.package(name)
        assert package.is_installed, reason(
            fr=f"{pc} : le paquet {name} n'est pas installé entièrement",
            en=f"{pc}: the package {name} is not installed",
        )
        assert package.version == version, reason(
            fr=f"{pc} : {name} est à la version {package.version}, et non à la {version}",
            en=f"{pc}: {name} has version {package.version}, not {version}",
        )
    altered = [
        line for name in PROGRAMS for line in lines_in(host.run("dpkg --verify %s", name).stdout) if " c " not in line
    ]
    assert not altered, reason(
        fr=f"{pc} : ce n'est pas ce que le paquet a apporté : {listed(altered)}",
        en=f"{pc}: this is not what the package brought: {listed(altered)}",
    )


def assert_nothing_unfinished(lab, pc):
    """Dpkg has finished its work, and no package is held."""
    host = lab.host(pc)
    audit = host.run("env LC_ALL=C dpkg --audit").stdout.strip()
    assert not audit, reason(
        fr=f"{pc} : dpkg n'a pas fini : {lines_in(audit)[-1].strip()}",
        en=f"{pc}: dpkg has not finished: {lines_in(audit)[-1].strip()}",
    )
    held = host.run("apt-mark showhold").stdout.split()
    assert not held, reason(fr=f"{pc} : paquets figés : {listed(held)}", en=f"{pc}: packages on hold: {listed(held)}")
    done = host.run(f"{_APT} check")
    assert done.rc == 0, reason(
        fr=f"{pc} : apt refuse de travailler : {said(done)}", en=f"{pc}: apt refuses to work: {said(done)}"
    )


def trust_lost(lab, pc):
    """Return why a workstation may install what the dairy has not signed, each as a sentence; nothing is the rule."""
    host, found = lab.host(pc), []
    settings = host.run("env LC_ALL=C apt-config dump").stdout
    names = ("AllowUnauthenticated", "AllowInsecureRepositories", "AllowWeakRepositories")
    lax = [name for name in names if re.search(rf"{name} \"(?:true|yes|1|on)\"", settings, re.IGNORECASE)]
    found += [reason(fr=f"apt a le réglage {name}", en=f"apt has the setting {name}") for name in lax]
    sources = host.run("sh -c 'cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null'").stdout
    if re.search(r"^[^#\n]*\b(?:trusted|allow-\w+)\s*[=:]\s*(?:yes|true|1)\b", sources, re.IGNORECASE | re.MULTILINE):
        found.append(reason(fr="une source n'a rien à prouver", en="a source has nothing to prove"))
    rows = host.run("env LC_ALL=C apt-get indextargets --format '$(REPO_URI) $(SIGNED_BY) $(CREATED_BY)'").stdout
    for row in sorted({line for line in lines_in(rows) if line.endswith(" Packages")}):
        address, *middle = row.split()[:-1]
        if not re.match(rf"http://[a-z]+\.{re.escape(lab.domain)}/", address):
            found.append(reason(fr=f"une source est {address}", en=f"a source is {address}"))
        if not middle:
            found.append(reason(fr=f"la source {address} n'a pas de clé", en=f"the source {address} has no key"))
        for path in middle:
            keys = host.run("gpg --batch --show-keys --with-colons %s", path).stdout
            prints = re.findall(r"^pub:.*\n(?:.*\n)*?fpr:+([0-9A-F]{40}):", keys, re.MULTILINE)
            if prints != [FINGERPRINT]:
                found.append(
                    reason(
                        fr=f"{path} n'est pas la clé de l'archive, et elle seule",
                        en=f"{path} is not the archive's key and no other",
                    )
                )
    return found


def keyboard_of(lab, pc):
    """Return the layout and the variant that a session gets: on a screen of its own, set as the desktop sets it."""
    host = lab.host(pc)
    host.run("mkdir -p -m 1777 /tmp/.X11-unix")
    screen = "/usr/bin/Xtigervnc :7 -rfbport -1 -rfbunixpath /tmp/.clavier-7 -SecurityTypes None -nolisten tcp"
    client = f"sh -c {_quoted('reglages-bureau; setxkbmap -query')}"
    done = as_account(lab, pc, f"xinit /usr/bin/{client} -- {screen}")
    host.run("rm -f /tmp/.clavier-7 /tmp/.X7-lock /tmp/.X11-unix/X7")
    told = dict(re.findall(r"^(\w+):\s*(\S*)$", done.stdout, re.MULTILINE))
    return told.get("layout", ""), told.get("variant", "")


def assert_keyboard(lab, pc):
    """A session that opens has a French keyboard."""
    layout, variant = keyboard_of(lab, pc)
    assert (layout, variant) == ("fr", ""), reason(
        fr=f"{pc} : le clavier d'une session qui s'ouvre est {f'{layout} {variant}'.strip() or 'inconnu'}, et non fr",
        en=f"{pc}: the keyboard of a session that opens is {f'{layout} {variant}'.strip() or 'unknown'}, not fr",
    )
    for path in ("/usr/local/bin/reglages-bureau", "/usr/local/bin/bureau"):
        assert lab.host(pc).file(path).is_the_images, reason(
            fr=f"{pc} : {path} a été modifié, un autre réglage ne compterait plus",
            en=f"{pc}: {path} was changed, another setting would not count any more",
        )


def assert_time_zone(lab, pc):
    """Every session's hour is that of Paris."""
    host = lab.host(pc)
    zone = host.run("env -u TZ date +%z").stdout.strip(), host.run("env TZ=Europe/Paris date +%z").stdout.strip()
    assert zone[0] == zone[1], reason(
        fr=f"{pc} : l'heure est celle de UTC{zone[0]}, et à Paris il est UTC{zone[1]}",
        en=f"{pc}: the hour is that of UTC{zone[0]}, and in Paris it is UTC{zone[1]}",
    )
    link = host.file("/etc/localtime")
    leads = link.linked_to if link.is_symlink else ""
    assert leads.endswith("/zoneinfo/Europe/Paris"), reason(
        fr=f"{pc} : /etc/localtime mène à {leads or 'aucun fuseau'}, et non à Europe/Paris",
        en=f"{pc}: /etc/localtime leads to {leads or 'no time zone'}, not to Europe/Paris",
    )
    text = as_account(lab, pc, "date +%z").stdout.strip()
    assert text == zone[1], reason(
        fr=f"{pc} : une session qui s'ouvre a l'heure de UTC{text}", en=f"{pc}: a session that opens has UTC{text}"
    )


def assert_language(lab, pc):
    """Sessions are in French."""
    text = lab.host(pc).file("/etc/locale.conf").content_string
    language = re.search(r'^\s*LANG="?([^"\s]*)', text, re.MULTILINE)
    found = language[1] if language else ""
    assert found in ("fr_FR.UTF-8", "fr_FR.utf8"), reason(
        fr=f"{pc} : les sessions sont en {found or 'aucune langue'}",
        en=f"{pc}: sessions are in {found or 'no language'}",
    )


def assert_home(lab, pc):
    """The home is the account's own, documents included, and what is not a document stays small."""
    host = lab.host(pc)
    home = host.file(HOME)
    assert home.mode & 0o077 == 0, reason(
        fr=f"{pc} : d'autres comptes entrent dans {HOME} (droits {home.mode:04o})",
        en=f"{pc}: other accounts may enter {HOME} (mode {home.mode:04o})",
    )
    strange = lines_in(host.run("find %s ! -user utilisateur", HOME).stdout)
    assert not strange, reason(
        fr=f"{pc} : {strange[0]} n'appartient pas à utilisateur",
        en=f"{pc}: {strange[0]} does not belong to utilisateur",
    )
    other = int(host.run("du -sk --exclude=%s %s", f"{HOME}/Documents", HOME).stdout.split()[0])
    assert other <= 40 << 10, reason(
        fr=f"{pc} : {HOME}, sans les documents, fait {other >> 10} Mo, au lieu de 40 au plus",
        en=f"{pc}: {HOME}, without the documents, has {other >> 10} MB, instead of 40 at most",
    )


def assert_documents(lab, pc):
    """The documents are all there, as they were."""
    paths = [f"{HOME}/Documents/{name}" for name in DOCUMENTS[pc]]
    gone = [path for path in paths if not lab.host(pc).file(path).is_file]
    assert not gone, reason(fr=f"{pc} : {listed(gone)} a disparu", en=f"{pc}: {listed(gone)} is gone")
    altered = sorted({*paths} & {*lab.altered(pc, f"{HOME}/Documents")})
    assert not altered, reason(
        fr=f"{pc} : {listed(altered)} n'est plus le même", en=f"{pc}: {listed(altered)} is not the same"
    )


def assert_conforms(lab, pc):
    """A workstation is as the standard says, but for what takes a printer or the archive's server to see."""
    assert_time_zone(lab, pc)
    assert_language(lab, pc)
    assert_up_to_date(lab, pc)
    assert_nothing_unfinished(lab, pc)
    assert_home(lab, pc)
    text = lab.host(pc).file("/etc/cups/lpoptions")
    found = re.search(r"^\s*Default\s+(\S+)", text.content_string if text.exists else "", re.MULTILINE | re.IGNORECASE)
    queue = found[1] if found else ""
    assert queue == QUEUES[pc], reason(
        fr=f"{pc} : l'imprimante par défaut est {queue or 'celle du serveur'}, et non {QUEUES[pc]}",
        en=f"{pc}: the default printer is {queue or 'the one of the server'}, not {QUEUES[pc]}",
    )
