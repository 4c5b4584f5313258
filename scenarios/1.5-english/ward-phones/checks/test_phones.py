"""Is the DHCP server ready for the phones, as their vendor's manual says, and for everybody else what it was?"""

import ipaddress
import re

import pytest

from grader import check, concurrently, lines_in, reason, scaled_timeout
from lab_tools import RESERVED, assert_service_lasts, dhcp_configuration, office_scope, reservations_of

MODELS = ("H310", "H320", "H340")
VISITORS = ("192.168.10.100", "192.168.10.199")
FIRST = "192.168.10.200"
SOON = 10
"""Seconds in which a server that has just been restarted answers."""
ROUTER, RESOLVER, DOMAIN, LEASE_TIME = 3, 6, 15, 51
"""DHCP options that every device asks for."""

ASK = r"""
use strict; use Socket;
my ($server, $own, $mac, $class, $wanted, $address) = @ARGV;
socket(my $line, PF_INET, SOCK_DGRAM, 17) or die "socket: $!\n";
setsockopt($line, SOL_SOCKET, SO_REUSEADDR, 1);
bind($line, sockaddr_in(67, inet_aton($own))) or die "bind: $!\n";
my $options = pack("C3", 53, 1, 1) . ($class ? pack("CC/a*", 60, $class) : "")
  . ($address ? pack("CCa4", 50, 4, inet_aton($address)) : "") . pack("CC/a*", 55, pack("C*", split /,/, $wanted));
my $number = int rand 2**31;
my $head = pack("C4NnnN3a4", 1, 1, 6, 1, $number, 0, 0, 0, 0, 0, inet_aton($own));
my $question = $head . pack("a16x192N", pack("H*", $mac), 0x63825363) . $options . "\xff";
for (1 .. 3) {
  send($line, $question, 0, sockaddr_in(67, inet_aton($server))) or die "send: $!\n";
  my $bits = ""; vec($bits, fileno($line), 1) = 1;
  next unless select($bits, undef, undef, $ENV{PATIENCE});
  recv($line, my $answer, 1500, 0); my ($of) = unpack("x4N", $answer);
  next unless $of == $number;
  print "address ", inet_ntoa(substr $answer, 16, 4), "\n";
  my $at = 240;
  while ($at < length $answer) {
    my $code = ord substr $answer, $at, 1; last if $code == 255; $at++, next unless $code;
    my $size = ord substr $answer, $at + 1, 1;
    print "$code ", unpack("H*", substr $answer, $at + 2, $size), "\n"; $at += 2 + $size;
  }
  exit 0;
}
exit 3;
"""
"""Asks the server for an offer as the office's relay passes such a question on, and takes nothing of it."""


def wanted_option(lab):
    """Return the option that the phones' firmware expects, and its value."""
    host = f"web1.{lab.domain}"
    return (66, host) if lab.values["firmware"].startswith("2") else (160, f"http://{host}/telephones/")


def offer(lab, device, *, vendor="", wish=""):
    """Return the address and the options that the server offers to a device on the office's network.

    Args:
        lab: the lab.
        device: a number, of which the device's hardware address is made: nobody else has it.
        vendor: what it says of itself in option 60.
        wish: the address that it would like best.
    """
    own = lab.client("pc1").addresses("eth0")
    assert own, reason(fr="pc1 n'a pas d'adresse", en="pc1 has no address")
    code, _ = wanted_option(lab)
    wanted = ",".join(map(str, sorted({ROUTER, RESOLVER, DOMAIN, LEASE_TIME, 66, 160, code})))
    question = ("perl", "-e", ASK, lab.address("srv1"), own[0].partition("/")[0], f"02bf1500{device:04x}")
    patience = f"PATIENCE={scaled_timeout(2)}"

    def offered():
        done = lab.client("pc1").run(("env", patience, *question, vendor, wanted, wish), timeout=30)
        return done.stdout if done.status == 0 else None

    nothing = reason(
        fr="le serveur DHCP ne propose aucune adresse, à personne", en="the DHCP server offers no address to anybody"
    )
    told = lab.wait(offered, within=SOON, what=nothing, unless=lambda: not_running(lab))
    found = dict(line.split(" ", 1) for line in lines_in(told))
    address = found.pop("address")
    return address, {int(code): bytes.fromhex(value) for code, value in found.items()}


