"""The calls of the contract about sign-ins and people, as the accounts do them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.portal_accounts import PortalAccounts
from orchestrator.labd.told_refusals import signed_out

_Do = Callable[[str, Who, Any], object]


class PeopleCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(self, accounts: PortalAccounts) -> None:
        """Take the accounts; hashing has threads of its own, so that no lab waits for many who sign in."""
        self._accounts = accounts
        self._threads = WorkThreads(4, "accounts")
        roles = accounts.roles()
        self._of_anybody: dict[str, Callable[[Any], object]] = {
            "sign-in": accounts.sign_in,
            "look-at-link": accounts.look_at_link,
            "use-link": accounts.use_link,
            "look-at-code": accounts.look_at_code,
            "join": accounts.join,
        }
        self._of_somebody: dict[str, _Do] = {
            "sign-out": lambda token, _who, _asked: accounts.sign_out(token),
            "me": lambda _token, who, _asked: who,
            "set-language": lambda _token, who, asked: accounts.set_language(who, asked),
            "change-password": lambda token, _who, asked: accounts.change_password(token, asked),
            "sign-ins": lambda token, _who, _asked: accounts.sign_ins(token),
            "end-sign-in": lambda token, _who, asked: accounts.end_sign_in(token, asked),
            "people": lambda _token, _who, _asked: accounts.people(),
            "add-person": lambda _token, who, asked: accounts.add_person(who, asked),
            "make-link": lambda _token, who, asked: accounts.make_link(who, asked),
            "change-roles": lambda _token, who, asked: roles.change(who, asked),
        }

    def who(self, token: str) -> Who | None:
        """Return who is signed in with a token; called from a thread."""
        return self._accounts.who(token)

    async def do(self, name: str, token: str, who: Who | None, asked: object) -> object:
        """Do a call and return its response.

        Raises:
            RefusedCallError: it is refused.
        """
        if name in self._of_anybody:
            done = await self._threads.run(self._of_anybody[name], asked)
        elif who is not None:
            done = await self._threads.run(self._of_somebody[name], token, who, asked)
        else:
            raise signed_out()
        return Nothing() if done is None else done

    def close(self) -> None:
        """End the threads."""
        self._threads.close()
