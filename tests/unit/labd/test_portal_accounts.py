"""Signing in to the portal, choosing passwords, and adding people, over a real store."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.labd import account_contract, calls
from orchestrator.labd.account_passwords import HashCosts, PasswordHashes
from orchestrator.labd.account_tries import Tries, TryLimits
from orchestrator.labd.portal_accounts import PortalAccounts
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.records import audit, journal, retention
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.people import NewPerson, People

pytestmark = pytest.mark.slow

CHEAP = HashCosts(passes=1, memory_kib=8)
GOOD, BETTER = "un cheval bleu", "deux chevaux verts"


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)


def store_at(path: Path) -> Database:
    return Database(database_url(str(path), {}))


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path, empty_store: Path) -> Iterator[Database]:
    """An empty store, or one with the first administrator where a test asks for them."""
    kept = request.getfixturevalue("kept_admin")[0] if "admin" in request.fixturenames else empty_store
    database = store_at(Path(shutil.copy(kept, tmp_path / "records.sqlite")))
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(store: Database, clock: Clock) -> PortalAccounts:
    return PortalAccounts(store, hashes=PasswordHashes(CHEAP), clock=clock)


@pytest.fixture(scope="module")
def kept_admin(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> tuple[Path, account_contract.SignedIn]:
    """A store with the first administrator, who has chosen a password, and their first sign-in: tests copy it."""
    path = Path(shutil.copy(empty_store, tmp_path_factory.mktemp("admin") / "records.sqlite"))
    database = store_at(path)
    accounts = PortalAccounts(database, hashes=PasswordHashes(CHEAP), clock=Clock())
    link = accounts.first_link()
    assert link is not None
    signed_in = accounts.use_link(account_contract.UseLink(link.link, GOOD))
    database.close()
    return path, signed_in


@pytest.fixture
def admin(kept_admin: tuple[Path, account_contract.SignedIn]) -> account_contract.SignedIn:
    """The first administrator, who has chosen a password."""
    return kept_admin[1]


def add(
    accounts: PortalAccounts, by: account_contract.SignedIn, handle: str, *roles: calls.RoleName
) -> account_contract.NewLink:
    asked = account_contract.AddPerson(handle, handle.title(), "Martin", roles or ("trainee",))
    return accounts.add_person(by.who, asked)


@pytest.fixture
def lea(accounts: PortalAccounts, admin: account_contract.SignedIn) -> account_contract.SignedIn:
    """A trainee who has chosen a password."""
    return accounts.use_link(account_contract.UseLink(add(accounts, admin, "lea").link, GOOD, "Firefox"))


def refused(act: Callable[..., object], *words: object) -> calls.Refusal:
    with pytest.raises(RefusedCallError) as error:
        act(*words)
    return error.value.refusal


def sign_in(accounts: PortalAccounts, handle: str, password: str, address: str = "") -> account_contract.SignedIn:
    return accounts.sign_in(account_contract.SignIn(handle, password, "Chromium", address))


# The first administrator --------------------------------------------------------------------------------------


def test_the_first_administrator_is_made_once(accounts: PortalAccounts, store: Database) -> None:
    first, second = accounts.first_link(), accounts.first_link()
    assert first is not None
    assert second is not None
    assert (first.handle, second.handle) == ("admin", "admin")
    assert refused(accounts.use_link, account_contract.UseLink(first.link, GOOD)).field == "link", (
        "the newer one has replaced it"
    )
    assert accounts.use_link(account_contract.UseLink(second.link, GOOD)).who.roles == ("administrator",)
    assert accounts.first_link() is None
    with store.read() as session:
        assert len(People(session).list()) == 1


def test_nobody_becomes_administrator_by_being_called_so(accounts: PortalAccounts, store: Database) -> None:
    with store.write() as session:
        People(session).of_account("admin")
    for _ in range(2):
        link = accounts.first_link()
        assert link is not None
        assert link.handle == "admin-2"
    assert [(one.handle, one.roles) for one in accounts.people()] == [
        ("admin", ("trainee",)),
        ("admin-2", ("administrator",)),
    ]


def test_without_an_administrator_who_can_sign_in_there_is_a_first_again(
    accounts: PortalAccounts, admin: account_contract.SignedIn, store: Database
) -> None:
    with store.write() as session:
        retention.forget(session, People(session).find("admin"), by="P-0", reason="asked")
    assert accounts.who(admin.token) is None
    link = accounts.first_link()
    assert link is not None
    assert link.handle == "admin"


# Signing in ---------------------------------------------------------------------------------------------------


def test_somebody_signs_in_and_out(accounts: PortalAccounts, lea: account_contract.SignedIn) -> None:
    here = sign_in(accounts, " LEA ", GOOD)
    assert here.who == calls.Who(here.who.ref, "lea", "Lea Martin", ("trainee",), None)
    assert here.seconds == 12 * 3600
    assert accounts.who(here.token) == here.who
    accounts.sign_out(here.token)
    accounts.sign_out("nobody's")
    assert accounts.who(here.token) is None
    assert accounts.who(lea.token) == lea.who, "another browser stays signed in"


def test_wrong_names_and_wrong_passwords_are_one_sentence(
    accounts: PortalAccounts, admin: account_contract.SignedIn
) -> None:
    add(accounts, admin, "paul")
    wrong = {
        refused(sign_in, accounts, handle, password)
        for handle, password in (
            ("admin", BETTER),
            ("admin", ""),
            ("admin", "x" * 100_000),
            ("admin", "\ud800"),
            ("nobody", GOOD),
            ("paul", ""),  # has chosen none yet
            ("Ré\0\ud800" * 1000, GOOD),
        )
    }
    (one,) = wrong
    assert (one.kind, one.seconds) == ("wrong", 0)


def test_a_name_that_nobody_has_costs_the_same_work(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = PasswordHashes(CHEAP)
    accounts = PortalAccounts(store, hashes=hashes)
    tried: list[str | None] = []
    matches = hashes.matches

    def noted(password: str, kept: str | None) -> bool:
        tried.append(kept)
        return matches(password, kept)

    monkeypatch.setattr(hashes, "matches", noted)
    refused(sign_in, accounts, "nobody", GOOD)
    refused(sign_in, accounts, "Not A Name", GOOD)
    assert tried == [None, None]


def test_candidates_and_the_forgotten_cannot_sign_in(
    accounts: PortalAccounts, admin: account_contract.SignedIn, lea: account_contract.SignedIn, store: Database
) -> None:
    with store.write() as session:
        People(session).add(NewPerson("zoe", roles=frozenset({"candidate"})))
        retention.forget(session, People(session).find("lea"), by="P-0", reason="asked")
    assert refused(sign_in, accounts, "lea", GOOD).kind == "wrong"
    assert refused(sign_in, accounts, lea.who.ref.lower(), GOOD).kind == "wrong"
    assert accounts.who(lea.token) is None
    link = refused(accounts.make_link, admin.who, account_contract.MakeLink("zoe"))
    assert (link.kind, link.field, link.hint) == ("wrong", "handle", None)


def test_a_sign_in_rests_and_ends(accounts: PortalAccounts, lea: account_contract.SignedIn, clock: Clock) -> None:
    clock.later(hours=11)
    assert accounts.who(lea.token) is not None
    clock.later(hours=11)
    assert accounts.who(lea.token) is not None, "it was used meanwhile"
    clock.later(hours=12)
    assert accounts.who(lea.token) is None
    assert refused(accounts.sign_ins, lea.token).kind == "signed-out"
    assert (
        refused(accounts.change_password, lea.token, account_contract.ChangePassword(GOOD, BETTER)).kind == "signed-out"
    )
    assert refused(accounts.end_sign_in, lea.token, account_contract.EndSignIn(1)).kind == "signed-out"


def test_it_is_noted_once_a_minute_that_somebody_is_here(
    accounts: PortalAccounts,
    lea: account_contract.SignedIn,
    clock: Clock,
    store: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = clock.now
    clock.later(seconds=59)
    accounts.who(lea.token)
    assert accounts.sign_ins(lea.token)[0].last_seen == start.isoformat()
    clock.later(seconds=1)
    accounts.who(lea.token)
    assert accounts.sign_ins(lea.token)[0].last_seen == clock.now.isoformat()
    clock.later(hours=1)

    def fail() -> None:
        raise MachineError(Text(fr="plein", en="full"))

    monkeypatch.setattr(store, "write", fail)
    assert accounts.who(lea.token) == lea.who, "a full disk signs nobody out"


def test_a_hash_of_other_costs_is_made_anew(
    store: Database, accounts: PortalAccounts, lea: account_contract.SignedIn
) -> None:
    dearer = PortalAccounts(store, hashes=PasswordHashes(HashCosts(passes=2, memory_kib=16)))

    def kept() -> str:
        with store.read() as session:
            return str(session.connection().exec_driver_sql("SELECT hash FROM passwords ORDER BY person_id").all()[-1])

    before = kept()
    assert "m=8,t=1" in before
    sign_in(accounts, lea.who.handle, GOOD)
    assert kept() == before
    sign_in(dearer, "lea", GOOD)
    assert "m=16,t=2" in kept()
    sign_in(accounts, "lea", GOOD)


def test_an_accent_is_the_same_however_it_is_typed(accounts: PortalAccounts, admin: account_contract.SignedIn) -> None:
    accounts.use_link(account_contract.UseLink(add(accounts, admin, "paul").link, "été à la mer"))
    sign_in(accounts, "paul", "e\N{COMBINING ACUTE ACCENT}t\N{LATIN SMALL LETTER E WITH ACUTE} à la mer")


# Too many tries -----------------------------------------------------------------------------------------------


def test_guessing_is_stopped_and_its_target_is_not_locked_out(
    accounts: PortalAccounts, lea: account_contract.SignedIn
) -> None:
    for _ in range(10):
        assert refused(sign_in, accounts, "lea", BETTER, "192.0.2.1").kind == "wrong"
    stopped = refused(sign_in, accounts, "lea", GOOD, "192.0.2.1")
    assert stopped.kind == "too-often"
    assert 0 < stopped.seconds <= 300
    sign_in(accounts, lea.who.handle, GOOD, "192.0.2.2")


def test_guessing_of_many_names_or_from_many_places_is_stopped(store: Database, lea: account_contract.SignedIn) -> None:
    limits = TryLimits(of_name_there=2, of_name=4, there=3)
    accounts = PortalAccounts(store, hashes=PasswordHashes(CHEAP), tries=Tries(limits))
    for name in ("a", "b", "c"):
        assert refused(sign_in, accounts, name, GOOD, "192.0.2.1").kind == "wrong"
    assert refused(sign_in, accounts, "lea", GOOD, "192.0.2.1").kind == "too-often"
    for place in range(4):
        assert refused(sign_in, accounts, "lea", BETTER, f"198.51.100.{place}").kind == "wrong"
    assert refused(sign_in, accounts, lea.who.handle, GOOD, "203.0.113.1").kind == "too-often"


def test_a_class_behind_one_address_signs_in(store: Database, lea: account_contract.SignedIn) -> None:
    limits = TryLimits(of_name_there=1, of_name=1, there=1)
    accounts = PortalAccounts(store, hashes=PasswordHashes(CHEAP), tries=Tries(limits))
    for _ in range(5):
        sign_in(accounts, lea.who.handle, GOOD, "192.0.2.1")


def test_the_window_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = Tries(TryLimits(of_name_there=2))
    start = 1_800_000_000.0
    for second, refusals in ((0, []), (100, []), (200, [100]), (299, [1]), (301, []), (302, [98])):
        monkeypatch.setattr("time.time", lambda second=second: start + second)
        found = []
        try:
            tries.refuse_too_many("lea", "")
        except RefusedCallError as error:
            found.append(error.refusal.seconds)
        else:
            tries.in_vain("lea", "")
        assert found == refusals, second


def test_few_hash_at_once_and_who_waits_for_too_long_is_told(store: Database) -> None:
    hashes = PasswordHashes(CHEAP, at_once=2, patience_s=0)
    accounts = PortalAccounts(store, hashes=hashes)
    with hashes.turn(), hashes.turn():
        crowded = refused(sign_in, accounts, "lea", GOOD)
    assert (crowded.kind, crowded.seconds) == ("busy", 5)
    assert refused(sign_in, accounts, "lea", GOOD).kind == "wrong", "its turn comes again"


# Links and passwords ------------------------------------------------------------------------------------------


def test_a_link_says_whose_it_is_and_is_used_once(accounts: PortalAccounts, admin: account_contract.SignedIn) -> None:
    link = add(accounts, admin, "paul", "trainer")
    assert link.until == "2026-09-08T08:30:00+00:00"
    assert accounts.look_at_link(account_contract.LookAtLink(link.link)) == account_contract.LinkView(
        "paul", "Paul Martin", "invitation"
    )
    done = accounts.use_link(account_contract.UseLink(link.link, GOOD, "Firefox"))
    assert accounts.who(done.token) == done.who
    for refusal in (
        refused(accounts.look_at_link, account_contract.LookAtLink(link.link)),
        refused(accounts.use_link, account_contract.UseLink(link.link, BETTER)),
    ):
        assert (refusal.kind, refusal.field, refusal.text.en) == ("wrong", "link", "This link was already used.")
    sign_in(accounts, "paul", GOOD)


def test_of_two_who_use_a_link_at_once_one_is_let_in(
    accounts: PortalAccounts, admin: account_contract.SignedIn
) -> None:
    link = add(accounts, admin, "paul").link
    barrier = threading.Barrier(4)

    def use(number: int) -> str:
        barrier.wait(60)
        password = f"mot de passe {number}"
        try:
            accounts.use_link(account_contract.UseLink(link, password))
        except RefusedCallError as error:
            return f"refused: {error.refusal.field}"
        return password

    with ThreadPoolExecutor(4) as threads:
        came = list(threads.map(use, range(4)))
    (password,) = [one for one in came if not one.startswith("refused")]
    assert came.count("refused: link") == 3
    sign_in(accounts, "paul", password)


def test_a_reset_ends_what_was_before(
    accounts: PortalAccounts, admin: account_contract.SignedIn, lea: account_contract.SignedIn, clock: Clock
) -> None:
    first = accounts.make_link(admin.who, account_contract.MakeLink("lea"))
    second = accounts.make_link(admin.who, account_contract.MakeLink("lea"))
    assert second.until == "2026-09-02T08:30:00+00:00"
    assert refused(accounts.look_at_link, account_contract.LookAtLink(first.link)).field == "link"
    assert accounts.look_at_link(account_contract.LookAtLink(second.link)).kind == "reset"
    sign_in(accounts, "lea", GOOD)  # until it is used, the password holds
    done = accounts.use_link(account_contract.UseLink(second.link, BETTER))
    assert accounts.who(lea.token) is None
    assert accounts.who(done.token) is not None
    assert refused(sign_in, accounts, "lea", GOOD).kind == "wrong"
    third = accounts.make_link(admin.who, account_contract.MakeLink("lea"))
    clock.later(days=1)
    late = refused(accounts.use_link, account_contract.UseLink(third.link, GOOD))
    assert (late.field, late.text.en) == ("link", "This link is no longer valid.")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("court", "At least 10"),
        ("é" * 9, "At least 10"),
        ("e\N{COMBINING ACUTE ACCENT}" * 9, "At least 10"),
        ("abc de fgh" * 21, "more than 200"),
        ("Jean.Dupont", "cannot be your short name"),
        ("AZERTYUIOP", "first passwords"),
        ("motdepasse123", "first passwords"),
        ("aaaaabbbbbbbb", "first passwords"),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused_and_the_link_holds(
    accounts: PortalAccounts, admin: account_contract.SignedIn, password: str, said: str
) -> None:
    link = add(accounts, admin, "jean.dupont").link
    refusal = refused(accounts.use_link, account_contract.UseLink(link, password))
    assert (refusal.kind, refusal.field) == ("wrong", "password")
    assert said in refusal.text.en
    accounts.use_link(account_contract.UseLink(link, GOOD))


def test_a_changed_password_ends_ones_other_sign_ins(accounts: PortalAccounts, lea: account_contract.SignedIn) -> None:
    other = sign_in(accounts, "lea", GOOD)
    wrong = refused(accounts.change_password, lea.token, account_contract.ChangePassword(BETTER, BETTER))
    assert (wrong.kind, wrong.field) == ("wrong", "old")
    short = refused(accounts.change_password, lea.token, account_contract.ChangePassword(GOOD, "short"))
    assert (short.kind, short.field) == ("wrong", "new")
    accounts.change_password(lea.token, account_contract.ChangePassword(GOOD, BETTER))
    assert accounts.who(lea.token) is not None
    assert accounts.who(other.token) is None
    assert refused(sign_in, accounts, "lea", GOOD).kind == "wrong"
    sign_in(accounts, "lea", BETTER)


def test_who_has_found_a_browser_open_does_not_guess_its_owners_password(
    accounts: PortalAccounts, lea: account_contract.SignedIn
) -> None:
    for _ in range(10):
        assert (
            refused(accounts.change_password, lea.token, account_contract.ChangePassword(BETTER, BETTER)).kind
            == "wrong"
        )
    assert (
        refused(accounts.change_password, lea.token, account_contract.ChangePassword(GOOD, BETTER)).kind == "too-often"
    )
    sign_in(accounts, "lea", GOOD)  # the owner is not locked out


class Interrupted(PasswordHashes):
    """Hashes; while one is tried, something else happens."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(CHEAP)
        self._meanwhile = meanwhile

    def matches(self, password: str, kept: str | None) -> bool:
        right = super().matches(password, kept)
        self._meanwhile()
        return right


