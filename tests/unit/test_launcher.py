"""The launcher on a made-up machine: fake apt-get, sudo, sg, Python and Docker record what is asked of them.

The launcher under test is the real one; only its absolute paths are moved below a temporary folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
LAUNCHER = CHECKOUT / "breakfix"
TOOLS = (
    *("cat", "chmod", "date", "env", "flock", "mkdir", "nohup", "readlink", "rm"),
    *("sed", "setsid", "sh", "sha256sum", "sleep", "tail", "true"),
)
SYSTEM_PATH = re.compile(r"(?<![\w#])/(?=(?:usr|var|run|etc|sys|proc/sys)/)|(?<=:)/(?=sbin\b)")

POSTGRES, PANGO = "usr/lib/postgresql/17/bin", "usr/lib/a b/libpangoft2-1.0.so.0"

INSTALL = "apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=600"
RECORD = 'echo "${0##*/} $*" >>"$MACHINE/calls"\n'
FAKES = {
    "chromium": "exit 0",
    "apt-get": RECORD + '[ ! -e "$MACHINE/apt-fails" ] || { echo "E: Unable to fetch" >&2; exit 100; }\n'
    'case $* in *docker.io*) echo "exit 0" >"$MACHINE/bin/dockerd" ;; esac',
    "id": 'case $* in -u) echo "$UID_" ;; -un) echo bob ;; -nG) echo bob $SESSION ;;\n*) cat "$MACHINE/groups" ;; esac',
    "mmdebstrap": "exit 0",
    "newuidmap": "exit 0",
    "ssh-keygen": "exit 0",
    "sudo": RECORD + '"$@"',
    "sg": RECORD + 'IN_GROUP=1 exec /bin/sh -c "$3"',
    "systemctl": RECORD + 'echo 0 >"$MACHINE/engine"',
    "uname": 'echo "$SYSTEM"',
    "usermod": RECORD + "echo bob docker >$MACHINE/groups",
    # Python: what the launcher asks of it, each question known by a word of it.
    "python3": r"""
case $* in
*version_info*) [ -e "$MACHINE/old-python" ] && exit 1; echo "$MACHINE/bin/python3" ;;
*ensurepip*) [ ! -e "$MACHINE/no-ensurepip" ] ;;
*_ping*) read -r code <"$MACHINE/engine"; [ "$code" = 13 ] && [ -n "$IN_GROUP" ] && exit 0; exit "$code" ;;
*"-m venv"*) for place; do :; done; mkdir -p "$place/bin"
    cat "$0" >"$place/bin/python"; chmod +x "$place/bin/python" ;;
*"-m pip"*) echo "pip ${*##*/}" >>"$MACHINE/calls"; echo pip was here; [ ! -e "$MACHINE/pip-fails" ] ;;
*sysconfig*) echo "${0%/bin/*}" ;;
*orchestrator.cli*) echo "$5" >"$MACHINE/reader"; shift 6
    exec "$PYTHON" -I -S -B -c "$(cat "$MACHINE/reader")" "$REAL" "$@" ;;
