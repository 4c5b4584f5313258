"""Are programs, page, zone and boot of the punch clock as made? Its time service's settings may differ."""

import re

from grader import check, lines_in, reason
from lab_tools import BY_HAND, addresses, disks

BOOT, HOSTS = "/etc/init.d/rcS", "/etc/hosts"
OPEN = re.compile(r"/etc/(?:chrony/.*|hosts|rc2\.d/README)")
"""Files that a repair may change; of the names in /etc/hosts, those that were there keep their addresses."""
STARTS = re.compile(r"/etc/(?:rc2\.d/[SK]\d\dchrony|chrony/.*)")
"""Links that a repair may change."""


def held(disk):
    """Return what must stay: path -> its text, a link's target, a program's checksum, whether it may be run."""
    kept = {path: text for path, text in disk.files.items() if not OPEN.fullmatch(path)}
    boot = lines_in(kept.get(BOOT, ""))
    kept[BOOT] = [line for line in boot if not BY_HAND.match(line)]
    links = {path: to for path, to in disk.links.items() if not STARTS.fullmatch(path)}
    modes = {f"{path} (mode)": disk.modes.get(path) for path in (BOOT, "/etc/init.d/chrony")}
    return {**kept, **links, **modes, **disk.programs}


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Programmes, page et fuseau de la pointeuse sont ceux qu'elle avait.",
    en="The punch clock's programs, page and time zone are those that it had.",
    host="hv1",
    lock="disk",
    timeout=120,
)
def test_machine(lab):
    now, made = disks(lab, "system", "system-base")
    is_held, was_held = held(now), held(made)
    changed = sorted(path for path in {*is_held, *was_held} if is_held.get(path) != was_held.get(path))
    known = addresses(now.files.get(HOSTS, ""))
    given = addresses(made.files[HOSTS]).items()
    changed += [f"{HOSTS} ({name})" for name, address in given if known.get(name) != address]
    assert not changed, reason(
        fr=f"sur pointeuse, {changed[0]} a été modifié", en=f"on pointeuse {changed[0]} was changed"
    )
