"""What a session keeps of the provider: how it was opened, and how to close the one over there too."""

from urllib.parse import urlencode

from django.http import HttpRequest

from portal.accounts.oidc import Identite, ReglagesOidc, read_reglages
from portal.core.courriels import build_url

CLE = "oidc_session"


def keep_provider(request: HttpRequest, reglages: ReglagesOidc, identite: Identite) -> None:
    """`fort`: the provider asked for two factors (docs/adr/0110)."""
    request.session[CLE] = {
        "fournisseur": str(reglages.fournisseur),
        "id_token": identite.id_token,
        "fort": identite.fort,
    }


def is_forte(request: HttpRequest) -> bool:
    """Whether this session was opened at the provider with a second factor: none is asked for again here."""
    return bool(request.session.get(CLE, {}).get("fort"))


def read_moyen(request: HttpRequest) -> str:
    """« psc », « proconnect », or empty for a password."""
    return str(request.session.get(CLE, {}).get("fournisseur", ""))


def build_deconnexion_url(request: HttpRequest, *, retour: str = "/") -> str | None:
    """Where to send the browser to end the session of the provider: to be asked before the local one is flushed.

    None: signed in by password, or a provider that has no such page.
    """
    tenue = request.session.get(CLE)
    reglages = read_reglages(tenue["fournisseur"]) if tenue else None
    if tenue is None or reglages is None or not reglages.deconnexion:
        return None
    parametres = {"id_token_hint": tenue["id_token"], "post_logout_redirect_uri": build_url(retour)}
    return f"{reglages.deconnexion}?{urlencode(parametres)}"