*orchestrator*) shift 3; printf '<%s>' "$@"; echo; exit "${EXIT:-0}" ;;
esac""",
}


@dataclass
class Ended:
    """What one launch left: exit code, the program's output, the launcher's messages."""

    code: int
    out: str
    err: str


def end(process: subprocess.Popen[str]) -> Ended:
    """Waits for a launch, but not for ever."""
    try:
        out, err = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return Ended(process.returncode, out, err)


class Machine:
    """A fresh machine with everything but a Python environment, and a checkout on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "check out"
        self.environment = {
            "PATH": str(folder / "bin"),
            "HOME": str(folder / "home"),
            "MACHINE": str(folder),
            "LANG": "C",
            "UID_": "1000",
            "SESSION": "docker",
            "SYSTEM": "Linux",
            "IN_GROUP": "",
            "PYTHON": sys.executable,  # what reads the words is the real one
            "REAL": str(CHECKOUT),
        }
        keys, certificates = "usr/share/keyrings", "etc/ssl/certs"
        for place in ("bin", "home", "check out", certificates, keys, "var/run", "var/log", POSTGRES, "usr/lib/a b"):
            (folder / place).mkdir(parents=True)
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(shutil.which(tool) or f"/usr/bin/{tool}")
        for name, body in FAKES.items():
            self.provide(name, body)
        (folder / "etc/os-release").write_text("ID=debian\nVERSION_ID=13\n")
        (folder / "etc/ssl/certs/ca-certificates.crt").touch()
        (folder / "usr/share/keyrings/debian-archive-keyring.gpg").touch()
        (folder / POSTGRES / "initdb").touch()
        (folder / PANGO).touch()
        self.write("engine", "0")
        self.write("groups", "bob docker")
        self.write("calls", "")
        launcher = self.checkout / "breakfix"
        launcher.write_text(SYSTEM_PATH.sub(f"{folder}/", LAUNCHER.read_text()))
        launcher.chmod(0o755)
        for lock in ("requirements.lock", "requirements-dev.lock"):
            (self.checkout / lock).write_text("pinned\n")

    def provide(self, command: str, body: str = "exit 0") -> None:
        """Puts a command in the machine's PATH."""
        script = self.folder / "bin" / command
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)

    def remove(self, *commands: str) -> None:
        """Takes commands out of the machine's PATH."""
        for command in commands:
            (self.folder / "bin" / command).unlink()

    def write(self, name: str, text: str) -> None:
        """Sets one of the facts that the fakes read."""
        (self.folder / name).write_text(f"{text}\n" if text else "")

    def without_docker(self) -> None:
        """Makes it a machine where Docker was never installed, and bob an ordinary user."""
        self.write("engine", "2")
        self.write("groups", "bob sudo")
        self.environment["SESSION"] = "sudo"
        (self.folder / "run/systemd/system").mkdir(parents=True)

    def start(self, *arguments: str, typed: str | None = None) -> subprocess.Popen[str]:
        """Starts the launcher; `typed` is what the user types at a terminal (None: there is no terminal)."""
        stdin: int = subprocess.DEVNULL
        if typed is not None:
            self.terminal, stdin = os.openpty()
            os.write(self.terminal, typed.encode())
        process = subprocess.Popen(
            [str(self.checkout / "breakfix"), *arguments],
            env=self.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )
        if typed is not None:
            os.close(stdin)
        return process

    def launch(self, *arguments: str, typed: str | None = None) -> Ended:
        """Runs the launcher to its end."""
        return end(self.start(*arguments, typed=typed))

    def calls(self) -> list[str]:
        """What was asked of the fakes since the last time."""
        lines = (self.folder / "calls").read_text().splitlines()
        self.write("calls", "")
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("checker", [("dash", "-n"), ("shellcheck", "--norc")], ids=lambda words: words[0])
def test_is_clean_posix_shell(checker: tuple[str, ...]) -> None:
    if shutil.which(checker[0]) is None:
        pytest.skip(f"{checker[0]} is not installed")
    assert subprocess.run([*checker, str(LAUNCHER)], capture_output=True, text=True, check=False).stdout == ""


def test_first_run_makes_the_environment_and_hands_over(machine: Machine) -> None:
    ended = machine.launch("stop", "--all")

    assert (ended.code, ended.out) == (0, "<stop><--all>\n")
    assert machine.calls() == ["pip requirements.lock"]
    assert (machine.checkout / ".venv/breakfix.pth").read_text() == f"{machine.checkout}\n"


def test_second_run_does_no_set_up_and_says_nothing(machine: Machine) -> None:
    machine.launch("status")
    machine.calls()

    ended = machine.launch("status")

    assert (ended.code, ended.err, machine.calls()) == (0, "", [])


def test_a_completing_shell_gets_no_set_up(machine: Machine) -> None:
    machine.environment["_BREAKFIX_COMPLETE"] = "bash_complete"
    ended = machine.launch()
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert machine.calls() == []


def test_exit_code_of_the_program_is_passed_on(machine: Machine) -> None:
    machine.environment["EXIT"] = "7"

    assert machine.launch("status").code == 7


