"""What people type becomes one clean form, or a clear refusal."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts import numbers
from profiles import phones, values
from profiles.errors import InvalidValue
from profiles.shapes import address_claim, full_name, show_address

TODAY = date(2027, 1, 15)


def part_at_fault(clean, *typed) -> str:
    with pytest.raises(InvalidValue) as refusal:
        clean(*typed)
    return refusal.value.part


@pytest.mark.parametrize(
    "name",
    [
        {"given": "Ana María", "family": "de la Cruz-Ó Súilleabháin"},
        {"given": "美玲", "family": "陳"},
        {"given": "Sokha"},
        {"family": "Suharto"},
        {"given": "محمد", "middle": "علي", "family": "حسن"},
        {"given": "X Æ A-12", "family": "O'Neil 3rd"},
    ],
)
def test_any_name_in_any_script_is_kept_as_it_is(name: dict[str, str]) -> None:
    assert values.clean_name(name) == name


def test_a_name_is_tidied_but_never_judged() -> None:
    typed = {"given": "  Ana\u00a0\t María ", "middle": "", "family": "Nun\u0303ez\x00\u202e"}
    assert values.clean_name(typed) == {"given": "Ana María", "family": "Nuñez"}


def test_a_middle_name_alone_is_not_a_name() -> None:
    assert part_at_fault(values.clean_name, {"middle": "Lee"}) == "given"


def test_two_hundred_characters_fit_and_one_more_does_not() -> None:
    assert values.clean_name({"given": "Å" * 200}) == {"given": "Å" * 200}
    assert part_at_fault(values.clean_name, {"family": "Å" * 201, "given": "A"}) == "family"


@pytest.mark.parametrize("value", ["Ana", ["Ana"], {"given": "Ana", "email_verified": "true"}])
def test_a_name_of_another_shape_is_refused(value: object) -> None:
    assert part_at_fault(values.clean_name, value) == ""


def test_nothing_typed_is_nothing_kept() -> None:
    assert values.clean_name({"given": " ", "family": ""}) is None
    assert values.clean_text("\x00 ") is None
    assert values.clean_birthdate("--", TODAY) is None
    assert values.clean_address({"country": "US"}) is None
    assert values.clean_language("") is None
    assert phones.clean({"country": "US", "number": " "}) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("www.example.com", "https://www.example.com"),
        (" https://example.com:8443/~me?a=%20&b=(c)#d ", "https://example.com:8443/~me?a=%20&b=(c)#d"),
        ("HTTPS://Example.COM/", "HTTPS://Example.COM/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("", None),
    ],
)
def test_an_address_on_the_web_is_kept_as_it_is(typed: str, kept: str | None) -> None:
    assert values.clean_link(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("http://example.com", "ftp://example.com", "javascript:alert(1)", "data:text/html,x", "//example.com"),
        *("https://", "https://localhost", "https://127.0.0.1/", "https://[::1]/", "https://me@example.com/"),
        *("https://example.com/a b", 'https://example.com/"', "https://example.com/<x>", "https://example.com\\@e.com"),
        *("https://bücher.example/", "https://example.com/" + "x" * 500),
    ],
)
def test_what_is_no_https_address_is_refused(typed: str) -> None:
    assert part_at_fault(values.clean_link, typed) == ""


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Asia/Calcutta", "UTC"])
def test_a_time_zone_that_exists_is_kept(zone: str) -> None:
    assert values.clean_zone(zone) == zone


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "america/new_york", "America/New York"])
def test_a_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    assert part_at_fault(values.clean_zone, zone) == "zone"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1980-3-1", "1980-03-01"),
        ("2000-02-29", "2000-02-29"),
        ("1899-12-31", "1899-12-31"),
        ("١٩٨٠-٠٣-٠١", "1980-03-01"),
        ("2027-01-15", "2027-01-15"),
    ],
)
def test_a_past_day_is_kept_as_iso_date(typed: str, kept: str) -> None:
    assert values.clean_birthdate(typed, TODAY) == kept


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("1999-02-29", "day"),
        ("1999-13-01", "month"),
        ("1999-00-01", "month"),
        ("1999-01-00", "day"),
        ("99-01-01", "year"),
        ("2027-01-16", "year"),
        ("1896-01-01", "year"),
        ("0000-01-01", "day"),
        ("1999-01-", "year"),
        ("one-two-three", "year"),
        ("²²²²-1-1", "year"),
    ],
)
def test_a_day_that_cannot_be_is_refused_at_the_right_part(typed: str, part: str) -> None:
    assert part_at_fault(values.clean_birthdate, typed, TODAY) == part


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        ("2009-01-15", TODAY, 18),
        ("2009-01-16", TODAY, 17),
        ("2008-02-29", date(2026, 2, 28), 17),
        ("2008-02-29", date(2026, 3, 1), 18),
    ],
)
def test_ages_turn_on_the_birthday(born: str, on: date, years: int) -> None:
    assert values.years_between(born, on) == years


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(617) 555-0100", "+16175550100"),
        ("617.555.0123 ext 5", "+16175550123;ext=5"),
        ("+84 24 3825 5678", "+842438255678"),
        ("٦١٧٥٥٥٠١٠٠", "+16175550100"),
        ({"country": "VN", "number": "024 3825 5678"}, "+842438255678"),
        ("+16175550123;ext=5", "+16175550123;ext=5"),
    ],
)
def test_a_phone_number_may_be_written_in_any_way(typed: object, kept: str) -> None:
    assert phones.clean(typed) == kept
    assert phones.clean(kept) == kept


@pytest.mark.parametrize(
    "typed", ["12", "call me", "+1 617 555 0100 0000 0000", {"country": "ZZ", "number": "5"}, "9" * 201]
)
def test_what_is_no_phone_number_is_refused(typed: object) -> None:
    assert part_at_fault(phones.clean, typed) == "number"


def test_a_phone_number_comes_back_as_people_at_home_write_it() -> None:
    assert numbers.as_typed_at_home("+16175550100") == ("US", "(617) 555-0100")
    assert numbers.as_typed_at_home("+842438255678")[0] == "VN"
    assert numbers.show("+16175550123;ext=5") == "+1 617-555-0123 ext. 5"


HOME = {"line1": "1 Ashburton Pl", "city": "Boston", "region": "MA", "postal_code": "02108", "country": "US"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"region": "massachusetts"},
        {"region": " ma "},
        {"country": "us"},
        {"country": ""},
        {"line2": "  "},
    ],
)
def test_a_home_address_has_one_form(change: dict[str, str]) -> None:
    assert values.clean_address(HOME | change) == HOME


def test_a_zip_code_of_nine_digits_gets_its_dash() -> None:
    assert values.clean_address(HOME | {"postal_code": "021081518"}) == HOME | {"postal_code": "02108-1518"}


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"line1": ""}, "line1"),
        ({"city": ""}, "city"),
        ({"region": "Bavaria"}, "region"),
        ({"region": ""}, "region"),
        ({"postal_code": "0210"}, "postal_code"),
        ({"postal_code": ""}, "postal_code"),
        ({"country": "Narnia"}, "country"),
        ({"line2": "x" * 201}, "line2"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_the_right_part(change: dict[str, str], part: str) -> None:
    assert part_at_fault(values.clean_address, HOME | change) == part


def test_an_address_abroad_needs_no_state_and_no_zip_code() -> None:
    abroad = {"line1": "12 Phố Huế", "city": "Hà Nội", "country": "VN"}
    assert values.clean_address(abroad) == abroad
    assert address_claim(abroad) == {
        "formatted": "12 Phố Huế\nHà Nội\nVietnam",
        "street_address": "12 Phố Huế",
        "locality": "Hà Nội",
        "country": "VN",
    }


def test_an_address_claim_has_the_standard_members() -> None:
    claim = address_claim(HOME | {"line2": "Room 1"})
    assert claim == {
        "formatted": "1 Ashburton Pl\nRoom 1\nBoston, MA 02108",
        "street_address": "1 Ashburton Pl\nRoom 1",
        "locality": "Boston",
        "region": "MA",
        "postal_code": "02108",
        "country": "US",
    }
    assert show_address(claim) == "1 Ashburton Pl, Room 1, Boston, MA 02108"


def test_only_our_ten_languages_can_be_chosen() -> None:
    assert len(values.LANGUAGES) == 10
    assert values.clean_language("pt-BR") == "pt-BR"
    assert part_at_fault(values.clean_language, "tlh") == "language"


@given(st.dictionaries(st.sampled_from(values.NAME_PARTS), st.text(max_size=80)))
def test_cleaning_a_name_twice_changes_nothing_more(typed: dict[str, str]) -> None:
    try:
        kept = values.clean_name(typed)
    except InvalidValue:
        assert not any(values.plain(typed.get(part)) for part in ("given", "family"))
        return
    assert values.clean_name(kept) == kept
    for text in (kept or {}).values():
        assert text == unicodedata.normalize("NFC", text)
        assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)
    assert full_name(kept or {}) == full_name(kept or {}).strip()


@given(st.text(max_size=250))
def test_no_text_breaks_a_cleaner(typed: str) -> None:
    for clean in (
        values.clean_text,
        values.clean_language,
        phones.clean,
        lambda text: values.clean_birthdate(text, TODAY),
    ):
        try:
            kept = clean(typed)
        except InvalidValue:
            continue
        assert kept is None or clean(kept) == kept