def not_running(lab):
    """Return that the server will not answer by itself, or nothing."""
    state = lab.host("srv1").service("kea-dhcp4-server").systemd_property("Unit.ActiveState")
    if state in {"inactive", "failed"}:
        return reason(fr="le serveur DHCP de srv1 ne fonctionne pas", en="the DHCP server on srv1 does not run")
    return ""


def is_between(address, first, last):
    low, high = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
    return low <= ipaddress.IPv4Address(address) <= high


def is_in_pool(address, pool):
    """Say whether an address is in a pool, which Kea takes as two ends or as a network."""
    first, dash, last = (part.strip() for part in pool.partition("-"))
    if dash:
        return is_between(address, first, last)
    return ipaddress.IPv4Address(address) in ipaddress.IPv4Network(pool.strip())


def option_values(tree):
    """Yield the values of all options in a part of Kea's configuration, of those in hexadecimal the text."""
    if isinstance(tree, list):
        for one in tree:
            yield from option_values(one)
    if not isinstance(tree, dict):
        return
    for key, value in tree.items():
        if key == "data" and isinstance(value, str):
            yield value.strip().strip("'")
            digits = re.sub(r"0x|[\s:]", "", value)
            if re.fullmatch(r"([0-9a-fA-F]{2})+", digits):
                yield text_of(bytes.fromhex(digits))
        yield from option_values(value)


def text_of(value):
    """Return an option's text as a phone reads it: some servers end it with a zero octet."""
    return value.rstrip(b"\0").decode("ascii", errors="replace")


@pytest.mark.parametrize("model", MODELS)
@check(
    "objective",
    points=2,
    competence="1.5",
    fr="Un téléphone Halden {{ model }} apprend du serveur DHCP où sont ses réglages.",
    en="A Halden {{ model }} phone learns from the DHCP server where its settings are.",
    host="srv1",
    lock="ask",
)
def test_phone_is_told(lab, model):
    code, expected = wanted_option(lab)
    _, options = offer(lab, 0x10 + MODELS.index(model), vendor=f"Halden-{model}")
    seen = text_of(options[code]) if code in options else reason(fr="rien", en="nothing")
    assert seen == expected, reason(
        fr=f"l'option {code} d'un {model} est : {seen}, au lieu de {expected}",
        en=f"option {code} of an {model} is: {seen}, instead of {expected}",
    )


@check(
    "objective",
    points=2,
    competence="2.1",
    fr="Les téléphones ont les adresses 192.168.10.200 à 192.168.10.{{ last }}, et celles-là seulement.",
    en="The phones get 192.168.10.200 to 192.168.10.{{ last }}, and nothing else.",
    host="srv1",
    lock="ask",
)
def test_phones_have_their_range(lab):
    last = f"192.168.10.{lab.values['last']}"
    beyond = f"192.168.10.{lab.values['last'] + 1}"
    for device, wish in enumerate(("", FIRST, last, VISITORS[0], "192.168.10.163", VISITORS[1], beyond), start=0x20):
        address, _ = offer(lab, device, vendor=f"Halden-{lab.values['model']}", wish=wish)
        assert is_between(address, FIRST, last), reason(
            fr=f"un téléphone se voit proposer {address}", en=f"a phone is offered {address}"
        )
        own = wish in {FIRST, last}
        assert not own or address == wish, reason(
            fr=f"un téléphone qui demande {wish} se voit proposer {address} : la plage ne va pas jusque-là",
            en=f"a phone that asks for {wish} is offered {address}: the range does not go as far as that",
        )


@check(
    "objective",
    points=1,
    competence="2.1",
    fr="Le fichier du serveur DHCP le dit aussi : après un redémarrage, les téléphones auront la même chose.",
    en="The DHCP server's file says so too: after a restart, the phones will get the same.",
    host="srv1",
    lock="",
)
def test_it_is_written_down(lab):
    scope, (code, expected) = office_scope(lab), wanted_option(lab)
    tried = lab.host("srv1").run("kea-dhcp4 -t /etc/kea/kea-dhcp4.conf")
    assert tried.rc == 0, reason(
        fr="kea-dhcp4 -t refuse /etc/kea/kea-dhcp4.conf", en="kea-dhcp4 -t refuses /etc/kea/kea-dhcp4.conf"
    )
    for number in range(200, lab.values["last"] + 1):
        address = f"192.168.10.{number}"
        own = [pool for pool in scope.get("pools", ()) if is_in_pool(address, pool["pool"])]
        assert any(pool.get("client-class") for pool in own), reason(
            fr=f"dans le fichier, aucune étendue réservée à une classe ne donne {address}",
            en=f"in the file, no pool that is kept for a class gives {address}",
        )
    assert expected in set(option_values(dhcp_configuration(lab))), reason(
        fr=f"dans le fichier, aucune option ne vaut {expected} (option {code})",
        en=f"in the file, no option is {expected} (option {code})",
    )