@pytest.mark.parametrize("typed", ["n\n", "non\n", "x\n", "\x04"], ids=["n", "non", "other", "end-of-file"])
def test_declining_changes_nothing(machine: Machine, typed: str) -> None:
    machine.without_docker()

    ended = machine.launch("status", typed=typed)

    assert ended.code == 3
    assert ended.err.endswith("Nothing was changed.\n")
    assert machine.calls() == []
    assert not (machine.checkout / ".venv").exists()


def test_all_changes_are_listed_with_their_reason_before_the_question(machine: Machine) -> None:
    machine.without_docker()
    machine.remove("mmdebstrap", "newuidmap")
    machine.write("no-ensurepip", "")

    listed = machine.launch("status", typed="n\n").err.splitlines()

    assert listed[:-1] == [
        "Breakfix has to prepare this machine:",
        "  - install with apt: docker.io docker-cli iptables (the container engine that carries the labs)",
        "  - start the Docker service",
        "  - add bob to the group docker (its members have, in effect, root's rights)",
        "  - install with apt: mmdebstrap (the base image, made of Debian packages)",
        "  - install with apt: uidmap (mmdebstrap without being root)",
        "  - install with apt: python3-venv (the Python environment)",
        f"  - make the Python environment {machine.checkout}/.venv (pinned: requirements.lock)",
    ]


@pytest.mark.parametrize("typed", ["\n", "o\n", "Y\n", None], ids=["enter", "o", "Y", "no-terminal"])
def test_accepting_installs_starts_joins_and_runs_in_the_group(machine: Machine, typed: str | None) -> None:
    machine.without_docker()

    ended = machine.launch("status", typed=typed)

    assert (ended.code, ended.out) == (0, "<status>\n")
    done = [call for call in machine.calls() if not call.startswith(("sudo", "sg"))]
    assert done == [
        "apt-get update -q",
        f"{INSTALL} docker.io docker-cli iptables",
        "usermod -aG docker bob",
        "systemctl start docker",
        "pip requirements.lock",
    ]


@pytest.mark.parametrize("line", ["--yes demo", "demo --yes", "demo --seed 3 --yes", "exec pc1 --yes -- ls"])
def test_yes_is_taken_anywhere_and_asks_nothing(machine: Machine, line: str) -> None:
    ended = machine.launch(*line.split(), typed="")

    assert (ended.code, ended.out) == (0, "".join(f"<{word}>" for word in line.split()) + "\n")
    assert "Go on?" not in ended.err


@pytest.mark.parametrize("line", ["exec pc1 -- apt-get --yes update", "exec pc1 apt-get --yes update"])
def test_a_yes_of_the_command_that_is_run_is_not_ours(machine: Machine, line: str) -> None:
    ended = machine.launch(*line.split(), typed="n\n")

    assert (ended.code, machine.calls()) == (3, [])
    assert "Go on? [Y/n]" in ended.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("strat", 'There is no command "strat". Did you mean "start"'),
        ("demo --yess", "No such option '--yess'. Did you mean"),
        ("demo --yes --seed", "Option '--seed' requires an argument."),
        ("start", "Missing argument 'SCENARIO'."),
        ("images list too", "Got unexpected extra argument (too)"),
    ],
)
@pytest.mark.parametrize("typed", ["", None], ids=["terminal", "no-terminal"])
def test_a_wrong_command_line_is_refused_before_any_set_up(
    machine: Machine, line: str, said: str, typed: str | None
) -> None:
    machine.without_docker()

    ended = machine.launch(*line.split(), typed=typed)

    assert (ended.code, ended.out, machine.calls()) == (2, "", [])
    assert said in ended.err
    assert "explains the command" in ended.err
    assert not (machine.checkout / ".venv").exists()


def test_where_nothing_is_to_be_done_the_program_reads_its_words_alone(machine: Machine) -> None:
    machine.launch("status")
    (machine.folder / "reader").unlink()

    assert machine.launch("strat", "--yes").out == "<strat><--yes>\n"
    assert not (machine.folder / "reader").exists()


