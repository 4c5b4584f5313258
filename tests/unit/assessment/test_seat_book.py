"""Candidates' codes and seats as they are kept: hashes only, one seat at a time, nothing of an earlier plan."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.assessment.seat_book import KeptSeats, SeatBook
from orchestrator.assessment.session_folder import SessionFolder
from orchestrator.core.errors import MachineError

NUMBERS = ("C-01", "C-02")


def test_a_code_is_80_bits_in_groups_and_read_as_it_is_typed() -> None:
    book, codes = SeatBook("plan").invited(NUMBERS)
    assert all(re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes.values())
    first = codes["C-01"]
    typed = (first, first.lower(), first.replace("-", ""), first.replace("-", " "), f"  {first.replace('0', 'o')}\n")
    assert [book.of_code(one) for one in typed] == ["C-01"] * len(typed)
    assert book.of_code(codes["C-02"]) == "C-02"


@pytest.mark.parametrize("code", ["", "-", "0" * 16, "A" * 15, "A" * 17, "é" * 16, "A" * 100_000, "../../seats.json\0"])
def test_what_is_no_code_is_nobodys(code: str) -> None:
    book, _ = SeatBook("plan").invited(NUMBERS)
    assert book.of_code(code) is None
    assert SeatBook("plan").of_code(code) is None


def test_a_new_code_ends_the_one_before_and_who_waits_with_it() -> None:
    book, old = SeatBook("plan").invited(NUMBERS)
    book, token = book.asked("C-01", 1, "192.0.2.1")
    book, other = book.asked("C-02", 1, "192.0.2.2")
    book, new = book.invited(("C-01",))
    assert book.of_code(old["C-01"]) is None
    assert book.of_code(new["C-01"]) == "C-01"
    assert book.of_code(old["C-02"]) == "C-02", "another's stays"
    assert (book.of_token(token), book.of_token(other)) == (None, ("C-02", "asking"))


def test_one_browser_at_a_time_has_a_seat() -> None:
    book, _ = SeatBook("plan").invited(NUMBERS)
    book, first = book.asked("C-01", 1, "192.0.2.1")
    assert book.of_token(first) == ("C-01", "asking"), "a right code lets nobody in"
    assert not book.changes_seat("C-01")
    book = book.confirmed(book.asking[0], 2)
    assert book.of_token(first) == ("C-01", "seated")
    book, second = book.asked("C-01", 3, "192.0.2.9")
    assert book.of_token(first) == ("C-01", "seated"), "the seat stays until somebody consents"
    assert book.changes_seat("C-01")
    book = book.confirmed(book.asking[0], 4)
    assert (book.of_token(first), book.of_token(second)) == (None, ("C-01", "seated"))
    assert book.seats["C-01"].changes == 1
    book = book.ended("C-01")
    assert book.of_token(second) is None
    assert book.changes_seat("C-01"), "who comes again has changed seats"


def test_a_refusal_concerns_that_browser_only() -> None:
    book, _ = SeatBook("plan").invited(NUMBERS)
    book, first = book.asked("C-01", 1, "192.0.2.1")
    book, second = book.asked("C-01", 1, "192.0.2.2")
    book = book.refused(book.asking[0])
    assert (book.of_token(first), book.of_token(second)) == (None, ("C-01", "asking"))


def test_who_asks_all_the_time_takes_nobody_elses_place() -> None:
    book, _ = SeatBook("plan").invited(NUMBERS)
    book, token = book.asked("C-01", 1, "192.0.2.1")
    for _ in range(100):
        book, _ = book.asked("C-02", 2, "x" * 10_000)
    assert [one.number for one in book.asking].count("C-02") == 4
    assert book.of_token(token) == ("C-01", "asking")
    assert max(len(one.address) for one in book.asking) <= 64


def test_the_file_holds_neither_codes_nor_tokens(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "december")
    kept = KeptSeats(folder)
    with kept.changing("plan") as empty:
        book, codes = empty.invited(NUMBERS)
        book, token = book.asked("C-01", 1, "192.0.2.1")
        book, other = book.confirmed(book.asking[0], 2).asked("C-02", 3, "")
        kept.keep(book)
    said = folder.seats.read_text()
    for secret in (token, other, *codes.values(), *(code.replace("-", "") for code in codes.values())):
        assert secret not in said
    assert folder.seats.stat().st_mode & 0o777 == 0o600
    assert kept.read("plan") == kept.read() == book
    assert kept.read("another plan") == SeatBook("another plan"), "a plan of the same name has nothing of it"


def test_the_same_code_has_another_hash_in_another_session() -> None:
    (one, _), (other, _) = SeatBook("plan").invited(NUMBERS), SeatBook("plan").invited(NUMBERS)
    assert one.salt != other.salt


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"plan": 1}', "\0"])
def test_a_damaged_file_is_said_to_be_one(tmp_path: Path, said: str) -> None:
    folder = SessionFolder(tmp_path)
    folder.seats.write_text(said)
    with pytest.raises(MachineError):
        KeptSeats(folder).read("plan")
