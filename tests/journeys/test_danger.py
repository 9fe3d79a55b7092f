"""A resident whose account is in danger: frozen and taken back, disowned from a borrowed telephone, closed and kept."""

from __future__ import annotations

from idp import lifecycle
from tests.journeys.town import Town
from tests.support.danger import newest_link


def test_freezing_coming_back_and_changing_ones_mind(town: Town, walk):
    home, resident = walk(town), town.neighbour()
    home.open("/sign-in", at="sign-in").sign_in(resident).press("#verify", at="account")
    home.open("/account/data", at="data").press("#freeze", at="freeze").press("#freeze", at="frozen")
    home.press("#sign-in", at="sign-in").sign_in(resident).press("#verify", at="held").press("#unfreeze", at="account")
    home.open("/account/data", at="data").press("#close", at="close").press("#close", at="closing")
    home.press("#sign-in", at="sign-in").sign_in(resident).press("#verify", at="held").press("#keep", at="account")


def test_disowning_from_a_borrowed_telephone(town: Town, walk):
    borrowed = walk(town, width=360, script=False)
    with town.app.app_context():
        lifecycle.close(town.neighbour().person.id)
        link = newest_link()
    borrowed.open(link, at="not-me").press("#freeze", at="not-me").press("#secure", at="not-me")
    borrowed.press("#recover", at="recover")
    borrowed.open("/not-me/nothing", at="notice-gone").press("#recover", at="recover")
