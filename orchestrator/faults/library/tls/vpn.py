"""Faults of an OpenVPN server's certificate, as its clients see them: expired, or from another authority."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect
from orchestrator.faults.library.network.firewall import Connection
from orchestrator.faults.library.system.units import UnitName, restart_and_wait
from orchestrator.model.base import AbsolutePath, HostName

_LAST_LINES = "60"
"""Lines of a client's log that hold its last attempts to connect."""


class _OfVpnCertificate(Fault):
    """A fault in the certificate that a VPN server presents; a client that verifies it gives the reason in its log."""

    complaint: ClassVar[str]

    host: HostName = Field(description="The VPN server.")
    certificate: AbsolutePath = Field(
        description="Its certificate in PEM.", examples=["/etc/openvpn/server/server.crt"]
    )
    unit: UnitName = Field(description="The service that reads it.", examples=["openvpn-server@server.service"])
    client_unit: UnitName = Field(
        description="The client's service, whose log says why it refuses.", examples=["openvpn-client@office.service"]
    )
    through: Connection = Field(description="A TCP connection of the client that needs the tunnel.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the certificate; the tunnel must be up."""
        if not self.through.opens(driver):
            raise nothing_to_break(self, f"{self.through} does not open")
        return {self.certificate: snapshot.take(driver, self.host, self.certificate).text()}

    def inject(self, driver: LabDriver) -> None:
        """Put another certificate for the same key in place and restart the server."""
        driver.write(self.host, self.certificate, self.spoiled(driver, driver.read(self.host, self.certificate)))
        restart_and_wait(driver, self.host, self.unit)

    def verify(self, driver: LabDriver) -> None:
        """The client must have refused the certificate for this reason, and the tunnel be down."""

        def look() -> str:
            lines = ("--quiet", "--no-pager", "--output=cat", f"--lines={_LAST_LINES}", f"--unit={self.client_unit}")
            logged = driver.run(self.through.client, ("journalctl", *lines)).stdout.decode(errors="replace")
            opens = self.through.opens(driver)
            if self.complaint in logged and not opens:
                return ""
            return f"{self.through} opens: {opens}; '{self.complaint}' in the client's log: {self.complaint in logged}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the certificate back and restart the server; its clients come back by themselves."""
        snapshot.put_back(driver, self.host, self.certificate, memento[self.certificate])
        restart_and_wait(driver, self.host, self.unit)

    @abstractmethod
    def spoiled(self, driver: LabDriver, certificate: bytes) -> bytes:
        """Return the certificate that is put in place."""


class VpnCertificateExpired(_OfVpnCertificate):
    """The certificate of a VPN server has expired: its clients refuse it with "certificate has expired".

    It is issued again by the same authority for the same key and name, with a validity that has ended. The trainee sees
    a tunnel that does not come up and the reason in the client's log. Needs OpenVPN (image ``vpn``), and the
    authority's key on the server.
    """

    name: ClassVar[str] = "vpn-certificate-expired"
    complaint: ClassVar[str] = "certificate has expired"

    authority: AbsolutePath = Field(description="The authority's certificate.", examples=["/etc/ssl/site/ca.crt"])
    authority_key: AbsolutePath = Field(description="The authority's private key.", examples=["/etc/ssl/site/ca.key"])
    days: int = Field(default=3, ge=1, le=3650, description="For how many days it has been expired.")

    def spoiled(self, driver: LabDriver, certificate: bytes) -> bytes:
        """Return the certificate with a validity of one year that has ended."""
        from orchestrator.faults.library.tls._x509 import Authority, CertificateChanges, issue_again

        issuer = Authority.read(driver.read(self.host, self.authority), driver.read(self.host, self.authority_key))
        end = dt.datetime.now(dt.UTC) - dt.timedelta(days=self.days)
        return issue_again(certificate, issuer, CertificateChanges(end - dt.timedelta(days=365), end))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        s = "s" if self.days > 1 else ""
        return Text(
            fr=f"Sur {self.host}, le certificat {self.certificate} du serveur VPN avait expiré {self.days} jour{s} "
            "plus tôt.",
            en=f"On {self.host} the VPN server's certificate {self.certificate} had expired {self.days} day{s} before.",
        )


class VpnCertificateAuthorityWrong(_OfVpnCertificate):
    """The certificate of a VPN server is signed by an authority that its clients do not trust.

    Key, name and validity are right; the issuer is a new authority called `wrong_authority`, whose key nobody has. The
    trainee sees "unable to get local issuer certificate" in the client's log. Needs OpenVPN (image ``vpn``).
    """

    name: ClassVar[str] = "vpn-certificate-authority-wrong"
    complaint: ClassVar[str] = "unable to get local issuer certificate"

    wrong_authority: str = Field(default="Test CA", min_length=1, max_length=64, description="Its common name.")

    def spoiled(self, driver: LabDriver, certificate: bytes) -> bytes:
        """Return the certificate signed by the new authority."""
        from orchestrator.faults.library.tls._x509 import Authority, CertificateChanges, issue_again

        return issue_again(certificate, Authority.new(self.wrong_authority), CertificateChanges())

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le certificat {self.certificate} du serveur VPN était signé par "
            f"« {self.wrong_authority} », une autorité inconnue des clients.",
            en=f"On {self.host} the VPN server's certificate {self.certificate} was signed by "
            f"'{self.wrong_authority}', an authority that clients do not know.",
        )
