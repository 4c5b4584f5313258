"""Does the database serve whom it served, and nobody else? Its rules, roles and data are compared with the sound state;
here is what only a connection shows.
"""

import secrets

from grader import check, concurrently, reason
from lab_tools import POSTGRESQL, ask_as_inventory, words_of

ROLES = ("shop", "inventory", "postgres")


def enters(lab, role):
    """Return whether a role enters its database from an application server with a password that nobody has.

    What the server has loaded need not be what its file says now.
    """
    psql = f"PGPASSWORD=%s {POSTGRESQL}/psql -X -w -h %s -U %s -d %s -c 'SELECT 1'"
    return lab.host("app1").run(psql, secrets.token_hex(8), lab.address("db1"), role, role).rc == 0


@check(
    "guard",
    points=1,
    fr="Par le réseau, la base n'admet personne avec un mauvais mot de passe.",
    en="Over the network the database admits nobody with a wrong password.",
    host="db1",
    lock="",
)
def test_who_may_connect(lab):
    for role, admitted in zip(ROLES, concurrently(lambda role: enters(lab, role), ROLES), strict=True):
        assert not admitted, reason(
            fr=f"{role} entre dans sa base avec un mot de passe tiré au hasard",
            en=f"{role} enters its database with a random password",
        )


@check(
    "guard",
    points=1,
    fr="L'autre application, inventory, se connecte toujours à sa base.",
    en="The other application, inventory, still connects to its database.",
    host="db1",
    lock="",
)
def test_other_application_connects(lab):
    done = ask_as_inventory(lab, "SELECT 1")
    assert done.stdout.strip() == "1", reason(
        fr=f"inventory : la base répond : {words_of(done)}", en=f"inventory: the database answers: {words_of(done)}"
    )
