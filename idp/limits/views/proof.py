"""What a page answers when a try owes a proof of work: the same form once more, with the challenge in it.

Pages that show their own form again catch ``ProofOwed`` and include ``limits/proof.html``. For all others this page
keeps what was typed, asks for passwords anew, and sends the form to where it went.
"""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from idp.limits.errors import ProofOwed
from idp.limits.proof import CHALLENGE, SOLUTION
from idp.web.errors import for_machines, refusal_page
from idp.web.kept import typed
from idp.web.pages import render

limits = Blueprint("limits", __name__, template_folder="../templates")


@limits.app_errorhandler(ProofOwed)
def proof_page(owed: ProofOwed) -> Response:
    """Ask for the proof, and then go on."""
    kept = typed(CHALLENGE, SOLUTION, codes=True)
    if for_machines() or kept is None:
        return refusal_page(owed)
    return render("limits/proof_page.html", challenge=owed.challenge, kept=kept)
