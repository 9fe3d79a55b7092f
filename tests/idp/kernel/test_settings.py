"""Settings: read once, wrong ones named, their values never told."""

from __future__ import annotations

import pytest

from idp.kernel.errors import Misconfigured
from idp.kernel.settings import from_environment

PRODUCTION = {
    "BEACON_ENV": "production",
    "BEACON_ISSUER": "https://login.example.gov",
    "BEACON_SECRET_KEY": "s" * 32,
    "BEACON_KEY_FILE": "/etc/beacon/keys",
}


def test_production_is_what_one_gets_without_a_word():
    settings = from_environment(PRODUCTION | {"BEACON_ENV": "production"})
    assert not settings.development
    assert settings.secure


@pytest.mark.parametrize("missing", ["BEACON_SECRET_KEY", "BEACON_KEY_FILE"])
def test_production_demands_its_secrets(missing):
    with pytest.raises(Misconfigured, match=missing):
        from_environment({name: value for name, value in PRODUCTION.items() if name != missing})


def test_production_demands_https():
    with pytest.raises(Misconfigured, match="https"):
        from_environment(PRODUCTION | {"BEACON_ISSUER": "http://localhost:8000"})


def test_development_needs_nothing():
    settings = from_environment({"BEACON_ENV": "development"})
    assert settings.issuer == "http://localhost:8000"
    assert not settings.secure


def test_a_misspelt_setting_stops_the_start():
    with pytest.raises(Misconfigured, match="BEACON_SMTP_ULR"):
        from_environment({"BEACON_ENV": "development", "BEACON_SMTP_ULR": "x"})


def test_a_reserved_name_does_not():
    assert from_environment({"BEACON_ENV": "development", "BEACON_REDIS_URL": "redis://x"}).development


def test_what_is_not_ours_is_none_of_our_business():
    assert from_environment({"BEACON_ENV": "development", "PATH": "/bin"}).development


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEACON_SECRET_KEY", "too-short-and-secret"),
        ("BEACON_MFA", "sometimes-secret"),
        ("BEACON_ISSUER", "http://login.example.gov"),
        ("BEACON_ISSUER", "https://login.example.gov/"),
        ("BEACON_ISSUER", "https://login.example.gov/path"),
        ("BEACON_ISSUER", "login.example.gov"),
    ],
)
def test_a_wrong_value_is_named_but_not_repeated(name, value):
    with pytest.raises(Misconfigured) as refused:
        from_environment({"BEACON_ENV": "development", name: value})
    assert name in str(refused.value)
    assert value not in str(refused.value)


def test_a_wrong_network_is_named():
    with pytest.raises(Misconfigured, match="BEACON_TRUSTED_PROXIES"):
        from_environment({"BEACON_ENV": "development", "BEACON_TRUSTED_PROXIES": "10.0.0.0/99"})


@pytest.mark.parametrize("text", ["10.0.0.0/8 192.0.2.1", "10.0.0.0/8,192.0.2.1", " 10.0.0.0/8 , 192.0.2.1 "])
def test_networks_are_separated_by_spaces_or_commas(text):
    settings = from_environment({"BEACON_ENV": "development", "BEACON_TRUSTED_PROXIES": text})
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "192.0.2.1/32"]


def test_settings_cannot_be_changed_afterwards():
    settings = from_environment({"BEACON_ENV": "development"})
    with pytest.raises(ValueError, match="frozen"):
        settings.mfa = "optional"


def test_a_secret_is_not_shown():
    assert "s" * 32 not in repr(from_environment(PRODUCTION))
