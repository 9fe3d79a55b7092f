"""The web server's entrance: settings, app; nothing else."""

from idp.app import create_app
from idp.kernel.settings import from_environment

app = create_app(from_environment())
