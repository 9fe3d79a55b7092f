"""What a page answers when a try owes a proof of work: the same form once more, with the challenge in it.

Pages that show their own form again catch ``ProofOwed`` and include ``limits/proof.html``. For all others this page
keeps what was typed, asks for codes and passwords anew, and sends the form to where it went.
"""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.limits.errors import ProofOwed
from idp.limits.proof import CHALLENGE, SOLUTION
from idp.web.errors import for_machines, refusal_page
from idp.web.pages import render

OURS = {CHALLENGE, SOLUTION, "csrf_token"}

limits = Blueprint("limits", __name__, template_folder="../templates")


@limits.app_errorhandler(ProofOwed)
def proof_page(owed: ProofOwed) -> Response:
    """Ask for the proof, and then go on."""
    if for_machines() or request.method != "POST":
        return refusal_page(owed)
    typed = [(name, text) for name, text in request.form.items(multi=True) if name not in OURS]
    return render(
        "limits/proof_page.html",
        challenge=owed.challenge,
        passwords=[name for name, _text in typed if name.endswith("password")],
        codes=[each for each in typed if each[0] == "code"],
        others=[each for each in typed if each[0] != "code" and not each[0].endswith("password")],
    )
