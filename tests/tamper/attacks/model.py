"""One attack, and what several have in common."""

from __future__ import annotations

from dataclasses import dataclass

CHANGED = "tools were changed"
"""How the error reads where a host's own tools are not its image's."""
ELSEWHERE = "leads what is sent elsewhere"
"""How the error reads where a host translates addresses."""
TAKEN = "which is not its address"
"""How the failure reads where a host answers at another's."""


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: what it is called.
        scenario: the scenario on which it is played.
        host: the host in which it is typed; ``{pc}`` is one of the variant's values.
        script: what is typed, as root; the first command that fails makes the attack fail.
        undo: what makes it as if it had not been.
        reason: a regular expression for why some check must not pass under it; empty for none.
        sees: the checks that are asked besides those that were red: a guard that alone tells the reason.
    """

    name: str
    scenario: str
    host: str
    script: str
    undo: str
    reason: str = ""
    sees: tuple[str, ...] = ()


def instead(path: str, program: str) -> tuple[str, str]:
    """Return how a file of the host is replaced by a program, and how it comes back."""
    put = f"cp -a {path} /root/kept\ncat >/root/new <<'END'\n{program}\nEND\nchmod 755 /root/new; mv /root/new {path}\n"
    return put, f"rm -f {path}; mv /root/kept {path}"


def beside(names: str, program: str) -> tuple[str, str]:
    """Return how programs are put before those of the host in the search path, and how they go."""
    put = f"for n in {names}; do cat >/usr/local/bin/$n <<'END'\n{program}\nEND\nchmod 755 /usr/local/bin/$n; done\n"
    return put, f"cd /usr/local/bin && rm -f {names}"


def kept(path: str, script: str, then: str = "true") -> tuple[str, str]:
    """Return a script that changes a file of the host, and how the file becomes as it was, with what is done then."""
    return f"cp -a {path} /root/kept\n{script}", f"rm -f {path}; mv /root/kept {path}; {then}"


def ended(which: str) -> str:
    """Return how the processes that ``pkill`` selects by ``which`` are ended, and waited for; there must be some.

    One that is still ending takes away what the next attack made: slapd removes its socket by name.
    """
    return f"pkill {which}; pidwait {which} || true"


PRELOADED = (
    "find /usr/lib -name 'libfaketime.so.1' >/etc/ld.so.preload; test -s /etc/ld.so.preload",
    "rm -f /etc/ld.so.preload",
)
"""A library that is loaded into each program of the host."""

FAKE_SITE = """cat >/root/fake.pl <<'END'
use Socket;
$0 = shift @ARGV;
my ($port, $text, $lowest) = @ARGV;
socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
bind($s, sockaddr_in($port, INADDR_ANY)) or die; listen($s, 64);
my $body = "<p>$text</p>";
while (my $peer = accept(my $c, $s)) {
  my (undef, $address) = sockaddr_in($peer);
  next if defined $lowest && (unpack("C4", $address))[3] < $lowest;
  sysread($c, my $request, 4096);
  my ($page) = $request =~ m{^\\w+ (?:http://[^/ ]+)?(/\\S*)};
  my ($site) = $request =~ m{^\\w+ http://([^/ ]+)};
  my $shown = $text eq "ECHO" ? "Site : $site\\nPage : $page\\n" : $body;
  my $length = "Content-Length: " . length($shown);
  syswrite($c, "HTTP/1.0 200 OK\\r\\nX-Served-By: app1\\r\\n$length\\r\\n\\r\\n$shown");
  close($c);
}
END
waits() { for i in $(seq 100); do ss -Hltn "sport = :$1" | grep -q . && return 0; sleep 0.1; done; return 1; }
fake() { setsid perl /root/fake.pl "$@" >/dev/null 2>&1 </dev/null & waits "$2"; }
"""
"""A web server that shows one page to whoever asks, or only to high addresses: ``fake NAME PORT TEXT [LOWEST]``."""
GONE = ended("-f '^(nginx|squid|fake-site)' -u root") + "; rm -f /root/fake.pl"

FAKE_NAMES = """cat >/root/names.pl <<'END'
use Socket;
$0 = shift @ARGV;
my ($port, $address) = @ARGV;
socket(my $s, PF_INET, SOCK_DGRAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
bind($s, sockaddr_in($port, INADDR_ANY)) or die;
while (my $from = recv($s, my $q, 1500, 0)) {
  my ($id, undef, $count) = unpack("a2 n n", $q);
  my $end = 12; $end += 1 + ord(substr($q, $end, 1)) while ord(substr($q, $end, 1)); $end += 5;
  my $answer = pack("n n n N n a4", 0xc00c, 1, 1, 60, 4, inet_aton($address));
  send($s, $id . pack("n5", 0x8580, 1, 1, 0, 0) . substr($q, 12, $end - 12) . $answer, 0, $from);
}
END
names() { setsid perl /root/names.pl "$@" >/dev/null 2>&1 </dev/null &
  for i in $(seq 100); do ss -Hlun "sport = :$2" | grep -q . && return 0; sleep 0.1; done; return 1; }
"""
"""A name server that gives one address for every name: ``names NAME PORT ADDRESS``."""
NAMES_GONE = ended("-x 'named|fake-names' -u root") + "; rm -f /root/names.pl"
