"""Accounts, sessions, one-time links and tokens: who is let in, until when, and what is told of it."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from service.domain.errors import StoreUnavailable
from service.domain.people import FIRST_OFFICE, PlanningOffice, Role
from service.store import (
    Account,
    LastAdministrator,
    Link,
    LinkGone,
    LinkPurpose,
    LoginTaken,
    Session,
    Store,
    Token,
    new_id,
    new_secret,
    new_token,
    open_store,
)
from service.store.engine import make_engine
from service.store.people import hash_of
from service.store.tables import metadata
from tests.integration.samples import BOTH, NOON, accepted, an_upload, issued, rows_of

BY = "Persona de Ejemplo Uno"
IDLE = dt.timedelta(hours=2)
EVENING = NOON + dt.timedelta(hours=8)


def later(**of: int) -> dt.datetime:
    return NOON + dt.timedelta(**of)


def an_account(
    store: Store, login: str = "planeacion", role: Role = Role.ADMINISTERS, office_id: str | None = None
) -> Account:
    account = store.open_account(new_id(), login, f"Persona de {login}", role, office_id, now=NOON, by=BY)
    assert isinstance(account, Account)
    return account


def signed_in(store: Store, account: Account, secret: str = "") -> tuple[str, Session]:
    secret = secret or new_secret()
    session = store.open_session(
        secret, account.id, FIRST_OFFICE, now=NOON, expires_at=EVENING, address="10.0.0.8", browser="Firefox"
    )
    return secret, session


def a_link(store: Store, account: Account | None = None) -> str:
    secret = new_secret()
    purpose = LinkPurpose.PASSWORD if account else LinkPurpose.ADMINISTRATOR
    store.make_link(secret, purpose, account.id if account else None, now=NOON, expires_at=EVENING, by=BY)
    return secret


def a_token(
    store: Store, account: Account | None = None, role: Role = Role.PREPARES, office: str = FIRST_OFFICE
) -> str:
    secret = new_token()
    store.make_token(
        new_id(), secret, "carga", role, office, account.id if account else None, now=NOON, expires_at=EVENING, by=BY
    )
    return secret


def changed(store: Store, account: Account, now: dt.datetime = NOON, **to: Any) -> Account | LastAdministrator | None:
    values = {"name": account.name, "role": account.role, "office_id": account.office_id, "is_open": account.is_open}
    return store.change_account(account.id, **(values | to), now=now, by=BY)


def told(url: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What the audit log tells: the step, its subject, by whom, the details."""
    return [(row[3], row[4], row[2], json.loads(row[5])) for row in rows_of(url, "audit")]


def test_the_first_office_is_there_and_others_are_opened_and_renamed(store: Store, database_url: str) -> None:
    assert store.planning_offices() == (PlanningOffice(FIRST_OFFICE, "Oficina de planeación"),)

    sur = store.open_planning_office("region-sur", "Región sur", now=dt.datetime(2100, 1, 1, tzinfo=dt.UTC), by=BY)
    renamed = store.rename_planning_office(FIRST_OFFICE, "Dirección de planeación", now=NOON, by=BY)
    store.rename_planning_office(FIRST_OFFICE, "Dirección de planeación", now=NOON, by=BY)

    assert store.planning_offices() == (renamed, sur)
    assert store.rename_planning_office("no-hay", "Otra", now=NOON, by=BY) is None
    assert told(database_url) == [
        ("office_opened", "region-sur", BY, {"office": "region-sur", "name": "Región sur"}),
        (
            "office_renamed",
            FIRST_OFFICE,
            BY,
            {"office": FIRST_OFFICE, "name": ["Oficina de planeación", "Dirección de planeación"]},
        ),
    ]
    assert store.verify_audit().is_sound


@pytest.mark.parametrize(("office_id", "name"), [("Región", "Otra"), ("-a", "Otra"), ("a" * 41, "Otra"), ("a", " ")])
def test_an_office_that_cannot_be_named_so_is_not_opened(store: Store, office_id: str, name: str) -> None:
    with pytest.raises(ValueError, match="office"):
        store.open_planning_office(office_id, name, now=NOON, by=BY)


def test_an_office_that_is_there_is_not_opened_again(store: Store) -> None:
    assert store.open_planning_office(FIRST_OFFICE, "Otra", now=NOON, by=BY) is None
    assert [office.name for office in store.planning_offices()] == ["Oficina de planeación"]


