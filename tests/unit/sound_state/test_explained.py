"""Changes in the words of their variant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.sound_state.explained import ExplainedChange, VariantWords
from tests.unit.differences import UNEXPLAINED

VALUES = {
    "gateway": "192.168.1.1",
    "net": "192.168.1",
    "user": DrawnPerson("Zoé", "Martin", "zmartin", feminine=True),
    "port": 8080,
    "few": 99,
    "hundred": 100,
    "short": "x",
    "site": "Paris Est",
    "town": "Paris",
    "hosts": ["srv-7", {"name": "srv-7-b"}],
    "yes": True,
}


def told(text: str) -> str:
    return VariantWords(VALUES).told(replace(UNEXPLAINED, object=text)).object


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("via 192.168.1.1 dev", "via <gateway> dev"),
        ("192.168.1.1/24", "<gateway>/24"),
        ("192.168.1.10", "192.168.1.10"),
        ("1192.168.1.1", "1192.168.1.1"),
        ("10.192.168.1.1", "10.192.168.1.1"),
        ("from 192.168.1.1.", "from <gateway>."),
        ("192.168.1 only", "<net> only"),
        ("Paris Est, Paris", "<site>, <town>"),
        ("Zoé Martin <zmartin>", "<user.first> <user.last> <<user.login>>"),
        ("/home/zmartin/x", "/home/<user.login>/x"),
        ("zmartin2 x-zmartin zmartin-x", "zmartin2 x-zmartin zmartin-x"),
        (":8080 99 100 x True", ":<port> 99 <hundred> x True"),
        ("srv-7-b srv-7 srv-7-c", "<hosts.1.name> <hosts.0> srv-7-c"),
    ],
)
def test_what_was_drawn_is_told_by_its_name(text: str, said: str) -> None:
    assert told(text) == said


def test_every_part_is_told_in_the_words_and_what_was_before_is_not() -> None:
    one = replace(UNEXPLAINED, host="srv-7", object="8080", field="zmartin", before="8080", now="100")
    change = VariantWords(VALUES).told(one)
    assert change == ExplainedChange("<hosts.0>", one.provider, "<port>", "<user.login>", "<hundred>")
    assert VariantWords(VALUES).told(replace(one, host=None, now=None)) == replace(change, host="", now=None)


def test_without_values_all_stays_as_it_is() -> None:
    assert VariantWords({}).told(UNEXPLAINED).object == UNEXPLAINED.object


def test_changes_without_a_value_are_sorted_too() -> None:
    change = VariantWords({}).told(UNEXPLAINED)
    assert sorted([change, replace(change, now=None)], key=ExplainedChange.order)[0].now is None


def test_the_order_of_a_values_lines_does_not_count() -> None:
    change = ExplainedChange("pc1", "files", "/etc/x", "content", "a\nb")
    assert change.key() == replace(change, now="b\na").key()
    for other in ("a", "a\nb\nb", None, "-"):
        assert change.key() != replace(change, now=other).key()
    assert replace(change, now=None).key() != replace(change, now="").key()


def change(
    now: str | None, before: str | None = None, field: str = "content", provider: str = "files"
) -> ExplainedChange:
    changed = replace(UNEXPLAINED, provider=provider, field=field, before=before, now=now)
    return VariantWords({"pc": "pc1", "server": "mail1", "address": "10.0.0.7"}).told(changed)


def test_of_a_text_what_is_gone_counts_as_well() -> None:
    assert change("a", "b").key() != change("a", "c").key()
    assert change(None, "b").key() != change(None, "b\nc").key()
    assert change("a", "b", field="mode").key() == change("a", "c", field="mode").key(), "the sound state says it"


def test_a_name_is_told_within_a_longer_one_and_an_address_is_not() -> None:
    assert change("host/pc1.x.internal HOST/PC1 pc10 10.0.0.70 10.0.0.7.1 10.0.0.7. user@mail1").now == (
        "host/<pc>.x.internal HOST/<pc.upper> pc10 10.0.0.70 10.0.0.7.1 <address>. user@<server>"
    )


@pytest.mark.parametrize(
    ("provider", "field", "now", "said"),
    [
        ("openldap", "userPassword", "{SSHA} 12ab", "<any>"),
        ("openldap", "presence", "uid: x\nuserPassword: {SSHA} 12ab", "uid: x\nuserPassword: <any>"),
        ("postgresql", "password", "SCRAM-SHA-256 12ab", "<any>"),
        ("samba_ad", "unicodePwd", "12ab", "<any>"),
        ("files", "presence", "userPassword: secret", "userPassword: secret"),
        ("files", "content", "mail TXT v=DKIM1; p=" + "Ab/+" * 20 + "==", "mail TXT v=DKIM1; p=<any>"),
        (
            "files",
            "content",
            f'TXT ("k=rsa; "\n\t"p={"Ab/+" * 50}"\n\t"xZk/Ya==" ) ; a key',
            'TXT ("k=rsa; "\n\t"p=<any>" ) ; a key',
        ),
        (
            "files",
            "content",
            "<cert> -----BEGIN CERTIFICATE----- MIIC -----END CERTIFICATE----- </cert>",
            "<cert> <any> </cert>",
        ),
        ("files", "content", "ssh-ed25519 " + "A" * 60, "ssh-ed25519 " + "A" * 60),
    ],
)
def test_what_is_another_one_each_time_is_told_as_any(provider: str, field: str, now: str, said: str) -> None:
    assert change(now, field=field, provider=provider).now == said


def test_what_an_expression_prints_is_told_by_it_in_another_variant() -> None:
    other = "{{ 'pc2' if pc == 'pc1' else 'pc1' }}"
    here = VariantWords({"pc": "pc1"}, lambda: {other: "pc2"})
    there = VariantWords({"pc": "pc2"}, lambda: {other: "pc1"})
    learnt = {one.key() for one in here.readings(replace(UNEXPLAINED, host="pc2", object="x"))}
    assert len(learnt) == 2
    assert there.is_explained(replace(UNEXPLAINED, host="pc1", object="x"), learnt)
    assert not there.is_explained(replace(UNEXPLAINED, host="pc1", object="y"), learnt)
    assert not there.is_explained(replace(UNEXPLAINED, host="pc3", object="x"), learnt)


def test_what_stands_in_every_variant_is_told_as_it_is_too() -> None:
    here = VariantWords({}, lambda: {"{{ login[0] }}": "mail"})
    there = VariantWords({}, lambda: {"{{ login[0] }}": "other"})
    learnt = {one.key() for one in here.readings(replace(UNEXPLAINED, object="mail"))}
    assert there.is_explained(replace(UNEXPLAINED, object="mail"), learnt)


def test_expressions_are_asked_where_they_are_needed() -> None:
    def never() -> dict[str, str]:
        raise AssertionError

    words = VariantWords({}, never)
    assert words.is_explained(UNEXPLAINED, {words.told(UNEXPLAINED).key()})
    assert not words.is_explained(UNEXPLAINED, frozenset())


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("/etc/tmpfiles.d/shop.conf", "/etc/tmpfiles.d/nginx-shop.conf", True),
        ("/etc/tmpfiles.d/shop.conf", "/etc/tmpfiles.d/shop", False),
        ("/etc/systemd/system/a.service.d/override.conf", "/etc/systemd/system/a.service.d/local.conf", True),
        ("/etc/systemd/system/a.service.d/override.conf", "/etc/systemd/system/b.service.d/override.conf", False),
        ("/etc/sudoers.d/a", "/etc/sudoers.d/b", False),
    ],
)
def test_the_name_of_a_new_file_counts_where_its_program_wants_one(one: str, other: str, *, is_same: bool) -> None:
    new = [ExplainedChange("h", "files", path, "presence", "file 0644 0:0\nx") for path in (one, other)]
    assert (new[0].key() == new[1].key()) is is_same
    changed = [replace(change, field="content") for change in new]
    assert changed[0].key() != changed[1].key(), "of one that was there, it is another file"


def test_a_link_may_be_relative() -> None:
    def key(path: str, target: str, host: str = "h") -> tuple[str, ...]:
        return ExplainedChange(host, "files", path, "presence", f"symlink 0777 0:0\n{target}").key()

    enabled = "/etc/nginx/sites-enabled/shop"
    assert key(enabled, "../sites-available/shop") == key(enabled, "/etc/nginx/sites-available/shop")
    assert key(enabled, "../sites-available/shop") == key(f"{enabled}.conf", "/etc/nginx/sites-available/shop")
    assert key(enabled, "../sites-available/shop") != key(enabled, "sites-available/shop")
    assert key("/etc/a", "b") != key("/etc/c", "b"), "its name counts"
