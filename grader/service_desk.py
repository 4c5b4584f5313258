"""A service desk as checks see it, whatever program keeps its tickets: Request Tracker here, another one may follow.

The words are those that such programs share. A check asks for a snapshot: all that the desk holds at one moment, so
that what it says of two tickets was true of both at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

Status: TypeAlias = Literal["new", "open", "waiting", "solved", "rejected", "deleted"]
"""Where a ticket is: nobody has begun, somebody is at it, something is waited for, done, refused, thrown away."""
LinkKind: TypeAlias = Literal["part of", "depends on", "refers to"]
MessageKind: TypeAlias = Literal["request", "reply", "note"]
"""What a ticket began with, what went to and fro with its caller, and what only agents read."""


@dataclass(frozen=True)
class Message:
    """One thing that was written in a ticket.

    Attributes:
        kind: what it is.
        author: the login of whoever wrote it.
        text: what it says.
        written: when.
    """

    kind: MessageKind
    author: str
    text: str
    written: datetime


@dataclass(frozen=True)
class Link:
    """A link from a ticket, or from an article.

    Attributes:
        kind: what it says.
        ticket: the number of the ticket that it leads to, or None.
        article: the number of the article that it leads to, or None.
    """

    kind: LinkKind
    ticket: int | None = None
    article: int | None = None


@dataclass(frozen=True)
class Ticket:
    """One ticket.

    Attributes:
        number: by which people call it.
        queue: where it is filed.
        subject: what it is about.
        first_subject: the subject that it came with, whatever agents have made of it since.
        status: where it is.
        owner: the login of the agent whose it is; empty where it is nobody's.
        callers: the mail addresses of those who asked.
        priority: the program's own number; the greater, the sooner.
        due: by when it is to be done, if that was said.
        created: when it came.
        fields: what the desk notes of a ticket besides, such as its category: name -> values.
        links: to other tickets and to articles.
        messages: what was written, the oldest first.
        merged_into: the number of the ticket that it became a part of, or None.
        minutes: how long agents say that they worked on it.
    """

    number: int
    queue: str
    subject: str
    first_subject: str
    status: Status
    owner: str
    callers: tuple[str, ...]
    priority: int
    due: datetime | None
    created: datetime
    fields: Mapping[str, tuple[str, ...]]
    links: tuple[Link, ...]
    messages: tuple[Message, ...]
    merged_into: int | None = None
    minutes: int = 0

    def field(self, name: str) -> str:
        """Return a field's only value; empty where it has none, or several."""
        values = self.fields.get(name, ())
        return values[0] if len(values) == 1 else ""

    def replies(self) -> tuple[Message, ...]:
        """Return what agents wrote to the caller: whatever the caller did not write."""
        logins = {address.partition("@")[0] for address in self.callers}
        return tuple(one for one in self.messages if one.kind == "reply" and one.author not in logins)


@dataclass(frozen=True)
class Article:
    """One article of the desk's knowledge base.

    Attributes:
        number: by which links call it.
        category: where it is filed.
        title: what it is called.
        author: the login of whoever wrote it.
        created: when.
        fields: what it says: name -> text.
        links: to tickets.
    """

    number: int
    category: str
    title: str
    author: str
    created: datetime
    fields: Mapping[str, str]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class DeskSnapshot:
    """What a desk holds at one moment.

    Attributes:
        tickets: all of them, by number.
        articles: all of them, by number.
        unrecorded: what differs from the tickets' own histories, each a ``reason``: somebody wrote past the program.
    """

    tickets: Mapping[int, Ticket]
    articles: Mapping[int, Article]
    unrecorded: Sequence[str]

    def about(self, subject: str) -> tuple[Ticket, ...]:
        """Return the tickets of this subject, whatever else stands around it (``Re:``), the oldest first."""
        return tuple(one for one in self.tickets.values() if subject.casefold() in one.subject.casefold())

    def linked(self, one: int, other: int) -> bool:
        """Return whether a link leads from one ticket to another, in whichever direction."""
        ends = ((one, other), (other, one))
        return any(link.ticket == b for a, b in ends if a in self.tickets for link in self.tickets[a].links)

    def documented(self, ticket: int, article: int) -> bool:
        """Return whether a link leads from a ticket to an article, or from the article to the ticket."""
        return any(link.article == article for link in self.tickets[ticket].links) or any(
            link.ticket == ticket for link in self.articles[article].links
        )


class ServiceDesk(Protocol):
    """What a check may ask of a service desk."""

    def snapshot(self) -> DeskSnapshot:
        """Return what the desk holds.

        Raises:
            AssertionError: it cannot be read.
        """
