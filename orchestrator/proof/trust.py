"""Whose signatures under records of proofs are believed: OpenSSH keys that somebody accepted on this machine.

Signing and verifying are OpenSSH's own (``ssh-keygen -Y``, ssh-keygen(1)); what is kept is its file of allowed signers.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text

NAMESPACE: Final = "breakfix-proof"
"""What a signature is for; one that was made for anything else is none."""
MACHINE: Final = Path("/etc/breakfix/allowed_signers")
"""The keys that the administrator accepted for all users."""
OWN: Final = "allowed_signers"
"""The file of the keys that a user accepted, in the folder of their data."""

_KEY: Final = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ +[A-Za-z0-9+/]+=*")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_TIMEOUT: Final = 60


@dataclass(frozen=True)
class Signer:
    """Somebody whose signature is believed.

    Attributes:
        name: what they are called here.
        key: the public key, as OpenSSH writes it, without its comment.
        file: where it is kept.
    """

    name: str
    key: str
    file: Path


class Trust:
    """The accepted keys of a machine and of a user."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Read the keys of ``files`` (ssh-keygen(1), ALLOWED SIGNERS) when they are asked for."""
        self._files = tuple(files)

    def signers(self) -> tuple[Signer, ...]:
        """Return everybody whose signature is believed."""
        return tuple(one for file in self._files for one in _signers(file))

    def add(self, name: str, key: str, file: Path) -> Signer:
        """Believe a key.

        Args:
            name: what its owner is called here.
            key: the public key, as in a ``.pub`` file.
            file: where it is kept; one of those that were given.

        Raises:
            UsageError: it is no public key, the name cannot be used, or it stands for another key already.
            MachineError: the file cannot be written.
        """
        signer = Signer(_name(name), _key(key), file)
        for known in self.signers():
            if (known.name, known.key) == (signer.name, signer.key):
                return known
            if known.name == signer.name:
                raise UsageError(
                    Text(
                        fr=f"« {name} » désigne déjà une autre clé ({known.file}).",
                        en=f'"{name}" stands for another key already ({known.file}).',
                    ),
                    Text(
                        fr="Donnez un autre nom, ou retirez d'abord l'ancienne clé : « breakfix ledger distrust ».",
                        en="Give another name, or remove the old key first: 'breakfix ledger distrust'.",
                    ),
                )
        lines = _lines(file)
        _write(file, [*lines, f'{signer.name} namespaces="{NAMESPACE}" {signer.key}'])
        return signer

    def remove(self, name: str) -> tuple[Signer, ...]:
        """Believe somebody's keys no longer, and return them.

        Raises:
            UsageError: nobody is called so.
            MachineError: a file cannot be written.
        """
        found = tuple(one for one in self.signers() if one.name == name)
        if not found:
            text = Text(fr=f"Aucune clé acceptée au nom de « {name} »", en=f'No accepted key of "{name}"')
            raise UsageError(with_suggestion(text, name, {one.name for one in self.signers()}))
        for file in {one.file for one in found}:
            _write(file, [line for line in _lines(file) if line.split(" ", 1)[0] != name])
        return found

    def signer_of(self, content: bytes, signature: Path) -> str:
        """Return who signed a content, or nothing where nobody did whose key is accepted."""
        if not signature.is_file():
            return ""
        for file in (one for one in self._files if one.is_file()):
            found = _keygen(["-Y", "find-principals", "-s", str(signature), "-f", str(file)], b"")
            for name in found.stdout.decode(errors="replace").split():
                arguments = ["-Y", "verify", "-f", str(file), "-I", name, "-n", NAMESPACE, "-s", str(signature)]
                if _keygen(arguments, content).returncode == 0:
                    return name
        return ""


def sign(content: bytes, key: Path) -> bytes:
    """Return a signature.

    Args:
        content: what is signed.
        key: the private key; or the public one, whose private one an agent has.

    Raises:
        UsageError: the key cannot be used.
        MachineError: OpenSSH is not there.
    """
    with tempfile.TemporaryDirectory(prefix="breakfix-sign-") as folder:
        file = Path(folder) / "content"
        file.write_bytes(content)
        done = _keygen(["-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file)], b"", ask=True)
        made = file.with_name("content.sig")
        if done.returncode != 0 or not made.is_file():
            said = done.stderr.decode(errors="replace").strip()
            raise UsageError(
                Text(fr=f"La clé {key} ne peut pas signer : {said}", en=f"The key {key} cannot sign: {said}"),
                Text(
                    fr="Il faut une clé privée d'OpenSSH, comme celle que fait « ssh-keygen -t ed25519 ».",
                    en="It takes a private key of OpenSSH, as 'ssh-keygen -t ed25519' makes one.",
                ),
            )
        return made.read_bytes()


def _keygen(arguments: Sequence[str], content: bytes, *, ask: bool = False) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - arguments are our own, and a list
            ["ssh-keygen", *arguments],  # noqa: S607 - where the machine has it
            input=content,
            capture_output=True,
            check=False,
            timeout=None if ask else _TIMEOUT,  # somebody types a passphrase
        )
    except FileNotFoundError as error:
        raise MachineError(
            Text(
                fr="Pour signer et vérifier, il faut ssh-keygen, qui n'est pas installé.",
                en="To sign and to verify it takes ssh-keygen, which is not installed.",
            ),
            Text(fr="Installez OpenSSH : paquet openssh-client.", en="Install OpenSSH: package openssh-client."),
        ) from error
    except subprocess.TimeoutExpired as error:
        raise MachineError(
            Text(fr="ssh-keygen ne répond pas.", en="ssh-keygen does not answer."),
            Text(fr="Relancez la commande.", en="Run the command again."),
        ) from error


def _signers(file: Path) -> Iterator[Signer]:
    for line in _lines(file):
        name, _, rest = line.partition(" ")
        if found := _KEY.search(rest):
            yield Signer(name, " ".join(found[0].split()), file)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:
        raise MachineError(
            Text(fr=f"{file} ne peut pas être lu : {error}", en=f"{file} cannot be read: {error}")
        ) from error


def _write(file: Path, lines: Sequence[str]) -> None:
    draft = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        raise MachineError(
            Text(
                fr=f"{file} ne peut pas être écrit : {error.strerror}",
                en=f"{file} cannot be written: {error.strerror}",
            ),
            Text(
                fr="Pour toute la machine, lancez la commande en administrateur ; sans --system, c'est pour vous seul.",
                en="For the whole machine, run the command as its administrator; without --system it is for you alone.",
            ),
        ) from error


def _key(text: str) -> str:
    found = _KEY.match(text.strip())
    if "PRIVATE KEY" in text or not found:
        raise UsageError(
            Text(
                fr="Ce n'est pas une clé publique d'OpenSSH.",
                en="This is no public key of OpenSSH.",
            ),
            Text(
                fr="Donnez le fichier .pub que ssh-keygen a écrit, ou sa ligne : « ssh-ed25519 AAAA… ».",
                en="Give the .pub file that ssh-keygen wrote, or its line: 'ssh-ed25519 AAAA…'.",
            ),
        )
    return " ".join(found[0].split())


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            Text(
                fr=f"« {name} » ne peut pas servir de nom : lettres, chiffres, et « . _ @ + - » ensuite.",
                en=f'"{name}" cannot be a name: letters and digits, then also ". _ @ + -".',
            ),
            Text(fr="Par exemple : --name alice@ecole.fr", en="For example: --name alice@school.org"),
        )
    return name