def test_an_account_is_found_by_its_id_its_login_in_any_capitals_and_its_identity(store: Store) -> None:
    assert not store.has_administrator()
    account = an_account(store, " Dirección@Entidad.gov.co ")

    assert store.has_administrator()
    assert account == Account(
        id=account.id,
        login="dirección@entidad.gov.co",
        name=account.name,
        role=Role.ADMINISTERS,
        office_id=None,
        is_open=True,
        has_password=False,
        has_identity=False,
        created_at=NOON,
    )
    assert store.account(account.id) == store.account_of_login("DIRECCIÓN@entidad.GOV.CO") == account
    assert store.account_of_identity("https://id.example", "7") is None
    assert store.tie_identity(account.id, "https://id.example", "7", now=NOON, by=BY)
    found = store.account_of_identity("https://id.example", "7")
    assert found
    assert (found.id, found.has_identity) == (account.id, True)
    assert (store.account("x"), store.account_of_login("x"), store.account_of_login("\0\ud800")) == (None, None, None)


def test_a_login_is_taken_once_whatever_its_capitals(store: Store) -> None:
    an_account(store, "planeacion")

    assert store.open_account(new_id(), "PLANEACION", "Otra", Role.READS, None, now=NOON, by=BY) == LoginTaken()
    assert len(store.accounts()) == 1


@pytest.mark.parametrize(
    ("login", "name", "office_id"), [("", "Una", None), ("a\0b", "Una", None), ("a", " ", None), ("a", "Una", "no-hay")]
)
def test_an_account_that_cannot_be_is_not_opened(store: Store, login: str, name: str, office_id: str | None) -> None:
    with pytest.raises(ValueError, match=r"account|office"):
        store.open_account(new_id(), login, name, Role.READS, office_id, now=NOON, by=BY)
    assert not store.has_administrator()


def test_an_identity_is_of_one_account(store: Store) -> None:
    first, second = an_account(store), an_account(store, "otra")

    assert store.tie_identity(first.id, "https://id.example", "7", now=NOON, by=BY)
    assert store.tie_identity(first.id, "https://id.example", "7", now=NOON, by=BY)
    assert not store.tie_identity(second.id, "https://id.example", "7", now=NOON, by=BY)
    assert not store.tie_identity("x", "https://id.example", "8", now=NOON, by=BY)
    assert not store.tie_identity(second.id, "https://id.example", "\0", now=NOON, by=BY)


def test_accounts_are_listed_by_name_all_or_those_of_one_office(store: Store) -> None:
    store.open_planning_office("sur", "Región sur", now=NOON, by=BY)
    everywhere, here, there = (
        an_account(store, "c"),
        an_account(store, "b", office_id=FIRST_OFFICE),
        an_account(store, "a", office_id="sur"),
    )

    assert store.accounts() == (there, here, everywhere)
    assert store.accounts("sur") == (there,)


def test_a_changed_account_is_another_in_its_very_next_request(store: Store, database_url: str) -> None:
    store.open_planning_office("sur", "Región sur", now=NOON, by=BY)
    an_account(store)
    account = an_account(store, "otra", Role.PREPARES)
    secret, _ = signed_in(store, account)

    after = changed(store, account, name="Otra persona", role=Role.READS, office_id="sur")
    changed(store, account, name="Otra persona", role=Role.READS, office_id="sur")

    session = store.session(secret, NOON, IDLE)
    assert session
    assert (session.account, session.office_id) == (after, "sur")
    assert [entry for entry in told(database_url) if entry[0] == "account_changed"] == [
        (
            "account_changed",
            account.id,
            BY,
            {
                "office": "sur",
                "changed": {
                    "name": ["Persona de otra", "Otra persona"],
                    "role": ["elabora", "lectura"],
                    "office": [None, "sur"],
                },
            },
        )
    ]
    assert changed(store, replace(account, id="x")) is None
    with pytest.raises(ValueError, match="no office"):
        changed(store, account, office_id="no-hay")