@pytest.mark.parametrize(
    ("release", "packages"),
    [
        ("ID=debian\nVERSION_ID=12\n", "docker.io iptables"),
        ("ID=debian\nVERSION_ID=13\n", "docker.io docker-cli iptables"),
        ("ID=ubuntu\nVERSION_ID=24.04\n", "docker.io iptables"),
    ],
    ids=["debian-12", "debian-13", "ubuntu"],
)
def test_package_names_follow_the_distribution(machine: Machine, release: str, packages: str) -> None:
    machine.without_docker()
    machine.write("etc/os-release", release)

    machine.launch("status")

    assert f"{INSTALL} {packages}" in machine.calls()


def test_proxies_reach_apt_through_sudo(machine: Machine) -> None:
    machine.without_docker()
    machine.environment["http_proxy"] = "http://proxy.example:3128"

    machine.launch("status")

    assert "sudo env http_proxy=http://proxy.example:3128 apt-get update -q" in machine.calls()


def test_root_needs_no_sudo_and_joins_no_group(machine: Machine) -> None:
    machine.without_docker()
    machine.environment["UID_"] = "0"
    machine.remove("sudo", "sg", "usermod")

    ended = machine.launch("status")

    assert (ended.code, ended.out) == (0, "<status>\n")


def test_a_low_limit_of_inotify_is_raised_for_now_and_for_the_next_boot(machine: Machine) -> None:
    limit = machine.folder / "proc/sys/fs/inotify/max_user_instances"
    limit.parent.mkdir(parents=True)
    limit.write_text("128\n")

    ended = machine.launch("status")

    assert ended.code == 0
    assert "raise the limit fs.inotify.max_user_instances from 128 to 1024" in ended.err
    assert limit.read_text() == "1024\n"
    kept = machine.folder / "etc/sysctl.d/60-breakfix.conf"
    assert kept.read_text() == "fs.inotify.max_user_instances = 1024\n"
    assert "raise" not in machine.launch("status").err


def test_nobody_is_stopped_by_a_limit_that_they_cannot_raise(machine: Machine) -> None:
    limit = machine.folder / "proc/sys/fs/inotify/max_user_instances"
    limit.parent.mkdir(parents=True)
    limit.write_text("128\n")
    machine.remove("sudo")

    assert machine.launch("status").code == 0
    assert limit.read_text() == "128\n"


def test_without_systemd_the_daemon_is_started_detached(machine: Machine) -> None:
    machine.environment["UID_"] = "0"
    machine.write("engine", "2")
    machine.provide("dockerd", 'echo started; echo 0 >"$MACHINE/engine"; exec sleep 3')

    ended = machine.launch("status")

    assert (ended.code, ended.out) == (0, "<status>\n")
    assert (machine.folder / "var/log/breakfix-dockerd.log").read_text() == "started\n"


def test_a_daemon_that_dies_is_reported_with_its_last_words(machine: Machine) -> None:
    machine.environment["UID_"] = "0"
    machine.write("engine", "2")
    machine.provide("dockerd", "echo cannot mount cgroup; exit 1")

    ended = machine.launch("status")

    assert ended.code == 3
    assert "  | cannot mount cgroup\n" in ended.err
    assert 'Step "Starting Docker" failed' in ended.err


def test_arguments_survive_the_passage_through_sg(machine: Machine) -> None:
    machine.write("engine", "13")
    machine.environment["SESSION"] = ""
    words = ["it's", "", "a  b", "$HOME `id` $(id)", "two\nlines\n", 'say "x" \\', "*", "é!", "-n", "'"]

    ended = machine.launch("exec", "pc1", "--", *words)

    assert (ended.code, ended.out) == (0, "".join(f"<{word}>" for word in ["exec", "pc1", "--", *words]) + "\n")


def test_a_member_whose_session_is_older_than_the_membership_is_asked_nothing(machine: Machine) -> None:
    machine.launch("status")
    machine.calls()
    machine.write("engine", "13")
    machine.environment["SESSION"] = ""

    ended = machine.launch("status", typed="")

    assert (ended.code, ended.err) == (0, "")
    assert {call.split()[0] for call in machine.calls()} == {"sg"}


