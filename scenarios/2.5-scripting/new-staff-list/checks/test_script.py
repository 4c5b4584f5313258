"""Does the script bring a directory in line with a list, where it has seen neither, and touch nothing else?

Each hidden directory is a slapd of its own in a workspace, run by daemon, as the script is: of the company's directory
daemon may change nothing. Initial entries and list follow from the seed; what must come of them is worked out here.
"""

import base64
import random
import re
import unicodedata

from grader import check, lines_in, reason, scaled_timeout

BASE = "dc=valbocage,dc=internal"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
HEADER = "matricule;nom;prénom;service;état"
FOR_GOOD = "000001010000Z"
ACCOUNT = "daemon"
OPERATIONAL = {
    *("entrycsn", "contextcsn", "entryuuid", "creatorsname", "createtimestamp", "modifiersname", "modifytimestamp"),
    "structuralobjectclass",
}
IMPLIED = {"top", "person", "organizationalperson"}
"""Classes that the others bring: whether they are written makes no difference."""
CONFIG = """\
dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: {folder}/pid

dn: cn=module{{0}},cn=config
objectClass: olcModuleList
cn: module{{0}}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: ppolicy

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif
include: file:///etc/ldap/schema/cosine.ldif
include: file:///etc/ldap/schema/nis.ldif
include: file:///etc/ldap/schema/inetorgperson.ldif

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcDbDirectory: {folder}/data
olcSuffix: dc=valbocage,dc=internal
olcDbMaxSize: 16777216
olcAccess: {{0}}to * by dn.exact=gidNumber=1+uidNumber=1,cn=peercred,cn=external,cn=auth manage by * read

dn: olcOverlay={{0}}ppolicy,olcDatabase={{1}}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: {{0}}ppolicy
"""
DRIVER = r"""
address=$1 limit=$2 script=$3
shift 3
ulimit -n 256
mkdir conf data
slapadd -n 0 -F conf -l config.ldif && slapadd -q -n 1 -F conf -l data.ldif || exit 3
timeout 90 slapd -F conf -h "$address" -d 0 >slapd.log 2>&1 &
server=$!
trap 'kill $server; wait $server 2>/dev/null' EXIT
# The socket is there before slapd listens on it: whoever asks then is refused.
answers() { ldapsearch -xLLLH "$address" -s base -b '' 1.1 >/dev/null 2>&1; }
for pass in $(seq 200); do answers && break; sleep 0.05; done
answers || { cat slapd.log >&2; exit 3; }
state() { slapcat -n 1 -F conf -o ldif-wrap=no; printf '\0'; }
state
for list; do
  case $list in
    -dead) set -- "${address}-nowhere" list.csv ;;
    -*) eval "set -- ${list#-}" ;;
    *) set -- "$address" "$list" ;;
  esac
  timeout "$limit" "$script" "$@" </dev/null >out 2>err
  printf '%s\0' "$?"
  tr -d '\0' <out; printf '\0'
  tr -d '\0' <err; printf '\0'
  state
done
"""
"""Prints the directory's state, then of each run status, both outputs and the state, each with a zero byte at its end.

A run is a list's name, or after a hyphen the words of other arguments.
"""


def script(lab):
    return f"/usr/local/bin/{lab.values['script']}"


# -- A directory as entries: distinguished name -> attribute in lower case -> values.


def entry(dn, **attributes):
    return dn, {
        name.lower(): list(values) if isinstance(values, tuple) else [values] for name, values in attributes.items()
    }


def person(login, number, first, last, staff=None, **more):
    """Return the entry of a person as the request has it; without a staff number, of somebody who has none."""
    if staff is not None:
        more["employeeNumber"] = staff
    return entry(
        f"uid={login},{PEOPLE}",
        objectClass=("inetOrgPerson", "posixAccount", "shadowAccount"),
        uid=login,
        cn=f"{first} {last}",
        givenName=first,
        sn=last,
        mail=f"{login}@valbocage.internal",
        uidNumber=str(number),
        gidNumber="10000",
        homeDirectory=f"/home/{login}",
        loginShell="/bin/bash",
        **more,
    )


def ldif(entries):
    def line(name, value):
        return f"{name}:: {base64.b64encode(value.encode()).decode()}"

    return "\n\n".join(
        "\n".join([f"dn: {dn}", *(line(name, value) for name, values in one.items() for value in values)])
        for dn, one in entries.items()
    )


