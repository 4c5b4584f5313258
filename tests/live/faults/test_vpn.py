"""The faults of a VPN server's certificate."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.network.firewall import Connection
from orchestrator.faults.library.tls.vpn import VpnCertificateAuthorityWrong, VpnCertificateExpired
from tests.live.faults.harness import Case, connects, prove, reaches

pytestmark = pytest.mark.live

LAB = "fault-vpn"
SERVER = {
    "host": "vpn",
    "certificate": "/etc/openvpn/server/vpn.crt",
    "unit": "openvpn-server@vpn.service",
    "client_unit": "openvpn-client@bureau.service",
    "through": Connection(client="laptop", address="10.8.0.1", port=22),
}
AUTHORITY = {"authority": "/etc/ssl/montreval/ca.crt", "authority_key": "/etc/ssl/montreval/ca.key"}


def tunnel_is_up(driver: LabDriver) -> bool:
    return connects(driver, "laptop", "10.8.0.1", 22)


def server_answers(driver: LabDriver) -> bool:
    return reaches(driver, "laptop", "10.82.1.10")


CASES = (
    Case(
        VpnCertificateExpired.model_validate({**SERVER, **AUTHORITY}),
        healthy=tunnel_is_up,
        unharmed=server_answers,
        reboots=("vpn",),
    ),
    Case(
        VpnCertificateAuthorityWrong.model_validate(SERVER),
        healthy=tunnel_is_up,
        unharmed=server_answers,
        reboots=("vpn",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
