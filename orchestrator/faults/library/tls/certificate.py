"""Faults of a TLS server's certificate: expired, for another name, from another authority, or without its key."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect
from orchestrator.faults.library.system.units import UnitName, require_failing, require_up, restart, restart_and_wait
from orchestrator.faults.library.tls.tls import EXPIRED, NAME_MISMATCH, UNTRUSTED, judged
from orchestrator.model.base import AbsolutePath, HostName
from orchestrator.model.lab import Address

if TYPE_CHECKING:
    from orchestrator.faults.library.tls._x509 import Authority


class _OfCertificate(Fault):
    """A fault in the certificate that a server presents."""

    host: HostName = Field(description="The server.")
    certificate: AbsolutePath = Field(
        description="Its certificate in PEM, perhaps followed by its chain.", examples=["/etc/ssl/site/server.pem"]
    )
    unit: UnitName = Field(description="The service that reads it.")
    restart: tuple[UnitName, ...] = Field(default=(), description="Other services that read it, as a mail server's do.")
    server_name: str = Field(description="The name that clients ask for.", examples=["intranet.example.internal"])
    address: Address = Field(
        default="127.0.0.1", description="An address of the server's own on which the service listens."
    )
    port: int = Field(
        default=443, ge=1, le=65535, description="A port with TLS from the first byte (443, 636, 993, 465)."
    )
    authority: AbsolutePath = Field(
        description="The certificate of the authority that clients trust, in PEM.", examples=["/etc/ssl/site/ca.pem"]
    )
    authority_host: HostName | None = Field(default=None, description="Where it is; by default on the server.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the certificate; a client must accept it."""
        code, words = self._judged(driver)
        if code:
            raise nothing_to_break(self, f"{self.server_name}: {words} ({code})")
        return {self.certificate: snapshot.take(driver, self.host, self.certificate).text()}

    def inject(self, driver: LabDriver) -> None:
        """Put another certificate for the same key in place and restart the service."""
        before = driver.read(self.host, self.certificate)
        driver.write(self.host, self.certificate, self.spoiled(driver, before))
        self._read_again(driver)

    def verify(self, driver: LabDriver) -> None:
        """A client must refuse the certificate, and for this reason."""

        def look() -> str:
            code, words = self._judged(driver)
            return "" if code in self.codes() else f"{self.server_name}: {words} ({code})"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the certificate back and restart the service."""
        snapshot.put_back(driver, self.host, self.certificate, memento[self.certificate])
        self._read_again(driver)

    @abstractmethod
    def spoiled(self, driver: LabDriver, chain: bytes) -> bytes:
        """Return the certificate that is put in place."""

    @abstractmethod
    def codes(self) -> AbstractSet[int]:
        """Return the verify codes of OpenSSL that a client must see."""

    def _read_again(self, driver: LabDriver) -> None:
        for unit in (self.unit, *self.restart):
            restart_and_wait(driver, self.host, unit)

    def _judged(self, driver: LabDriver) -> tuple[int, str]:
        trusted = driver.read(self.authority_host or self.host, self.authority)
        try:
            connection = driver.fabric.connect(driver.on(self.host), self.port, address=self.address)
        except LabError as error:
            return -1, error.text.en
        return judged(connection, name=self.server_name, trusted=trusted)


class _FromAuthority(_OfCertificate):
    """A fault in a certificate that the real authority issues again."""

    authority_key: AbsolutePath = Field(
        description="The authority's private key in PEM without passphrase, beside its certificate.",
        examples=["/etc/ssl/site/ca.key"],
    )

    def _authority(self, driver: LabDriver) -> Authority:
        from orchestrator.faults.library.tls._x509 import Authority

        host = self.authority_host or self.host
        return Authority.read(driver.read(host, self.authority), driver.read(host, self.authority_key))


class CertificateExpired(_FromAuthority):
    """A server's certificate has expired: clients refuse the connection with "certificate has expired".

    It is issued again by the same authority for the same key and names, with a validity that has ended. The repair is
    to have the authority issue a new one. Needs a TLS service whose certificate a private authority of the lab has
    signed, and that authority's key on a host of the lab.
    """

    name: ClassVar[str] = "certificate-expired"

    days: int = Field(default=3, ge=1, le=3650, description="For how many days it has been expired.")

    def spoiled(self, driver: LabDriver, chain: bytes) -> bytes:
        """Return the certificate with a validity of one year that has ended."""
        from orchestrator.faults.library.tls._x509 import CertificateChanges, issue_again

        end = dt.datetime.now(dt.UTC) - dt.timedelta(days=self.days)
        return issue_again(chain, self._authority(driver), CertificateChanges(end - dt.timedelta(days=365), end))

    def codes(self) -> AbstractSet[int]:
        """Return the code of an expired certificate."""
        return {EXPIRED}

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        s = "s" if self.days > 1 else ""
        return Text(
            fr=f"Sur {self.host}, le certificat {self.certificate} avait expiré {self.days} jour{s} plus tôt.",
            en=f"On {self.host} the certificate {self.certificate} had expired {self.days} day{s} before.",
        )


class CertificateNameWrong(_FromAuthority):
    """A server's certificate is for another name than clients ask for: they refuse it as not matching.

    It is issued again by the same authority for the same key, with `wrong_name` alone. The trainee sees the names with
    `openssl x509 -noout -ext subjectAltName`. Needs the authority's key on a host of the lab.
    """

    name: ClassVar[str] = "certificate-name-wrong"

    wrong_name: str = Field(
        pattern=r"^[a-z0-9*.-]+$",
        description="The only name of the new certificate.",
        examples=["old.example.internal"],
    )

    def spoiled(self, driver: LabDriver, chain: bytes) -> bytes:
        """Return the certificate with the wrong name."""
        from orchestrator.faults.library.tls._x509 import CertificateChanges, issue_again

        return issue_again(chain, self._authority(driver), CertificateChanges(names=(self.wrong_name,)))

    def codes(self) -> AbstractSet[int]:
        """Return the code of a name that does not match."""
        return {NAME_MISMATCH}

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le certificat {self.certificate} était au nom {de(self.wrong_name)} "
            f"et non {de(self.server_name)}.",
            en=f"On {self.host} the certificate {self.certificate} was for {self.wrong_name}, not {self.server_name}.",
        )


class CertificateAuthorityWrong(_OfCertificate):
    """A server's certificate is signed by an authority that clients do not trust.

    Key, names and validity are right; the issuer is a new authority called `wrong_authority`, whose key nobody has. The
    trainee sees "unable to get local issuer certificate" and another issuer than on the other servers.
    """

    name: ClassVar[str] = "certificate-authority-wrong"

    wrong_authority: str = Field(default="Test CA", min_length=1, max_length=64, description="Its common name.")

    def spoiled(self, driver: LabDriver, chain: bytes) -> bytes:
        """Return the certificate signed by the new authority."""
        from orchestrator.faults.library.tls._x509 import Authority, CertificateChanges, issue_again

        return issue_again(chain, Authority.new(self.wrong_authority), CertificateChanges())

    def codes(self) -> AbstractSet[int]:
        """Return the codes of an authority that is not trusted."""
        return UNTRUSTED

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le certificat {self.certificate} était signé par « {self.wrong_authority} », "
            "une autorité inconnue des clients.",
            en=f"On {self.host} the certificate {self.certificate} was signed by '{self.wrong_authority}', "
            "an authority that clients do not know.",
        )


class CertificateKeyUnreadable(Fault):
    """A service cannot read the private key of its certificate and does not start.

    `how` says why: `damaged` (the file is cut off, as by a failed copy), `passphrase` (the key is encrypted and nobody
    is there to type the passphrase), or `permissions` (root's alone; only for services that read it as another user).
    The trainee sees `failed`, and the key's path in the journal.
    """

    name: ClassVar[str] = "certificate-key-unreadable"

    host: HostName = Field(description="The server.")
    key: AbsolutePath = Field(description="The private key in PEM.", examples=["/etc/ssl/site/server.key"])
    unit: UnitName = Field(description="The service that reads it.")
    how: Literal["damaged", "passphrase", "permissions"] = Field(default="damaged", description="Why it is unreadable.")
    complaint: str | None = Field(
        default=None,
        min_length=3,
        description="A text that the log of the failed start must contain; by default the key's path.",
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the key."""
        require_up(self, driver, self.host, self.unit)
        return {self.key: snapshot.take(driver, self.host, self.key).text()}

    def inject(self, driver: LabDriver) -> None:
        """Spoil the key and restart the service."""
        if self.how == "permissions":
            driver.run(self.host, ("chown", "root:root", "--", self.key))
            driver.run(self.host, ("chmod", "0600", "--", self.key))
        else:
            driver.write(self.host, self.key, self._spoiled(driver.read(self.host, self.key)))
        restart(driver, self.host, self.unit)

    def verify(self, driver: LabDriver) -> None:
        """The service must fail, and its log must name the key."""
        require_failing(self, driver, self.host, self.unit, self.complaint or self.key)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the key back and start the service."""
        snapshot.put_back(driver, self.host, self.key, memento[self.key])
        restart_and_wait(driver, self.host, self.unit)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        fr = {
            "damaged": "était tronquée",
            "passphrase": "était protégée par une phrase secrète",
            "permissions": "n'était lisible que par root",
        }
        en = {"damaged": "was cut off", "passphrase": "had a passphrase", "permissions": "was readable by root alone"}
        return Text(
            fr=f"Sur {self.host}, la clé {self.key} {fr[self.how]} : {self.unit} ne démarrait plus.",
            en=f"On {self.host} the key {self.key} {en[self.how]}: {self.unit} no longer started.",
        )

    def _spoiled(self, key: bytes) -> bytes:
        if self.how == "damaged":
            return key[: len(key) // 2]
        from orchestrator.faults.library.tls._x509 import encrypted

        return encrypted(key, "changeit")