def test_a_password_that_is_reset_while_it_is_tried_lets_nobody_in(
    accounts: PortalAccounts,
    admin: account_contract.SignedIn,
    lea: account_contract.SignedIn,
    store: Database,
    clock: Clock,
) -> None:
    def reset() -> None:
        link = accounts.make_link(admin.who, account_contract.MakeLink("lea"))
        accounts.use_link(account_contract.UseLink(link.link, BETTER))

    slow = PortalAccounts(store, hashes=Interrupted(reset), clock=clock)
    assert refused(sign_in, slow, lea.who.handle, GOOD).kind == "wrong"
    again = sign_in(accounts, "lea", BETTER)
    assert refused(slow.change_password, again.token, account_contract.ChangePassword(BETTER, GOOD)).kind == "wrong"


# One's own things ---------------------------------------------------------------------------------------------


def test_somebody_sees_and_ends_their_own_sign_ins(
    accounts: PortalAccounts, admin: account_contract.SignedIn, lea: account_contract.SignedIn, clock: Clock
) -> None:
    clock.later(minutes=5)
    here = sign_in(accounts, "lea", GOOD)
    first, second = accounts.sign_ins(here.token)
    assert (first.agent, first.current, second.agent, second.current) == ("Chromium", True, "Firefox", False)
    assert (second.since, first.since) == ("2026-09-01T08:30:00+00:00", "2026-09-01T08:35:00+00:00")
    assert refused(accounts.end_sign_in, admin.token, account_contract.EndSignIn(second.id)).kind == "missing"
    accounts.end_sign_in(here.token, account_contract.EndSignIn(second.id))
    assert refused(accounts.end_sign_in, here.token, account_contract.EndSignIn(second.id)).kind == "missing"
    assert accounts.who(lea.token) is None
    assert accounts.sign_ins(here.token) == (first,)