def parsed(text):
    """Return the entries of an LDIF that slapcat printed, without what slapd adds."""
    found = {}
    for record in text.split("\n\n"):
        one = {}
        for row in record.split("\n"):
            name, colon, value = row.partition(":")
            if colon and name.lower() not in OPERATIONAL:
                value = base64.b64decode(value[1:]).decode(errors="replace") if value[:1] == ":" else value.strip()
                one.setdefault(name.lower(), []).append(value)
        if "dn" in one:
            found[one.pop("dn")[0]] = one
    return found


def comparable(name, values):
    if name == "objectclass":
        return sorted({value.lower() for value in values} - IMPLIED)
    return sorted(values)


def letters(name):
    """Return the letters a to z of a name, without accents."""
    name = unicodedata.normalize("NFD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    return re.sub("[^a-z]", "", name)


def outcome(entries, rows):
    """Return what must come of a list's rows: the entries, the numbers of bad rows, how many people changed."""
    entries = {dn: {name: list(values) for name, values in one.items()} for dn, one in entries.items()}
    bad, changed, seen = [], set(), set()
    for number, row in enumerate(rows, 2):
        if not row:
            continue
        fields = [field.strip() for field in row.split(";")]
        staff, last, first, department, state = fields if len(fields) == 5 else [""] * 5
        group = f"cn={department},{GROUPS}"
        wrong = not all(fields) or not re.fullmatch("[0-9]+", staff) or state not in {"présent", "parti"}
        if wrong or staff in seen or group not in entries or not letters(first) or not letters(last):
            bad.append(number)
            continue
        seen.add(staff)
        dn = next((dn for dn, one in entries.items() if one.get("employeenumber") == [staff]), None)
        if state == "parti":
            if dn and entries[dn].get("pwdaccountlockedtime") != [FOR_GOOD]:
                entries[dn]["pwdaccountlockedtime"] = [FOR_GOOD]
                changed.add(staff)
            continue
        if dn is None:
            taken = {one["uid"][0] for one in entries.values() if "uid" in one}
            login = short = letters(first)[0] + letters(last)
            again = 1
            while login in taken:
                again += 1
                login = f"{short}{again}"
            top = max(int(one["uidnumber"][0]) for one in entries.values() if "uidnumber" in one)
            dn, made = person(login, top + 1, first, last, staff)
            entries[dn] = made
            changed.add(staff)
        login, members = entries[dn]["uid"][0], entries[group].setdefault("memberuid", [])
        if login not in members:
            members.append(login)
            changed.add(staff)
    return entries, bad, len(changed)


# -- Hidden directories and lists.

FIRST = [
    "Agnès",
    "Björn",
    "Chloé",
    "Désirée",
    "Fanny",
    "Hélène",
    "Ismaël",
    "Joëlle",
    "Maïwenn",
    "Noël",
    "Régis",
    "Solène",
]
LAST = [
    "Bénéteau",
    "Çelik",
    "Dufrêne",
    "Faÿ",
    "Guérin",
    "Hénaff",
    "Ibáñez",
    "Lagüe",
    "Mûrier",
    "Rivière",
    "Sjöberg",
    "Zoé",
]
ODD = [
    ("Jean-Marc", "De La Tour"),
    ("Élise", "D'Arçon"),
    ("Anne Sophie", "L'Hôte-Sœur"),
    ("Œdipe", "Le Bras"),
    ("Mary", "O’Brien"),
]
"""First and last names with spaces, hyphens, apostrophes of both kinds, a ligature."""


class Hidden:
    """A directory and lists that follow from a seed."""

    def __init__(self, lab, kind):
        """Draw them; another kind draws others."""
        draw = random.Random(f"{lab.values['hidden']} {kind}")
        first, last = draw.sample(FIRST, len(FIRST)), draw.sample(LAST, len(LAST))
        groups = draw.sample(["achats", "bureau", "finition", "pose", "quai", "ventes"], 3)
        top = draw.randrange(10020, 10300)
        staff = [str(number) for number in draw.sample(range(1000, 9999), 30)]
        known = [
            person(f"ancien{i}", top - 3 * i, first[i], last[i], staff[i], userPassword="{CRYPT}*") for i in range(6)
        ]
        clash = letters(first[6])[0] + letters(last[6])
        known[3][1]["pwdaccountlockedtime"] = ["20260301081500Z"]  # by wrong passwords
        known[4][1]["pwdaccountlockedtime"] = [FOR_GOOD]
        self.entries = dict(
            [
                entry(BASE, objectClass=("dcObject", "organization"), o="Ailleurs", dc="valbocage"),
                *(
                    entry(f"ou={name},{BASE}", objectClass="organizationalUnit", ou=name)
                    for name in ("people", "groups", "services")
                ),
                *known,
                person("sansmatricule", 10003, "Sans", "Matricule"),
                entry(
                    f"uid={clash},ou=services,{BASE}",
                    objectClass=("account", "posixAccount"),
                    uid=clash,
                    cn=clash,
                    uidNumber=str(top + 7),
                    gidNumber="10000",
                    homeDirectory="/nonexistent",
                ),
                entry(f"cn=salaries,{GROUPS}", objectClass="posixGroup", cn="salaries", gidNumber="10000"),
                entry(
                    f"cn={groups[0]},{GROUPS}",
                    objectClass="posixGroup",
                    cn=groups[0],
                    gidNumber="10020",
                    memberUid=("ancien0", "ancien1", "ancien3", "sansmatricule"),
                ),
                entry(
                    f"cn={groups[1]},{GROUPS}",
                    objectClass="posixGroup",
                    cn=groups[1],
                    gidNumber="10021",
                    memberUid=("ancien2", "ancien4"),
                ),
                entry(f"cn={groups[2]},{GROUPS}", objectClass="posixGroup", cn=groups[2], gidNumber="10022"),
            ]
        )
        twin, odd = (first[7], last[7]), draw.sample(ODD, 4)
        rows = [
            f"{staff[0]};{last[0]};{first[0]};{groups[0]};présent",
            f"{staff[1]};{last[9]};{first[1]};{groups[1]};présent",  # another department, and married
            f"{staff[2]};{last[2]};{first[2]};{groups[1]};parti",
            f"{staff[3]};{last[3]};{first[3]};{groups[0]};parti",
            f"{staff[4]};{last[4]};{first[4]};{groups[1]};présent",  # back again: no affair of the script's
            f"{staff[20]};{last[5]};{first[5]};{groups[0]};parti",
            f"{staff[10]};{last[6]};{first[6]};{groups[2]};présent",
            f"{staff[11]};{twin[1]};{twin[0]};{groups[2]};présent",
            f" {staff[12]} ; {twin[1]};{twin[0][0]}{first[8].lower()} ;{groups[0]}; présent",
            *(f"{staff[13 + i]};{one[1]};{one[0]};{groups[i % 3]};présent" for i, one in enumerate(odd)),
        ]
        draw.shuffle(rows)
        rows.insert(draw.randrange(2, 9), "")
        self.good = rows
        self.bad = [
            f"{staff[21]};{last[10]};{first[10]};{groups[0]}",
            f"{staff[22]};{last[10]};{first[10]};{groups[0]};présent;",
            f";{last[10]};{first[10]};{groups[0]};présent",
            f"{staff[23]};{last[10]};;{groups[0]};présent",
            f"{staff[24]};{last[10]};{first[10]};*;présent",
            f"{staff[25]};{last[10]};{first[10]};livraisons;présent",
            f"{staff[5]};{last[5]};{first[5]};{groups[0]};partie",
            f"{staff[5]}*;{last[5]};{first[5]};{groups[0]};parti",
            "*;Tous;Tous;" + groups[0] + ";parti",
            f"{staff[26]};...;{first[10]};{groups[0]};présent",
            f"{staff[10]};{last[11]};{first[11]};{groups[1]};présent",  # the number of another line
        ]
        self.mixed = [*rows]
        for row in self.bad[:-1]:
            self.mixed.insert(draw.randrange(len(self.mixed) + 1), row)
        self.mixed.append(self.bad[-1])


class Run:
    """How a run of the script ended."""

    def __init__(self, status, out, err, state):
        """Take what the driver printed of it."""
        self.status, self.out, self.err, self.state = int(status), out, err, state

    def assert_ends_with(self, status, what):
        said = quoted((lines_in(self.err.strip()) or [""])[-1])
        assert self.status == status, reason(
            fr=f"{what} : état {self.status} au lieu de {status} ; sortie d'erreur : {said}",
            en=f"{what}: status {self.status} instead of {status}; standard error: {said}",
        )

    def assert_counts(self, count, what):
        last = (lines_in(self.out.strip()) or [""])[-1].strip()
        assert last == str(count), reason(
            fr=f"{what} : la dernière ligne affichée est {quoted(last)} au lieu de {count}",
            en=f"{what}: the last line printed is {quoted(last)}, not {count}",
        )


def quoted(text):
    """Return what was printed in words, in quotes, or that it is nothing."""
    text = " ".join(text.split())[:200]
    return reason(fr=f"« {text} »", en=f'"{text}"') if text else reason(fr="rien", en="nothing")


def file_of(rows, start="", ending="\n"):
    """Return a list, whose last line does not end."""
    return start + ending.join([HEADER, *rows])


def played(lab, hidden, lists, runs):
    """Return the state of a hidden directory, and how each run of the script on it ended."""
    with lab.workspace("ldap1", {"data.ldif": ldif(hidden.entries), "driver": DRIVER, **lists}, user=ACCOUNT) as work:
        config = CONFIG.format(folder=work.path())
        made = work.run(["sh", "-c", 'printf %s "$1" >config.ldif', "sh", config])
        address = f"ldapi://{work.path('ldapi').replace('/', '%2F')}"
        done = work.run(["sh", "driver", address, str(scaled_timeout(15)), script(lab), *runs], timeout=90)
        said = quoted(made.stderr + done.stderr)
        failed = made.status or done.status
        assert not failed, reason(
            fr=f"ldap1 : l'annuaire de l'évaluation ne démarre pas : {said}",
            en=f"ldap1: the grading's directory does not start: {said}",
        )
        before, *rest = done.stdout.split("\0")[:-1]
        return before, [Run(*rest[i : i + 4]) for i in range(0, len(rest), 4)]


def assert_state(after, expected, what):
    """A directory has these entries with these attributes, and no others."""
    seen = parsed(after)
    gone = sorted(set(expected) - set(seen))
    assert not gone, reason(fr=f"{what} : il manque {gone[0]}", en=f"{what}: {gone[0]} is missing")
    for dn, one in seen.items():
        wanted = expected.get(dn)
        assert wanted, reason(fr=f"{what} : {dn} est de trop", en=f"{what}: {dn} should not be there")
        for name in sorted({*one, *wanted}):
            has, should = (", ".join(comparable(name, side.get(name, []))) for side in (one, wanted))
            assert has == should, reason(
                fr=f"{what} : {dn}, {name} : {quoted(has)} au lieu de {quoted(should)}",
                en=f"{what}: {dn}, {name}: {quoted(has)} instead of {quoted(should)}",
            )


def unchanged(before, run, what):
    """A run changed nothing, not even the date of a change."""
    assert run.state == before, reason(fr=f"{what} a changé l'annuaire", en=f"{what} changed the directory")


THE_SCRIPT = reason(fr="le script", en="the script")
AGAIN = reason(fr="la seconde fois, le script", en="the second time, the script")


@check(
    "objective",
    points=4,
    competence="2.5",
    fr="Annuaire et liste inconnus : les bons comptes naissent, les départs sont verrouillés, et rien d'autre.",
    en="Directory and list never seen before: the right accounts are made, leavers are locked, and nothing else.",
    host="ldap1",
    lock="script",
    timeout=120,
)
def test_follows_the_list(lab):
    hidden = Hidden(lab, "list")
    expected, _, count = outcome(hidden.entries, hidden.good)
    lists = {"la liste.csv": file_of(hidden.good, "\ufeff", "\r\n")}
    _, (done,) = played(lab, hidden, lists, ["la liste.csv"])
    assert_state(done.state, expected, THE_SCRIPT)
    done.assert_ends_with(0, THE_SCRIPT)
    done.assert_counts(count, THE_SCRIPT)
    assert not done.err.strip(), reason(
        fr=f"tout va bien, et la sortie d'erreur dit {quoted(done.err)}",
        en=f"all is well, and standard error says {quoted(done.err)}",
    )


@check(
    "objective",
    points=3,
    competence="2.5",
    fr="Relancé sur la même liste, le script ne change rien, pas même une date ; une liste suivante est suivie.",
    en="Run again on the same list, the script changes nothing, not even a date; the next list is followed.",
    host="ldap1",
    lock="script",
    timeout=120,
)
def test_can_be_run_again(lab):
    hidden = Hidden(lab, "again")
    first, _, count = outcome(hidden.entries, hidden.good)
    later = [row.replace(";présent", ";parti") for row in hidden.good[:4]]
    second, _, more = outcome(first, later)
    lists = {"list.csv": file_of(hidden.good), "next.csv": file_of(later)}
    _, (done, again, following) = played(lab, hidden, lists, ["list.csv", "list.csv", "next.csv"])
    assert_state(done.state, first, THE_SCRIPT)
    done.assert_counts(count, THE_SCRIPT)
    unchanged(done.state, again, AGAIN)
    again.assert_ends_with(0, AGAIN)
    again.assert_counts(0, AGAIN)
    what = reason(fr="le mois suivant, le script", en="the month after, the script")
    assert_state(following.state, second, what)
    following.assert_counts(more, what)


@check(
    "objective",
    points=3,
    competence="2.5",
    fr="Une mauvaise ligne est signalée par son numéro, ne change rien et n'arrête pas les autres.",
    en="A bad line is reported by its number, changes nothing and does not stop the others.",
    host="ldap1",
    lock="script",
    timeout=120,
)
def test_refuses_bad_lines(lab):
    hidden = Hidden(lab, "bad")
    expected, bad, count = outcome(hidden.entries, hidden.mixed)
    _, (done,) = played(lab, hidden, {"list.csv": file_of(hidden.mixed)}, ["list.csv"])
    assert_state(done.state, expected, THE_SCRIPT)
    done.assert_ends_with(1, THE_SCRIPT)
    done.assert_counts(count, THE_SCRIPT)
    told = {int(number) for number in re.findall(r"(?<!\d)\d{1,3}(?!\d)", done.err)}
    silent = ", ".join(f"{number} ({hidden.mixed[number - 2]})" for number in bad if number not in told)
    assert not silent, reason(
        fr=f"la sortie d'erreur ne donne pas le numéro des lignes {silent}",
        en=f"standard error does not give the number of the lines {silent}",
    )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Un argument de travers, une liste illisible ou d'autres colonnes, un annuaire muet : tout est refusé.",
    en="A wrong argument, a list unreadable or with other columns, a silent directory: everything is refused.",
    host="ldap1",
    lock="script",
    timeout=120,
)
def test_refuses_bad_arguments(lab):
    hidden = Hidden(lab, "arguments")
    swapped = file_of(hidden.good).replace("nom;prénom", "prénom;nom", 1)
    lists = {"list.csv": file_of(hidden.good), "swapped.csv": swapped, "headless.csv": "\n".join(hidden.good)}
    runs = {
        "-": reason(fr="sans argument", en="without arguments"),
        '-"$address"': reason(fr="sans liste", en="without a list"),
        '-"$address" list.csv list.csv': reason(fr="avec un argument de trop", en="with an argument too many"),
        '-"$address" ""': reason(fr="avec une liste vide de nom", en="with an empty name of a list"),
        '-"" list.csv': reason(fr="avec une adresse vide", en="with an empty address"),
        "absent.csv": reason(fr="avec une liste qui n'existe pas", en="with a list that is not there"),
        "data": reason(fr="avec un dossier pour liste", en="with a folder for a list"),
        "swapped.csv": reason(fr="avec des colonnes interverties", en="with swapped columns"),
        "headless.csv": reason(fr="avec une liste sans en-tête", en="with a list without column names"),
        "-dead": reason(fr="avec un annuaire muet", en="with a silent directory"),
    }
    before, done = played(lab, hidden, lists, list(runs))
    for run, how in zip(done, runs.values(), strict=True):
        what = reason(fr=f"{how}, le script", en=f"{how}, the script")
        unchanged(before, run, what)
        run.assert_ends_with(2, what)
        assert run.err.strip(), reason(
            fr=f"{what} n'écrit rien sur la sortie d'erreur", en=f"{what} writes nothing to standard error"
        )
