"""The domain of labs' web pages: another site than the portal's, as browsers tell sites apart."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.serving.listen_address import host_of

_REGISTRIES: Final = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "gv", "mil", "net", "nom", "or", "org", "sch"}
)
"""Second labels below a country's, under which others register names: ``school.ac.uk`` is no neighbour of
``pages.ac.uk``. The public list of them is long and changes; where it is in doubt we refuse."""
_COUNTRY: Final = 2


def require_another_site(pages: str, hosts: Sequence[str]) -> None:
    """Refuse a domain under which a lab's page could act as a neighbour of the portal's.

    Args:
        pages: the domain, as ``*.DOMAIN``, with a port or without.
        hosts: the names and addresses of the portal.

    Raises:
        UsageError: it is the portal's own, one above or below it, or one beside it under the same registered name.
    """
    domain = host_of(pages.removeprefix("*."))
    for host in hosts:
        if same_site(domain, host):
            raise UsageError(
                Text(
                    fr=f"Les pages web des labs ne peuvent pas être sous {domain} : pour un navigateur, c'est le même "
                    f"site que le portail, {host}.",
                    en=f"Labs' web pages cannot be below {domain}: to a browser that is the same site as the portal, "
                    f"{host}.",
                ),
                Text(
                    fr='Donnez un autre domaine enregistré, pages = "*.AUTRE-DOMAINE" : ces pages sont écrites par '
                    "qui est root dans un lab.",
                    en='Give another registered domain, pages = "*.OTHER-DOMAIN": these pages are written by whoever '
                    "is root in a lab.",
                ),
            )


def same_site(domain: str, host: str) -> bool:
    """Return whether a browser may take names below a domain for the same site as a host; in doubt it does."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return False
    one, other = domain.lower().split("."), host.lower().split(".")
    common = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        common += 1
    if common in {len(one), len(other)}:  # the same, or one above the other; every name below localhost is a site
        return domain != "localhost"
    registry = len(one[-1]) == _COUNTRY and one[-2] in _REGISTRIES if len(one) > 1 else False
    return common > (2 if registry else 1)