def test_a_language_is_kept(accounts: PortalAccounts, lea: account_contract.SignedIn) -> None:
    for language in ("fr", "en", "en"):
        accounts.set_language(lea.who, account_contract.SetLanguage(language))
        who = accounts.who(lea.token)
        assert who is not None
        assert who.language == language


# People -------------------------------------------------------------------------------------------------------


def test_an_administrator_sees_who_can_sign_in(
    accounts: PortalAccounts, admin: account_contract.SignedIn, lea: account_contract.SignedIn
) -> None:
    add(accounts, admin, "paul", "trainer", "jury")
    assert {one.handle: (one.roles, one.password, one.last_seen) for one in accounts.people()} == {
        "admin": (("administrator",), True, "2026-09-01T08:30:00+00:00"),
        lea.who.handle: (("trainee",), True, "2026-09-01T08:30:00+00:00"),
        "paul": (("trainer", "jury"), False, None),
    }


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (account_contract.AddPerson("Éva", "Éva", "Martin"), "handle"),
        (account_contract.AddPerson("admin", "A", "B"), "handle"),
        (account_contract.AddPerson("eva", "x" * 201, "Martin"), "given_name"),
        (account_contract.AddPerson("eva", "Éva\n", "Mar\x1btin"), "family_name"),
        (account_contract.AddPerson("eva", "Éva", "Mar\u2028tin"), "family_name"),
        (account_contract.AddPerson("eva", "Éva", "Martin", ()), "roles"),
        (account_contract.AddPerson("eva", "Éva", "Martin", ("candidate",)), "roles"),
    ],
)
def test_what_is_wrong_of_a_person_is_told_at_its_field(
    accounts: PortalAccounts, admin: account_contract.SignedIn, asked: account_contract.AddPerson, field: str
) -> None:
    refusal = refused(accounts.add_person, admin.who, asked)
    assert (refusal.kind, refusal.field) == ("wrong", field)
    assert len(accounts.people()) == 1


