"""An OpenLDAP server as its own root administers it, over ldapi:/// (SASL EXTERNAL)."""

from __future__ import annotations

import base64

from orchestrator.access.lab_driver import LabDriver

_AS_ROOT = ("-Q", "-Y", "EXTERNAL", "-H", "ldapi:///")


def values(driver: LabDriver, host: str, entry: str, attribute: str) -> tuple[str, ...]:
    """Return the values of an attribute, an operational one too; none where the entry lacks it.

    Raises:
        LabError: there is no such entry, or the server does not answer.
    """
    command = ("ldapsearch", *_AS_ROOT, "-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", entry, attribute)
    found = []
    for line in driver.run(host, command).stdout.decode().splitlines():
        name, colon, value = line.partition(":")
        if colon and name.lower() == attribute.lower():
            encoded = value.startswith(":")
            found.append(base64.b64decode(value[1:]).decode() if encoded else value.removeprefix(" "))
    return tuple(found)


def modify(
    driver: LabDriver, host: str, entry: str, attribute: str, *, remove: str | None = None, add: str | None = None
) -> None:
    """Remove a value of an attribute, add another one, or both at once; with neither, remove the whole attribute.

    Raises:
        LabError: the server refuses.
    """
    steps = [("delete", remove)] if remove is not None or add is None else []
    steps += [("add", add)] if add is not None else []
    changes = "-\n".join(
        f"{kind}: {attribute}\n" + (f"{attribute}:: {_encoded(value)}\n" if value is not None else "")
        for kind, value in steps
    )
    ldif = f"dn:: {_encoded(entry)}\nchangetype: modify\n{changes}"
    driver.run(host, ("ldapmodify", *_AS_ROOT), stdin=ldif.encode())


def accepts(driver: LabDriver, host: str, entry: str, password: str, *, server_name: str | None = None) -> bool:
    """Return whether the server accepts an entry's password; a wrong one counts for its password policy.

    Args:
        driver: the lab.
        host: where it is asked.
        entry: whose password it is.
        password: what is tried.
        server_name: the server's name, where another host asks, with StartTLS; by default the server itself asks.
    """
    way = ("-H", "ldapi:///") if server_name is None else ("-ZZ", "-H", f"ldap://{server_name}")
    command = ("ldapwhoami", "-x", *way, "-D", entry, "-y", "/dev/stdin")
    return driver.run(host, command, stdin=password.encode(), check=False).status == 0


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
