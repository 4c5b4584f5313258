"""A ticket of the domain, got on a workstation as its users do, and what it opens."""

import re
import shlex

from grader import account_names, scaled_timeout

NO_TICKET = 3
"""How a script ends that got no ticket."""


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


def assert_still_refuses(lab, host):
    """A workstation refuses a wrong password and a former employee, and has no account of the domain's people."""
    for login, password in (("hmarchand", "Offset-4625"), ("pmorel", "Bristol-640")):
        done = lab.login("lan", host, login, password)
        assert done.refused, f"{login} on {host}: {done.status} {done.problem}"
    text = lab.host(host).file("/etc/passwd").content_string
    local = account_names(text) & {"hmarchand", "ylegoff", "nbrunet", "mcarre", "sdasilva", "pmorel"}
    assert not local, f"{host}: /etc/passwd has {', '.join(sorted(local))}"


def sssd_settings(lab, host):
    """Return the settings of SSSD on a workstation, all sections together; the last one counts."""
    text = lab.host(host).check_output("cat /etc/sssd/sssd.conf $(find /etc/sssd/conf.d -name '*.conf')")
    return dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))