def test_without_sudo_the_administrators_commands_are_listed(machine: Machine) -> None:
    machine.without_docker()
    machine.remove("sudo")

    ended = machine.launch("status")

    assert ended.code == 3
    assert ended.err.splitlines() == [
        "This takes rights you lack; an administrator must run:",
        "  apt-get update && apt-get install --no-install-recommends docker.io docker-cli iptables",
        "  systemctl start docker",
        "  usermod -aG docker bob",
    ]
    assert machine.calls() == []


def test_a_system_without_apt_gets_one_sentence(machine: Machine) -> None:
    machine.without_docker()
    machine.remove("apt-get")

    ended = machine.launch("status")

    assert (ended.code, machine.calls()) == (3, [])
    assert ended.err == (
        "Breakfix sets up Debian 12 or 13 and Ubuntu 24.04 by itself; here, first install the like of: "
        "docker.io docker-cli iptables.\n"
    )


def test_another_kernel_gets_one_sentence(machine: Machine) -> None:
    machine.environment["SYSTEM"] = "Darwin"

    ended = machine.launch("--help")

    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert ended.err.startswith("Breakfix needs Linux")


def test_an_old_python_gets_one_sentence(machine: Machine) -> None:
    machine.write("old-python", "")

    ended = machine.launch("--help")

    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert ended.err.startswith("Breakfix needs Python 3.11 or newer")


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:2375", "ssh://root@lab"])
def test_a_remote_engine_is_refused(machine: Machine, address: str) -> None:
    machine.environment["DOCKER_HOST"] = address

    ended = machine.launch("status")

    assert ended.code == 3
    assert ended.err.startswith(f"DOCKER_HOST={address}: the labs need a local Docker Engine")
    assert ended.err.count("\n") == 1


def test_a_silent_engine_at_another_socket_is_not_replaced(machine: Machine) -> None:
    machine.write("engine", "111")
    machine.environment["DOCKER_HOST"] = "unix:///srv/docker.sock"

    ended = machine.launch("status")

    assert (ended.code, machine.calls()) == (3, [])
    assert "Docker does not answer this user at /srv/docker.sock" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["--version"],
        ["doctor"],
        ["scenarios", "--json"],
        ["show", "x"],
        ["validate"],
        ["completion", "bash"],
        ["start", "--help"],
        ["test", "--help"],
        ["--content", "labs of mine", "doctor"],
        ["--lang", "fr", "doctor"],
        ["--database", "start", "people", "list"],
        ["audit", "verify"],
        ["backup", "all.tar.gz"],
        ["restore", "all.tar.gz"],
        ["progress"],
    ],
    ids=" ".join,
)
def test_docker_is_only_asked_of_those_who_need_it(machine: Machine, arguments: list[str]) -> None:
    machine.without_docker()

    ended = machine.launch(*arguments)

    assert ended.code == 0
    assert machine.calls() == ["pip requirements.lock"]


@pytest.mark.parametrize(
    "arguments",
    [["hint"], ["serve"], ["exec", "mail1", "--", "ls", "--help"], ["--content", "show", "stop"]],
    ids=" ".join,
)
def test_the_others_need_docker(machine: Machine, arguments: list[str]) -> None:
    machine.without_docker()

    assert "start the Docker service" in machine.launch(*arguments, typed="n\n").err


def test_the_tests_get_the_developers_lock(machine: Machine) -> None:
    machine.launch("status")
    machine.calls()

    machine.launch("test")
    assert [call for call in machine.calls() if call.startswith(("pip", "apt-get install"))] == [
        "pip requirements-dev.lock",
    ]

    assert machine.launch("test").err == machine.launch("status").err == ""


@pytest.mark.parametrize("words", [["quick"], ["--durations", "quick", "-x"], ["--keep-going", "quick"]], ids=" ".join)
def test_the_quick_tests_need_no_docker(machine: Machine, words: list[str]) -> None:
    machine.without_docker()

    assert machine.launch("test", *words).code == 0
    assert machine.calls() == ["pip requirements-dev.lock"]