def test_roles_are_changed_by_who_knows_their_password(
    accounts: PortalAccounts, admin: account_contract.SignedIn, store: Database
) -> None:
    roles = accounts.roles()
    accounts.add_person(admin.who, account_contract.AddPerson("lea", "Léa", ""))

    def change(handle: str, *names: calls.RoleName, password: str = GOOD) -> None:
        roles.change(admin.who, account_contract.ChangeRoles(handle, names, password))

    def roles_of(handle: str) -> frozenset[str]:
        with store.read() as reading:
            return People(reading).find(handle).roles

    for handle, names, field in (
        ("lea", (), "roles"),
        ("lea", ("candidate",), "roles"),
        ("lea", ("organiser", "jury"), "roles"),
        ("nobody", ("jury",), "handle"),
        (admin.who.handle, ("trainer",), "roles"),
    ):
        with pytest.raises(RefusedCallError) as refused:
            change(handle, *names)
        assert refused.value.refusal.field == field, names
    with pytest.raises(RefusedCallError) as refused:
        change("lea", "jury", password=BETTER)
    assert refused.value.refusal.field == "password"
    assert roles_of("lea") == {"trainee"}
    change("lea", "jury", "candidate")
    assert roles_of("lea") == {"jury", "candidate"}
    change("lea", "jury", "candidate")
    with store.read() as reading:
        entries = journal.entries(reading, kind="person.changed")
    assert [(one.event.actor, one.event.payload["roles"]) for one in entries] == [
        (admin.who.ref, ["candidate", "jury"])
    ], "what changes nothing is no entry"


