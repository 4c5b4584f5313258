"""How a router filters by the way back (reverse path filter), now and at the next boot."""

import re

FILTER = {"0": "off", "1": "strict", "2": "loose"}
"""What a value of rp_filter means; where an interface's and that of all differ, the kernel takes the greater one."""


def reverse_path(lab, router, interface):
    """Return how an interface filters by the way back now: off, strict or loose."""
    shown = lab.client(router).ask(("ip", "-4", "netconf", "show")).stdout
    values = dict(re.findall(r"^inet (\S+) .*\brp_filter (\w+)", shown, re.MULTILINE))
    return _greater(values["all"], values[interface])


def reverse_path_at_boot(host, interface):
    """Return how an interface will filter by the way back at the next boot, as the files of /etc/sysctl.d say."""
    names = sorted(f.path for f in host.file("/etc/sysctl.d").tree() if f.kind == "file" and f.path.endswith(".conf"))
    text = "\n".join(host.file(f"/etc/sysctl.d/{name}").content_string for name in names)
    setting = rf"^\s*-?net[./]ipv4[./]conf[./](all|{interface})[./]rp_filter\s*=\s*([012])\s*$"
    values = dict(re.findall(setting, text, re.MULTILINE))  # the last one counts
    return _greater(*(FILTER[values.get(name, "0")] for name in ("all", interface)))


def _greater(one, other):
    return max(one, other, key=tuple(FILTER.values()).index)
