"""testinfra's modules ``user`` and ``group``, by the host's own files."""

from __future__ import annotations

import testinfra.host
import testinfra.modules.group
import testinfra.modules.user

from grader.accounts import rows_of
from grader.host_inspector import inspector_of


class User(testinfra.modules.user.User):
    """A user, by the host's own files; one of a directory is asked for in the host."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[User]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def name(self) -> str:
        """Return the name; commands run as root in a host."""
        return str(self._name or "root")

    @property
    def exists(self) -> bool:
        """Return whether there is such a user."""
        return self._row() is not None or bool(super().exists)

    @property
    def uid(self) -> int:
        """Return the number."""
        row = self._row()
        return int(row[2]) if row else int(super().uid)

    @property
    def gid(self) -> int:
        """Return the primary group's number."""
        row = self._row()
        return int(row[3]) if row else int(super().gid)

    @property
    def group(self) -> str:
        """Return the primary group's name."""
        row = self._row()
        names = [g[0] for g in rows_of(inspector_of(self), "group") if row and g[2] == row[3]]
        return names[0] if names else str(super().group)

    @property
    def gids(self) -> list[int]:
        """Return the numbers of all groups, the primary one first."""
        row = self._row()
        if row is None:
            return list(super().gids)
        return list(dict.fromkeys([int(row[3]), *(int(g[2]) for g in self._memberships())]))

    @property
    def groups(self) -> list[str]:
        """Return the names of all groups, the primary one first."""
        if self._row() is None:
            return list(super().groups)
        return list(dict.fromkeys([self.group, *(g[0] for g in self._memberships())]))

    @property
    def home(self) -> str:
        """Return the home folder."""
        row = self._row()
        return row[5] if row else str(super().home)

    @property
    def shell(self) -> str:
        """Return the login shell."""
        row = self._row()
        return row[6] if row else str(super().shell)

    @property
    def gecos(self) -> str:
        """Return the comment field."""
        row = self._row()
        return row[4] if row else str(super().gecos)

    @property
    def password(self) -> str:
        """Return the encrypted password."""
        row = self._shadow()
        return row[1] if row else str(super().password)

    @property
    def password_max_days(self) -> int | None:
        """Return after how many days the password must be changed."""
        row = self._shadow()
        return _number(row[4]) if row else super().password_max_days

    @property
    def password_min_days(self) -> int | None:
        """Return for how many days the password cannot be changed."""
        row = self._shadow()
        return _number(row[3]) if row else super().password_min_days

    @property
    def get_local_users(self) -> list[str]:
        """Return the names of the users in the host's own files."""
        return [row[0] for row in rows_of(inspector_of(self), "passwd")]

    def _row(self) -> list[str] | None:
        return next((row for row in rows_of(inspector_of(self), "passwd") if row[0] == self.name), None)

    def _shadow(self) -> list[str] | None:
        return next((row for row in rows_of(inspector_of(self), "shadow") if row[0] == self.name), None)

    def _memberships(self) -> list[list[str]]:
        return [g for g in rows_of(inspector_of(self), "group") if self.name in g[3].split(",")]


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


class Group(testinfra.modules.group.Group):
    """A group, by the host's own files; one of a directory is asked for in the host."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Group]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def exists(self) -> bool:
        """Return whether there is such a group."""
        return self._row() is not None or bool(super().exists)

    @property
    def gid(self) -> int:
        """Return the number."""
        row = self._row()
        return int(row[2]) if row else int(super().gid)

    @property
    def members(self) -> list[str]:
        """Return those who are in the group besides whose primary one it is."""
        row = self._row()
        return [m for m in row[3].split(",") if m] if row else list(super().members)

    @property
    def get_local_groups(self) -> list[str]:
        """Return the names of the groups in the host's own files."""
        return [row[0] for row in rows_of(inspector_of(self), "group")]

    def _row(self) -> list[str] | None:
        return next((row for row in rows_of(inspector_of(self), "group") if row[0] == self.name), None)