def test_the_portal_keeps_an_administrator_who_can_sign_in(
    accounts: PortalAccounts, admin: account_contract.SignedIn
) -> None:
    link = accounts.add_person(admin.who, account_contract.AddPerson("lea", "Léa", "", ("administrator",)))
    taken = account_contract.ChangeRoles(admin.who.handle, ("trainer",), GOOD)
    with pytest.raises(RefusedCallError, match="only person") as refused:
        accounts.roles().change(admin.who, taken)  # Léa has no password yet
    assert refused.value.refusal.hint is not None
    accounts.use_link(account_contract.UseLink(link.link, BETTER))
    accounts.roles().change(admin.who, taken)
    who = accounts.who(admin.token)
    assert who is not None
    assert who.roles == ("trainer",), "it counts from the next call on"


@pytest.mark.parametrize("roles", [("organiser", "jury"), ("trainee", "jury", "organiser")])
def test_nobody_is_added_who_organises_and_judges(
    accounts: PortalAccounts, admin: account_contract.SignedIn, roles: tuple[calls.RoleName, ...]
) -> None:
    with pytest.raises(RefusedCallError) as refused:
        accounts.add_person(admin.who, account_contract.AddPerson("both", "", "", roles))
    assert refused.value.refusal.field == "roles"


def test_nobody_is_missing(accounts: PortalAccounts, admin: account_contract.SignedIn) -> None:
    for handle in ("zoe", "Zoé !", ""):
        assert refused(accounts.make_link, admin.who, account_contract.MakeLink(handle)).kind == "missing"


def test_the_journal_says_what_was_done_and_no_secret(
    accounts: PortalAccounts, admin: account_contract.SignedIn, lea: account_contract.SignedIn, store: Database
) -> None:
    accounts.change_password(lea.token, account_contract.ChangePassword(GOOD, BETTER))
    with store.read() as session:
        entries = [entry.event for entry in journal.entries(session, subject=lea.who.ref)]
        assert audit.verify(session) == ()
    assert [(one.kind, one.actor, dict(one.payload)) for one in entries] == [
        ("person.added", admin.who.ref, {"roles": ["trainee"]}),
        ("account.link-made", admin.who.ref, {"kind": "invitation", "until": "2026-09-08T08:30:00+00:00"}),
        ("account.password-chosen", lea.who.ref, {"way": "link"}),
        ("account.password-chosen", lea.who.ref, {"way": "change"}),
    ]