@check(
    "guard",
    points=2,
    competence="2.1",
    fr="Les visiteurs gardent leurs adresses, et n'ont ni celles des téléphones ni leur option.",
    en="Visitors keep their addresses, and get neither the phones' nor their option.",
    before_fr="Un visiteur n'a plus ce qu'il avait.",
    before_en="A visitor no longer gets what they got.",
    host="srv1",
    lock="ask",
)
def test_others_are_served_as_before(lab):
    last = f"192.168.10.{lab.values['last']}"
    asked = (("", ""), ("", FIRST), ("MSFT 5.0", last), ("PXEClient", "192.168.10.210"), ("", VISITORS[1]))
    for device, (vendor, wish) in enumerate(asked, start=0x40):
        address, options = offer(lab, device, vendor=vendor, wish=wish)
        who = vendor or reason(fr="un appareil quelconque", en="any other device")
        assert is_between(address, *VISITORS), reason(
            fr=f"{who} se voit proposer {address}", en=f"{who} is offered {address}"
        )
        told = [code for code in (66, 160) if code in options]
        assert not told, reason(
            fr=f"{who} reçoit l'option {told[0]}, qui n'est que pour les téléphones",
            en=f"{who} gets option {told[0]}, which is for the phones only",
        )
        basics = {ROUTER: lab.address("r1", "eth0"), RESOLVER: lab.address("srv1")}
        for code, expected in basics.items():
            value = options.get(code, b"")
            seen = ".".join(map(str, value)) or reason(fr="rien", en="nothing")
            assert seen == expected, reason(
                fr=f"l'option {code} est : {seen}, au lieu de {expected}",
                en=f"option {code} is: {seen}, instead of {expected}",
            )
        lease = int.from_bytes(options.get(LEASE_TIME, b""), "big")
        assert lease == 28800, reason(fr=f"un bail dure {lease} secondes", en=f"a lease lasts {lease} seconds")


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les postes gardent leur réservation, leur adresse et l'intranet ; le serveur DHCP repart avec la machine.",
    en="The workstations keep their reservation, address and intranet; the DHCP server starts with the host.",
    before_fr="L'accueil ou les médecins n'ont plus leur réseau.",
    before_en="Reception or the doctors have lost their network.",
    timeout=60,
    lock="",
)
def test_desks_are_as_before(lab):
    assert_service_lasts(lab, "srv1", "kea-dhcp4-server")
    assert_service_lasts(lab, "r1", "isc-dhcp-relay")
    reservations = reservations_of(office_scope(lab))
    expected = {lab.values["lab"].hosts[pc].mac: address for pc, address in RESERVED.items()}
    assert reservations == expected, reason(
        fr="les réservations de l'accueil et des médecins ont changé",
        en="the reservations of reception and the doctors were changed",
    )

    def served(pc):
        seen = lab.client(pc).addresses("eth0")
        assert seen == (f"{RESERVED[pc]}/24",), reason(
            fr=f"{pc} n'a plus l'adresse {RESERVED[pc]}", en=f"{pc} no longer has the address {RESERVED[pc]}"
        )
        page = lab.client(pc).http_get(f"http://intranet.{lab.domain}/")
        assert page.status == 200, reason(
            fr=f"{pc} : l'intranet ne s'ouvre pas", en=f"{pc}: the intranet does not open"
        )

    concurrently(served, RESERVED)


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les réglages des téléphones et leur notice sont toujours sur web1.",
    en="The phones' settings and their manual are still on web1.",
    host="web1",
    lock="",
)
def test_settings_are_there(lab):
    for name in ("common.cfg", "deployment-guide.html"):
        page = lab.probe("office").http_get(f"http://{lab.address('web1')}/telephones/{name}")
        own = page.status == 200 and re.search("halden", page.body, re.IGNORECASE)
        assert own, reason(
            fr=f"http://web1.{lab.domain}/telephones/{name} ne s'ouvre plus",
            en=f"http://web1.{lab.domain}/telephones/{name} no longer opens",
        )