def test_what_lets_a_closed_account_in_ends_for_good(store: Store) -> None:
    an_account(store)
    account = an_account(store, "otra", Role.PREPARES)
    store.choose_password(account.id, "a hash", now=NOON, by=BY)
    secret, _ = signed_in(store, account)
    token, link = a_token(store, account), a_link(store, account)
    assert store.session(secret, NOON, IDLE)
    assert store.token(token, NOON)
    assert store.link(link, NOON)

    for is_open in (False, True):
        changed(store, account, is_open=is_open)
        assert store.session(secret, NOON, IDLE) is None
        assert store.token(token, NOON) is None
        assert store.link(link, NOON) is None
        assert bool(store.password_of("otra")) is is_open
        assert store.sessions_of(account.id, NOON) == ()
        # Who was about to sign in, or to make a token, while the account was closed.
        secret, session = signed_in(store, account)
        assert session.account.is_open is is_open
        token = a_token(store, account)
        assert bool(store.session(secret, NOON, IDLE)) is bool(store.token(token, NOON)) is is_open


@pytest.mark.parametrize(
    "to", [{"role": Role.APPROVES}, {"office_id": FIRST_OFFICE}, {"is_open": False}], ids=["role", "office", "closed"]
)
def test_the_last_administrator_of_all_offices_stays(store: Store, to: dict[str, Any]) -> None:
    only = an_account(store)
    an_account(store, "b", Role.ADMINISTERS, FIRST_OFFICE)
    closed = an_account(store, "c", Role.ADMINISTERS)
    changed(store, closed, is_open=False)

    assert changed(store, only, **to) == LastAdministrator()
    assert store.account(only.id) == only
    assert isinstance(changed(store, only, name="Otra"), Account)
    changed(store, closed, is_open=True)
    assert isinstance(changed(store, only, **to), Account)


def test_of_two_administrators_who_close_each_other_one_stays(store: Store) -> None:
    two = an_account(store, "a"), an_account(store, "b")

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda account: changed(store, account, is_open=False), two))

    assert sum(isinstance(outcome, LastAdministrator) for outcome in outcomes) == 1
    assert sum(account.is_open for account in store.accounts()) == 1


def test_a_chosen_password_ends_the_other_sessions_and_the_links(store: Store, database_url: str) -> None:
    account = an_account(store)
    assert store.password_of("planeacion") == (account, None)
    (mine, my_session), (other, _) = signed_in(store, account), signed_in(store, account)
    link = a_link(store, account)

    assert store.choose_password(account.id, "a hash", now=NOON, by=account.name, but=my_session.id)

    found = store.password_of("PLANEACION")
    assert found
    assert (found[0].has_password, found[1]) == (True, "a hash")
    assert store.session(mine, NOON, IDLE)
    assert store.session(other, NOON, IDLE) is None
    assert store.link(link, NOON) is None
    assert not store.choose_password("x", "a hash", now=NOON, by=BY)
    assert (store.password_of("x"), store.password_of("\0")) == (None, None)
    assert told(database_url)[-1] == (
        "password_chosen",
        account.id,
        account.name,
        {"office": None, "with_link": False, "sessions_ended": 1},
    )


def test_a_link_is_good_once_and_a_new_one_replaces_it(store: Store) -> None:
    account = an_account(store)
    replaced, link = a_link(store, account), a_link(store, account)
    secret, _ = signed_in(store, account)

    assert store.link(replaced, NOON) is None
    assert store.use_link(replaced, "a hash", now=NOON) == LinkGone()
    assert store.link(link, NOON) == Link(LinkPurpose.PASSWORD, account, EVENING)
    assert store.link(link, EVENING) is None
    assert store.use_link(link, "a hash", now=EVENING) == LinkGone()
    assert store.first_administrator(link, new_id(), "x", "X", "a hash", now=NOON) == LinkGone()
    used = store.use_link(link, "a hash", now=NOON)
    assert isinstance(used, Account)
    assert (used.id, used.has_password) == (account.id, True)
    assert store.password_of("planeacion") == (used, "a hash")
    assert store.session(secret, NOON, IDLE) is None
    assert store.use_link(link, "another", now=NOON) == LinkGone()
    assert store.link("never made \ud800", NOON) is None


