"""Request Tracker's tickets and articles, read from its database: no page, no login and no setting has a part in it.

RT keeps all in one SQLite file, and beside each value the history of how it came about. Whoever is root in the host can
write into that file with another program, and RT would show it; but the history then lacks it (``unrecorded``).
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import quopri
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from grader.bilingual import reason
from grader.lines import lines_in
from grader.service_desk import Article, DeskSnapshot, Link, LinkKind, Message, MessageKind, Status, Ticket

if TYPE_CHECKING:
    import testinfra.host

DATABASE: Final = "/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb"
_STATUSES: Final[Mapping[str, Status]] = {
    "new": "new",
    "open": "open",
    "stalled": "waiting",
    "resolved": "solved",
    "rejected": "rejected",
    "deleted": "deleted",
}
_LINKS: Final[Mapping[str, LinkKind]] = {
    "MemberOf": "part of",
    "DependsOn": "depends on",
    "RefersTo": "refers to",
}
_MESSAGES: Final[Mapping[str, MessageKind]] = {"Create": "request", "Correspond": "reply", "Comment": "note"}
_ARTICLE: Final = re.compile(r"fsck\.com-article://[^/]*/article/(\d+)")
_NOBODY: Final = "Nobody"
_LONGEST: Final = 200
"""Characters of the longest value of a field that is compared: RT keeps longer ones elsewhere."""
STATEMENTS: Final = """
BEGIN;
SELECT json_array('ticket', t.id, t.EffectiveId, q.Name, t.Subject, t.Status, u.Name, t.Priority, t.Due, t.Created,
    t.TimeWorked, t.InitialPriority) FROM Tickets t JOIN Queues q ON q.id = t.Queue JOIN Users u ON u.id = t.Owner
    WHERE t.Type = 'ticket';
SELECT json_array('agent', u.Name) FROM "Groups" g JOIN GroupMembers m ON m.GroupId = g.id JOIN Users u
    ON u.id = m.MemberId WHERE g.Domain = 'SystemInternal' AND g.Name = 'Privileged';
SELECT json_array('caller', g.Instance, u.EmailAddress) FROM "Groups" g JOIN GroupMembers m ON m.GroupId = g.id
    JOIN Users u ON u.id = m.MemberId WHERE g.Domain = 'RT::Ticket-Role' AND g.Name = 'Requestor' ORDER BY m.id;
SELECT json_array('field', v.ObjectType, v.ObjectId, f.Name, coalesce(nullif(v.LargeContent, ''), v.Content),
    v.ContentEncoding) FROM ObjectCustomFieldValues v JOIN CustomFields f ON f.id = v.CustomField
    WHERE v.Disabled = 0 AND v.ObjectType IN ('RT::Ticket', 'RT::Article') ORDER BY v.id;
SELECT json_array('link', Type, Base, LocalBase, Target, LocalTarget) FROM Links ORDER BY id;
SELECT json_array('act', x.ObjectId, x.Type, coalesce(f.Name, x.Field),
    coalesce(nullif(v.LargeContent, ''), v.Content, x.NewValue), n.Name,
    x.OldValue) FROM Transactions x LEFT JOIN Users n ON CAST(n.id AS TEXT) = x.NewValue
    LEFT JOIN CustomFields f ON x.Type = 'CustomField' AND CAST(f.id AS TEXT) = x.Field
    LEFT JOIN ObjectCustomFieldValues v ON x.ReferenceType = 'RT::ObjectCustomFieldValue' AND v.id = x.NewReference
    WHERE x.ObjectType = 'RT::Ticket' ORDER BY x.id;
SELECT json_array('message', x.ObjectId, x.id, x.Type, u.Name, x.Created, a.ContentType, a.ContentEncoding,
    CAST(a.Content AS TEXT))
    FROM Transactions x JOIN Users u ON u.id = x.Creator LEFT JOIN Attachments a ON a.TransactionId = x.id
    AND a.ContentType LIKE 'text/%' AND coalesce(a.Filename, '') = ''
    WHERE x.ObjectType = 'RT::Ticket' AND x.Type IN ('Create', 'Correspond', 'Comment') ORDER BY x.id, a.id;