@pytest.mark.parametrize("words", [[], ["-k", "quick"], ["-x", "quick"]], ids=" ".join)
def test_the_other_tests_need_docker(machine: Machine, words: list[str]) -> None:
    machine.without_docker()

    assert "start the Docker service" in machine.launch("test", *words, typed="n\n").err


def test_the_tests_get_a_postgresql_a_browser_what_prints_and_what_signs(machine: Machine) -> None:
    (machine.folder / POSTGRES / "initdb").unlink()
    (machine.folder / PANGO).unlink()
    (machine.folder / "bin/ssh-keygen").unlink()
    (machine.folder / "bin/chromium").unlink()

    machine.launch("test")

    assert f"{INSTALL} libpangoft2-1.0-0 postgresql openssh-client chromium" in machine.calls()


def test_what_prints_is_installed_for_what_prints(machine: Machine) -> None:
    (machine.folder / PANGO).unlink()
    (machine.folder / POSTGRES / "initdb").unlink()

    machine.launch("status")
    assert not [call for call in machine.calls() if call.startswith("apt-get")]
    machine.launch("session", "export", "pv")
    assert f"{INSTALL} libpangoft2-1.0-0" in machine.calls()


def test_a_changed_lock_or_a_missing_stamp_makes_the_environment_anew(machine: Machine) -> None:
    machine.launch("status")
    (machine.checkout / "requirements.lock").write_text("pinned otherwise\n")
    machine.launch("status")
    (machine.checkout / ".venv/requirements.lock.stamp").unlink()
    (machine.checkout / ".venv/left-over").touch()
    machine.launch("status")

    assert machine.calls() == ["pip requirements.lock"] * 3
    assert not (machine.checkout / ".venv/left-over").exists()


def test_a_moved_checkout_makes_the_environment_anew(machine: Machine) -> None:
    machine.launch("status")
    machine.calls()
    machine.checkout = machine.checkout.rename(machine.folder / "moved")

    assert machine.launch("status").code == 0
    assert machine.calls() == ["pip requirements.lock"]


def test_an_environment_that_failed_never_looks_finished(machine: Machine) -> None:
    machine.write("pip-fails", "")

    ended = machine.launch("status")

    assert (ended.code, ended.out) == (3, "")
    assert "  | pip was here\n" in ended.err
    assert f"(log: {machine.folder}/home/.cache/breakfix/setup.log)" in ended.err
    assert list((machine.checkout / ".venv").glob("*.stamp")) == []

    (machine.folder / "pip-fails").unlink()
    assert machine.launch("status").code == 0


def test_a_failed_installation_names_the_step_and_goes_no_further(machine: Machine) -> None:
    machine.without_docker()
    machine.write("apt-fails", "")
    machine.environment["LANG"] = "fr_FR.UTF-8"

    ended = machine.launch("status")

    assert ended.code == 3
    assert "  | E: Unable to fetch\n" in ended.err
    assert "Étape « Installation des paquets » impossible" in ended.err
    assert not (machine.checkout / ".venv").exists()


def test_two_launchers_at_once_make_one_environment(machine: Machine) -> None:
    both = [machine.start("status") for _ in range(2)]

    assert [end(process).out for process in both] == ["<status>\n"] * 2
    assert machine.calls() == ["pip requirements.lock"]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "préparer"),
        ({"LC_ALL": "fr_BE.UTF-8", "LANG": "en_GB.UTF-8"}, "préparer"),
        ({"LANGUAGE": "fr:en", "LANG": "en_GB.UTF-8"}, "préparer"),
        ({"LANG": "de_DE.UTF-8"}, "prepare"),
    ],
)
def test_speaks_french_or_english(machine: Machine, settings: dict[str, str], word: str) -> None:
    machine.environment |= settings

    assert word in machine.launch("--help").err


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_hashes_and_name_no_place(lock: str) -> None:
    text = (CHECKOUT / lock).read_text()
    requirements = re.split(r"\n(?=[a-zA-Z])", re.sub(r"(?m)^ *#.*\n", "", text))

    assert all(re.match(r"[\w.-]+==\S+ .*--hash=sha256:", entry, re.DOTALL) for entry in requirements)
    assert not re.search(r"://|--index|--find-links|\B/\w", text)
