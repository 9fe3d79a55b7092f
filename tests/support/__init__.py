"""What the tests act with: a browser, an agency app, databases, a mail server, a clock."""
