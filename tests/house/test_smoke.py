def test_a(app, make_account, clock):
    p = make_account(totp=True, given_name="Marisol")
    assert p.code()
def test_b(make_client):
    make_client()
def test_c(browser):
    browser.get("/help")
    print(browser.text)
