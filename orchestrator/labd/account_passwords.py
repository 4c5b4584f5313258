"""Passwords: which ones can be chosen, and how they are hashed and compared without starving the labs."""

from __future__ import annotations

import contextlib
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import argon2

from orchestrator.labd import account_words
from orchestrator.labd.refused_call import RefusedCallError

SHORTEST, LONGEST = 10, 200
"""How many characters a password may have."""
_FEWEST_DIFFERENT = 4
_COMMON_WORDS = """
1234567890 0123456789 0987654321 9876543210 12345678910 123456789a a123456789 q1w2e3r4t5 1q2w3e4r5t a1z2e3r4t5
abcdefghij azertyuiop qwertyuiop qwertzuiop azerty1234 azerty12345 azerty123456 qwerty1234 qwerty12345 qwerty123456
password12 password123 password1234 passw0rd12 passw0rd123 p@ssw0rd12 p@ssw0rd123 motdepasse motdepasse1 motdepasse12
motdepasse123 mot2passe! monmotdepasse administrateur administrator admin12345 admin123456 changeme123 changezmoi
bienvenue1 bienvenue123 welcome123 welcome1234 bonjour123 bonjour1234 jetaime123 doudou1234 loulou1234 soleil1234
marseille13 football123 iloveyou123 breakfix123 breakfix2026 formation123 stagiaire1 stagiaire123 formateur1
formateur123 technicien technicien1 tssr2026tssr
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""The most common ones that are long enough, in French and in English, and those that are near at hand here."""


@dataclass(frozen=True)
class HashCosts:
    """What a hash of a password costs whoever makes or tries one (Argon2id).

    The default is the second choice of RFC 9106 with one lane: some tenths of a second on one processor. A change is
    taken up by each password when its owner next signs in.
    """

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 1


class PasswordHashes:
    """Makes and tries hashes of passwords, few at once: thirty that sign in together leave processors to the labs."""

    def __init__(self, costs: HashCosts = HashCosts(), *, at_once: int = 2, patience_s: float = 20) -> None:
        """Take the costs, how many may be made or tried at once, and how many seconds one waits for its turn."""
        self._argon2 = argon2.PasswordHasher(costs.passes, costs.memory_kib, costs.lanes)
        self._slots = threading.BoundedSemaphore(at_once)
        self._patience_s = patience_s

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one of the few turns, and have it for the block.

        Raises:
            RefusedCallError: too many wait before this one.
        """
        if not self._slots.acquire(timeout=self._patience_s):
            raise RefusedCallError(account_words.crowded())
        try:
            yield
        finally:
            self._slots.release()

    def made(self, password: str) -> str:
        """Return the hash of a password; within a turn."""
        return self._argon2.hash(_bytes(password))

    def matches(self, password: str, kept: str | None) -> bool:
        """Return whether a password is the one of a hash; within a turn.

        Without a hash the work is the same: how long it takes does not tell whether somebody is known.
        """
        tried = password if len(password) <= LONGEST else ""
        try:
            self._argon2.verify(kept or self._nobodys, _bytes(tried))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Return whether a hash was made with other costs than hashes are made with now."""
        return self._argon2.check_needs_rehash(kept)

    @cached_property
    def _nobodys(self) -> str:
        return self._argon2.hash(secrets.token_bytes(32))


def check_password(password: str, handle: str, field: str) -> None:
    """Refuse a password that would soon be guessed.

    Args:
        password: what somebody has chosen.
        handle: their short name.
        field: the field of the request, for the refusal.

    Raises:
        RefusedCallError: it is too short, too long, or among the first that anybody would try.
    """
    word = unicodedata.normalize("NFKC", password)
    if len(word) < SHORTEST:
        raise RefusedCallError(account_words.short_password(SHORTEST, field))
    if len(password) > LONGEST:
        raise RefusedCallError(account_words.long_password(LONGEST, field))
    plain = word.casefold()
    if plain == handle:
        raise RefusedCallError(account_words.handle_as_password(field))
    if plain in _COMMON or len(set(plain)) < _FEWEST_DIFFERENT:
        raise RefusedCallError(account_words.common_password(field))


def _bytes(password: str) -> bytes:
    """Return what is hashed: a letter with its accent is the same however a keyboard composes it."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