def test_a_link_of_nobody_is_not_made(store: Store) -> None:
    for purpose, account_id in (
        (LinkPurpose.PASSWORD, None), (LinkPurpose.PASSWORD, "x"), (LinkPurpose.ADMINISTRATOR, "x"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"account|password"):
            store.make_link(new_secret(), purpose, account_id, now=NOON, expires_at=EVENING, by=BY)


def test_the_administrators_link_opens_the_first_account_and_no_other(store: Store) -> None:
    replaced, link = a_link(store), a_link(store)
    assert store.link(replaced, NOON) is None
    assert store.link(link, NOON) == Link(LinkPurpose.ADMINISTRATOR, None, EVENING)
    assert store.use_link(link, "a hash", now=NOON) == LinkGone()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(
            pool.map(lambda login: store.first_administrator(link, new_id(), login, "Una", "a hash", now=NOON), "abcd")
        )

    (account,) = (outcome for outcome in outcomes if outcome != LinkGone())
    assert store.accounts() == (account,)
    assert isinstance(account, Account)
    assert (account.role, account.office_id, account.has_password) == (Role.ADMINISTERS, None, True)
    assert store.password_of(account.login) == (account, "a hash")
    assert store.link(link, NOON) is None
    # One made before anybody had an account, too.
    assert store.link(a_link(store), NOON) is None


def test_a_session_holds_until_it_is_too_old_idle_or_ended(store: Store) -> None:
    account = an_account(store)
    secret, session = signed_in(store, account)

    assert session == Session(hash_of(secret), account, FIRST_OFFICE, NOON, NOON, EVENING, "10.0.0.8", "Firefox")
    assert store.session(secret, later(seconds=59), IDLE) == session
    assert store.session(secret, later(hours=2), IDLE) is None
    assert store.session(secret, EVENING, dt.timedelta(days=1)) is None
    assert store.session("another", NOON, IDLE) is None
    assert store.end_session(session.id, now=NOON, by=account.name)
    assert store.session(secret, NOON, IDLE) is None
    assert not store.end_session(session.id, now=NOON, by=account.name)
    assert not store.end_session("x", now=NOON, by=account.name)


def test_that_a_session_was_used_is_noted_once_a_minute(store: Store, database_url: str) -> None:
    secret, session = signed_in(store, an_account(store))
    noted = []

    for seconds in (30, 59, 60, 61, 119, 120, 7200):
        assert store.session(secret, later(seconds=seconds), IDLE)
        ((_, _, _, _, seen_at, *_),) = rows_of(database_url, "sessions")
        noted.append(int((seen_at - NOON).total_seconds()))

    assert noted == [0, 0, 60, 60, 60, 120, 7200]
    assert store.sessions_of(session.account.id, NOON)[0].seen_at == later(seconds=7200)


def test_a_session_is_read_while_another_writes(sqlite_store: Store, sqlite_url: str) -> None:
    secret, _ = signed_in(sqlite_store, an_account(sqlite_store))
    impatient = Store(make_engine(sqlite_url, busy_seconds=0.1))
    engine = make_engine(sqlite_url)

    with engine.connect() as writer:
        writer.exec_driver_sql("COMMIT")
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        assert impatient.session(secret, later(hours=1), IDLE)
        assert impatient.token(a_secret := new_token(), NOON) is None
        with pytest.raises(StoreUnavailable):
            impatient.end_session(hash_of(secret), now=NOON, by=BY)
        assert a_secret.startswith("folio_")
    engine.dispose()
    impatient.close()


def test_the_sessions_of_an_account_are_listed_and_ended_together(store: Store, database_url: str) -> None:
    account, other = an_account(store), an_account(store, "otra")
    (_, first), (second_secret, second), (_, third) = (signed_in(store, account) for _ in range(3))
    others_secret, _ = signed_in(store, other)
    store.session(second_secret, later(minutes=5), IDLE)

    listed = store.sessions_of(account.id, later(minutes=5))

    assert listed[0].id == second.id
    assert {session.id for session in listed} == {first.id, second.id, third.id}
    assert store.sessions_of(account.id, EVENING) == ()
    assert store.end_sessions_of(account.id, now=NOON, by=BY, but=second.id) == 2
    assert store.end_sessions_of(account.id, now=NOON, by=BY, but=second.id) == 0
    assert [session.id for session in store.sessions_of(account.id, NOON)] == [second.id]
    assert store.session(others_secret, NOON, IDLE)
    assert [entry[3] for entry in told(database_url) if entry[0] == "session_ended"] == [
        {"office": None, "sessions_ended": 2}
    ]


def test_whoever_sees_every_office_looks_at_one_after_the_other(store: Store) -> None:
    store.open_planning_office("sur", "Región sur", now=NOON, by=BY)
    secret, session = signed_in(store, an_account(store))
    _, bound = signed_in(store, an_account(store, "b", office_id="sur"))

    assert bound.office_id == "sur"
    assert store.look_at_office(session.id, "sur")
    assert not store.look_at_office(session.id, "no-hay")
    assert not store.look_at_office(bound.id, FIRST_OFFICE)
    assert not store.look_at_office("x", FIRST_OFFICE)
    looking = store.session(secret, NOON, IDLE)
    assert looking
    assert looking.office_id == "sur"


def test_a_token_lets_in_until_it_is_ended_or_too_old(store: Store, database_url: str) -> None:
    secret = a_token(store)
    (made,) = store.tokens()

    assert made == Token(made.id, "carga", Role.PREPARES, FIRST_OFFICE, None, NOON, EVENING, None, None)
    assert store.token(secret, NOON) == (made, None)
    for seconds, used in ((30, 0), (60, 60), (119, 60), (120, 120)):
        assert store.token(secret, later(seconds=seconds))
        assert store.tokens()[0].used_at == later(seconds=used)
    assert store.token(secret, EVENING) is None
    assert store.token(made.id, NOON) is None
    assert store.token("\ud800", NOON) is None
    assert store.end_token(made.id, now=NOON, by=BY)
    assert not store.end_token(made.id, now=NOON, by=BY)
    assert store.token(secret, NOON) is None
    assert store.tokens()[0].ended_at == NOON
    assert [entry[0] for entry in told(database_url)] == ["token_made", "token_ended"]


def test_a_token_may_no_more_than_its_account_and_sees_no_other_office(store: Store) -> None:
    store.open_planning_office("sur", "Región sur", now=NOON, by=BY)
    an_account(store)
    account = an_account(store, "otra", Role.APPROVES)
    secret, of_sur = a_token(store, account, Role.APPROVES), a_token(store, account, office="sur")

    changed(store, account, role=Role.READS, office_id="sur")

    assert store.token(secret, NOON) is None
    found = store.token(of_sur, NOON)
    assert found
    assert (found[0].role, found[1]) == (Role.READS, store.account(account.id))
    assert [token.office_id for token in store.tokens("sur")] == ["sur"]


def test_a_token_of_nobody_or_for_no_office_is_not_made(store: Store) -> None:
    for name, office, account_id in ((" ", FIRST_OFFICE, None), ("a", "no-hay", None), ("a", FIRST_OFFICE, "x")):
        with pytest.raises(ValueError, match=r"name|office|account"):
            store.make_token(
                new_id(), new_token(), name, Role.READS, office, account_id, now=NOON, expires_at=None, by=BY
            )


def test_who_was_not_let_in_is_on_record_and_no_mistyped_password_with_it(store: Store, database_url: str) -> None:
    account = an_account(store)

    store.note_sign_in_refused("PLANEACION", "10.0.0.8", now=NOON)
    store.note_sign_in_refused("my secret passphrase\0" * 999, "x" * 999, now=NOON)

    assert [(entry[1], entry[2], entry[3]["login"], len(entry[3]["address"])) for entry in told(database_url)[1:]] == [
        (account.id, "sin identificar", "planeacion", 8),
        ("", "sin identificar", "my …", 64),
    ]


def test_no_secret_is_kept_anywhere_and_every_change_is_told(store: Store, database_url: str) -> None:
    account = an_account(store)
    secrets = [a_link(store, account), signed_in(store, account)[0], a_token(store, account)]
    store.use_link(secrets[0], "the hash of a password", now=NOON)

    engine = make_engine(database_url)
    with engine.connect() as connection:
        kept = {name: repr(connection.execute(sa.select(table)).all()) for name, table in metadata.tables.items()}
    engine.dispose()

    assert not [name for name, rows in kept.items() for secret in secrets if secret in rows]
    assert [name for name, rows in kept.items() if "the hash of a password" in rows] == ["accounts"]
    assert [entry[0] for entry in told(database_url)] == [
        "account_opened", "link_made", "signed_in", "token_made", "password_chosen",
    ]  # fmt: skip
    assert store.verify_audit().is_sound


def test_a_report_tells_which_account_uploaded_it(store: Store) -> None:
    account = an_account(store)
    report_id = new_id()

    store.append_report(
        an_upload(), accepted(), b"{}", BOTH, report_id=report_id, now=NOON, by=account.name, uploader=account.id
    )

    assert {report.id: report.uploader_id for report in store.reports(9)}[report_id] == account.id
    assert issued(store).uploader_id == ""
    assert store.verify_audit().is_sound


def test_a_database_that_does_not_answer_is_told_as_such() -> None:
    store = open_store("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable):
        store.session("x", NOON, IDLE)
    with pytest.raises(StoreUnavailable):
        store.has_administrator()
    store.close()