SELECT json_array('article', a.id, c.Name, a.Name, u.Name, a.Created) FROM Articles a JOIN Classes c ON c.id = a.Class
    JOIN Users u ON u.id = a.Creator WHERE a.Disabled = 0;
COMMIT;
"""
"""Each row begins with what it is; all are of one moment."""


class RequestTracker:
    """A service desk that Request Tracker keeps; see ``ServiceDesk``."""

    def __init__(self, server: testinfra.host.Host) -> None:
        """Take the host that it runs on, as ``lab.host(...)`` gives it."""
        self._server = server

    def snapshot(self) -> DeskSnapshot:
        """See ``ServiceDesk.snapshot``."""
        done = self._server.run(
            "sqlite3 -batch -init /dev/null -readonly -cmd '.timeout 15000' %s %s", DATABASE, STATEMENTS, timeout=20
        )
        if done.rc != 0:
            said = done.stderr.strip()
            raise AssertionError(
                reason(fr=f"la base des tickets ne se lit pas : {said}", en=f"the tickets' database: {said}")
            )
        return snapshot_of(json.loads(line) for line in lines_in(done.stdout))


def snapshot_of(rows: Iterable[list[Any]]) -> DeskSnapshot:
    """Return the snapshot that the rows of ``STATEMENTS`` tell."""
    told: dict[str, list[list[Any]]] = defaultdict(list)
    for kind, *values in rows:
        told[kind].append(values)
    callers: dict[int, list[str]] = defaultdict(list)
    for number, address in told["caller"]:
        callers[number].append((address or "").lower())
    fields: dict[tuple[str, int], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind, number, name, value, encoding in told["field"]:
        fields[kind, number][name].append(_decoded(value or "", encoding))
    links = _links(told["link"])
    messages = _messages(told["message"])
    first = _first_subjects(told["act"])
    tickets = {
        number: Ticket(
            number=number,
            queue=queue,
            subject=subject or "",
            first_subject=first.get(number, subject or ""),
            status=_STATUSES.get(status, "open"),
            owner="" if owner == _NOBODY else owner,
            callers=tuple(callers[number]),
            priority=priority or 0,
            due=_time(due),
            created=_time(created) or datetime.fromtimestamp(0, UTC),
            fields={name: tuple(values) for name, values in fields["RT::Ticket", number].items()},
            links=tuple(links["ticket", number]),
            messages=tuple(messages[number]),
            merged_into=effective if effective != number else None,
            minutes=worked or 0,
        )
        for number, effective, queue, subject, status, owner, priority, due, created, worked, _ in sorted(
            told["ticket"]
        )
    }
    articles = {
        number: Article(
            number=number,
            category=category,
            title=title,
            author=author,
            created=_time(created) or datetime.fromtimestamp(0, UTC),
            fields={name: "\n".join(values) for name, values in fields["RT::Article", number].items()},
            links=tuple(links["article", number]),
        )
        for number, category, title, author, created in sorted(told["article"])
    }
    merged = {int(base.rpartition("/")[2]) for kind, base, *_ in told["link"] if kind == "MergedInto"}
    agents = {name for (name,) in told["agent"]}
    return DeskSnapshot(tickets, articles, tuple(_unrecorded(told["ticket"], tickets, told["act"], merged, agents)))


def _first_subjects(acts: Iterable[list[Any]]) -> dict[int, str]:
    """Return what each ticket was about at first, of those whose subject an agent has changed."""
    found: dict[int, str] = {}
    for number, kind, field, _, _, before in acts:
        if kind == "Set" and field == "Subject":
            found.setdefault(number, before or "")
    return found


def _links(rows: Iterable[list[Any]]) -> dict[tuple[str, int], list[Link]]:
    found: dict[tuple[str, int], list[Link]] = defaultdict(list)
    for kind, base, local_base, target, local_target in rows:
        name = _LINKS.get(kind)
        start, end = _end(base, local_base), _end(target, local_target)
        if name and start and end:
            found[start].append(Link(name, **{end[0]: end[1]}))
    return found


def _end(uri: str | None, ticket: int | None) -> tuple[str, int] | None:
    """Return what is at an end of a link: a ticket or an article, and its number."""
    if ticket:
        return "ticket", ticket
    article = _ARTICLE.fullmatch(uri or "")
    return ("article", int(article[1])) if article else None


def _messages(rows: Iterable[list[Any]]) -> dict[int, list[Message]]:
    """Return what was written in each ticket; of a message in several forms the plain one counts."""
    parts: dict[tuple[int, int], list[list[Any]]] = defaultdict(list)
    for number, act, *rest in rows:
        parts[number, act].append(rest)
    found: dict[int, list[Message]] = defaultdict(list)
    for (number, _), forms in parts.items():
        kind, author, created, content_type, encoding, content = min(forms, key=lambda form: form[3] != "text/plain")
        text = _decoded(content or "", encoding)
        if content_type == "text/html":
            text = html.unescape(re.sub(r"<[^>]*>", " ", text))
        written = _time(created) or datetime.fromtimestamp(0, UTC)
        found[number].append(Message(_MESSAGES[kind], author, text.strip(), written))
    return found


def _decoded(text: str, encoding: str | None) -> str:
    """Return a text that RT keeps in base64 or as quoted-printable, where its letters ask for that."""
    try:
        if encoding == "base64":
            return base64.b64decode(text).decode("utf-8", errors="replace")
        if encoding == "quoted-printable":
            return quopri.decodestring(text.encode()).decode("utf-8", errors="replace")
    except (ValueError, binascii.Error):
        return text
    return text


def _time(text: str | None) -> datetime | None:
    """Return a time of the database, which is in UTC; 1970 stands for none."""
    if not text or text.startswith("1970-"):
        return None
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _unrecorded(
    rows: Iterable[list[Any]],
    tickets: Mapping[int, Ticket],
    acts: Iterable[list[Any]],
    merged: Collection[int],
    agents: Collection[str],
) -> Iterator[str]:
    """Yield what tickets have that no act of their history gave them.

    What a ticket was created with is in no act: only what acts have changed since can be compared, and a ticket that
    somebody else than an agent created, by mail, begins new, with nobody's name and no field. A merged ticket is a part
    of another one, of which a link tells.
    """
    last: dict[tuple[int, str], str] = {}
    for number, kind, field, value, name, _ in acts:
        if kind == "CustomField" or (kind in {"Status", "Set"} and field in {"Status", "Priority"}):
            last[number, field] = value or ""
        elif field == "Owner" or kind in {"Take", "Give", "Steal", "Untake", "Force"}:
            last[number, "Owner"] = "" if name in {None, _NOBODY} else name
    raw = {row[0]: row for row in rows}
    for number, one in tickets.items():
        if one.merged_into and number in merged:
            continue
        by_mail = bool(one.messages) and one.messages[0].author not in agents
        begun = {"Status": "new", "Owner": "", "Priority": str(raw[number][10])} if by_mail else {}
        now = {"Status": str(raw[number][4]), "Owner": one.owner, "Priority": str(one.priority)}
        wrong = [name for name, value in now.items() if last.get((number, name), begun.get(name, value)) != value]
        wrong += [
            name
            for name, values in one.fields.items()
            if by_mail and len(values) == 1 and last.get((number, name), "") != values[0] and len(values[0]) < _LONGEST
        ]
        wrong += ["EffectiveId"] if one.merged_into else []
        if wrong:
            listed = ", ".join(wrong)
            yield reason(
                fr=f"ticket {number} : l'historique ne connaît pas la valeur de {listed}",
                en=f"ticket {number}: its history does not know the value of {listed}",
            )
