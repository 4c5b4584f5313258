"""A small Request Tracker database for tests: real SQLite, RT's own column names, three tickets and an article."""

from __future__ import annotations

import sqlite3
from typing import Final

SCHEMA: Final = """
CREATE TABLE Tickets (id INTEGER PRIMARY KEY, EffectiveId, Queue, Type, Owner, Subject, Priority, Status, Due, Created,
    TimeWorked, InitialPriority);
CREATE TABLE Queues (id INTEGER PRIMARY KEY, Name, Description, CorrespondAddress, CommentAddress, Lifecycle,
    SubjectTag, SLADisabled, Disabled);
CREATE TABLE Users (id INTEGER PRIMARY KEY, Name, EmailAddress, Password);
CREATE TABLE Principals (id INTEGER PRIMARY KEY, Disabled);
CREATE TABLE "Groups" (id INTEGER PRIMARY KEY, Name, Domain, Instance);
CREATE TABLE GroupMembers (id INTEGER PRIMARY KEY, GroupId, MemberId);
CREATE TABLE ACL (id INTEGER PRIMARY KEY, PrincipalId, RightName, ObjectType, ObjectId);
CREATE TABLE Scrips (id INTEGER PRIMARY KEY, Description, ScripCondition, ScripAction, Template, Disabled,
    CustomIsApplicableCode, CustomPrepareCode, CustomCommitCode);
CREATE TABLE ObjectScrips (id INTEGER PRIMARY KEY, Scrip, Stage, ObjectId);
CREATE TABLE ScripConditions (id INTEGER PRIMARY KEY, Name);
CREATE TABLE ScripActions (id INTEGER PRIMARY KEY, Name);
CREATE TABLE Templates (id INTEGER PRIMARY KEY, Queue, Name, Content);
CREATE TABLE CustomFields (id INTEGER PRIMARY KEY, Name, Type, LookupType, Disabled);
CREATE TABLE CustomFieldValues (id INTEGER PRIMARY KEY, CustomField, Name, SortOrder);
CREATE TABLE ObjectCustomFieldValues (id INTEGER PRIMARY KEY, CustomField, ObjectType, ObjectId, Content, LargeContent,
    ContentEncoding, Disabled);
CREATE TABLE Links (id INTEGER PRIMARY KEY, Type, Base, LocalBase, Target, LocalTarget);
CREATE TABLE Transactions (id INTEGER PRIMARY KEY, ObjectType, ObjectId, Type, Field, OldValue, NewValue, Creator,
    Created, ReferenceType, NewReference);
CREATE TABLE Attachments (id INTEGER PRIMARY KEY, TransactionId, ContentType, ContentEncoding, Filename, Content);
CREATE TABLE Classes (id INTEGER PRIMARY KEY, Name, Disabled);
CREATE TABLE Articles (id INTEGER PRIMARY KEY, Name, Class, Creator, Created, Disabled);
CREATE TABLE Configurations (id INTEGER PRIMARY KEY, Name, Content, Disabled);
"""
DATA: Final = """
INSERT INTO Queues VALUES (1, 'Support', 'Tickets', 'support@x.test', NULL, 'default', NULL, 0, 0);
INSERT INTO Users VALUES (6, 'Nobody', NULL, NULL), (22, 'sam', 'sam@x.test', '*NO-PASSWORD*'),
    (30, 'ann', 'Ann@x.test', '*NO-PASSWORD*');
INSERT INTO Principals VALUES (6, 0), (22, 0), (30, 0);
INSERT INTO "Groups" VALUES (4, 'Privileged', 'SystemInternal', NULL), (5, 'Agents', 'UserDefined', NULL),
    (51, 'Requestor', 'RT::Ticket-Role', 1), (52, 'Requestor', 'RT::Ticket-Role', 2),
    (53, 'Requestor', 'RT::Ticket-Role', 3);
INSERT INTO GroupMembers VALUES (1, 4, 22), (2, 5, 22), (3, 51, 30), (4, 52, 30), (5, 53, 30);
INSERT INTO ACL VALUES (1, 5, 'ModifyTicket', 'RT::System', 1);
INSERT INTO ScripConditions VALUES (1, 'On Create');
INSERT INTO ScripActions VALUES (1, 'Autoreply To Requestors');
INSERT INTO Scrips VALUES (1, 'Autoreply', 1, 1, 'Autoreply', 0, NULL, NULL, NULL);
INSERT INTO ObjectScrips VALUES (1, 1, 'TransactionCreate', 0);
INSERT INTO Templates VALUES (1, 0, 'Autoreply', 'Hello');
INSERT INTO CustomFields VALUES (1, 'Impact', 'Select', 'RT::Queue-RT::Ticket', 0),
    (2, 'Cause', 'Text', 'RT::Class-RT::Article', 0);
INSERT INTO CustomFieldValues VALUES (1, 1, 'Service', 1), (2, 1, 'Personne', 2);
INSERT INTO Tickets VALUES
    (1, 1, 1, 'ticket', 22, 'Printer', 40, 'open', '2026-12-01 08:00:00', '2026-11-30 08:00:00', 5, 20),
    (2, 1, 1, 'ticket', 6, 'Printer again', 0, 'resolved', '1970-01-01 00:00:00', '2026-11-30 09:00:00', 0, 20),
    (3, 3, 1, 'ticket', 6, 'Mouse', 20, 'new', NULL, '2026-11-30 10:00:00', 0, 20);
INSERT INTO ObjectCustomFieldValues VALUES (1, 1, 'RT::Ticket', 1, 'Service', NULL, NULL, 0),
    (2, 1, 'RT::Ticket', 1, 'Personne', NULL, NULL, 1), (3, 2, 'RT::Article', 3, '', 'A long text', 'none', 0);
INSERT INTO Links VALUES (1, 'RefersTo', 'fsck.com-rt://x.test/ticket/1', 1, 'fsck.com-article://x.test/article/3', 0),
    (2, 'DependsOn', 'fsck.com-rt://x.test/ticket/2', 2, 'fsck.com-rt://x.test/ticket/1', 1),
    (3, 'RefersTo', 'fsck.com-rt://x.test/ticket/2', 2, 'https://elsewhere.test/', 0),
    (4, 'MergedInto', 'fsck.com-rt://x.test/ticket/2', 1, 'fsck.com-rt://x.test/ticket/1', 1);
INSERT INTO Transactions VALUES (1, 'RT::Ticket', 1, 'Create', NULL, NULL, NULL, 30, '2026-11-30 08:00:00', NULL, NULL),
    (2, 'RT::Ticket', 2, 'Create', NULL, NULL, NULL, 30, '2026-11-30 09:00:00', NULL, NULL),
    (3, 'RT::Ticket', 1, 'SetWatcher', 'Owner', '6', '22', 22, '2026-11-30 09:10:00', NULL, NULL),
    (4, 'RT::Ticket', 1, 'Status', 'Status', 'new', 'open', 22, '2026-11-30 09:10:00', NULL, NULL),
    (5, 'RT::Ticket', 1, 'Set', 'Priority', '0', '40', 22, '2026-11-30 09:10:00', NULL, NULL),
    (6, 'RT::Ticket', 1, 'CustomField', '1', NULL, NULL, 22, '2026-11-30 09:10:00',
        'RT::ObjectCustomFieldValue', 1),
    (7, 'RT::Ticket', 1, 'Correspond', NULL, NULL, NULL, 22, '2026-11-30 09:20:00', NULL, NULL),
    (8, 'RT::Ticket', 1, 'Comment', NULL, NULL, NULL, 22, '2026-11-30 09:30:00', NULL, NULL),
    (9, 'RT::Ticket', 3, 'Create', NULL, NULL, NULL, 30, '2026-11-30 10:00:00', NULL, NULL);
INSERT INTO Attachments VALUES (1, 1, 'text/plain', 'none', NULL, 'It jams.'),
    (2, 2, 'text/plain', 'quoted-printable', NULL, 'Toujours bourr=C3=A9e'),
    (3, 7, 'text/html', 'none', NULL, '<p>Done &amp; tried</p>'), (4, 7, 'text/plain', 'base64', NULL, 'RG9uZQ=='),
    (5, 8, 'text/html', 'none', NULL, '<b>Roller</b> worn');
INSERT INTO Classes VALUES (1, 'Known errors', 0);
INSERT INTO Articles VALUES (3, 'It jams', 1, 22, '2026-11-30 10:00:00', 0);
"""


def database(*changes: str) -> sqlite3.Connection:
    """Return such a database in memory, changed by some statements."""
    made = sqlite3.connect(":memory:")
    made.executescript(SCHEMA + DATA)
    for statement in changes:
        made.execute(statement)
    return made


def printed(made: sqlite3.Connection, statements: str) -> str:
    """Return what ``sqlite3`` would print for statements that give one column."""
    lines = []
    for statement in filter(None, (one.strip() for one in statements.split(";"))):
        if statement not in {"BEGIN", "COMMIT"}:
            lines += [row[0] for row in made.execute(statement)]
    return "".join(f"{line}\n" for line in lines)
