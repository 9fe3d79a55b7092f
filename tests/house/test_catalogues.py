"""A released language has every sentence, none of them doubtful, each with its placeholders and plural forms."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from idp.web import catalogue, words
from idp.web.catalogue import TRANSLATED, extract, gaps, update


@pytest.fixture(scope="module")
def sentences() -> Catalog:
    return extract()


def test_sentences_are_found_in_python_and_in_templates(sentences):
    assert "Skip to the main part" in sentences
    assert "Too many tries" in sentences
    assert len(sentences) > 100


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_released_language_is_complete(code, sentences):
    problems = list(gaps(code, sentences))
    assert not problems, f"{len(problems)} sentences, such as:\n" + "\n".join(problems[:10])


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_holds_nothing_that_the_source_no_longer_says(code, sentences):
    unused = [message.id for message in catalogue.read(code) if message.id and message.id not in sentences]
    assert not unused, unused[:10]


def test_every_kind_of_gap_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    template = Catalog(charset="utf-8")
    for one in ("Missing", "Fuzzy", "Hello %(name)s", "Fine", "Bye %(name)s"):
        template.add(one)
    template.add(("%(num)s day", "%(num)s days"))
    update("ar", template)
    kept = catalogue.read("ar")
    kept["Fuzzy"].string = "x"
    kept["Fuzzy"].flags.add("fuzzy")
    kept["Hello %(name)s"].string = "x %(nom)s"
    kept["Bye %(name)s"].string = "x %(name)s"
    kept["Fine"].string = "x"
    kept["%(num)s day"].string = ("x", "x %(num)s", "", "x", "x", "x")
    monkeypatch.setattr(catalogue, "read", lambda _code: kept)
    assert sorted(line.split(": ")[1] for line in gaps("ar", template)) == sorted(
        ["missing", "missing", "fuzzy", "unknown named placeholder 'nom'"]
    )
