def test_a(browser, make_account, clock):
    p = make_account(totp=True, preferred_name="Marisol")
    browser.get("/sign-in")
    print(browser.url, browser.text, browser.data_page)
    browser.sign_in(p)
    print(browser.url, browser.text, browser.data_page)
    browser.get("/account")
    print(browser.url, browser.text, browser.data_page)
