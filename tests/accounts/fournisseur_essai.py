"""A provider of identities on the loopback, and the ways in which it, or somebody between, may lie."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import oidc_provider_mock._app as fournisseur_mock
import requests
from authlib import jose
from django.test import Client
from werkzeug.serving import make_server

CLIENT, SECRET = "maillage", "secret-d-essai"


@dataclass
class Faussaire:
    """What is changed in the answers. `jeton`: the claims of the id_token; `encode`: how it is signed."""

    jeton: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    encode: Callable[[dict[str, Any], Any], str] | None = None
    userinfo: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    userinfo_signe: bool = True
    statut_jeton: int | None = None
    defi: str = ""
    demandes: list[dict[str, Any]] = field(default_factory=list)

    def reset(self) -> None:
        self.__dict__.update(Faussaire().__dict__)


@dataclass
class FournisseurEssai:
    adresse: str
    faussaire: Faussaire

    def set_person(self, sujet: str, **declarations: Any) -> None:
        reponse = requests.put(f"{self.adresse}/users/{sujet}", json=declarations, timeout=5)
        assert reponse.status_code == 204

    def reglages(self, fournisseur: str, **autres: Any) -> dict[str, Any]:
        return {
            "client": CLIENT,
            "secret": SECRET,
            "emetteur": self.adresse,
            "autorisation": f"{self.adresse}/oauth2/authorize",
            "jeton": f"{self.adresse}/oauth2/token",
            "userinfo": f"{self.adresse}/userinfo",
            "cles": f"{self.adresse}/jwks",
            "deconnexion": f"{self.adresse}/oauth2/end_session",
            "portees": "openid",
            "acr": "eidas1" if fournisseur == "psc" else "eidas2",
            "acr_fort": "eidas2 eidas3",
            "algorithme": "RS256",
            "userinfo_signe": fournisseur == "proconnect",
            **autres,
        }

    def authorize(self, client: Client, fournisseur: str, sujet: str, *, suite: str = "") -> str:
        """Leave the portal, say yes at the provider. Returns where it sends the browser back to."""
        depart = client.get(f"/compte/oidc/{fournisseur}/", {"next": suite} if suite else {})
        assert depart.status_code == 302, depart.status_code
        accord = requests.post(depart["Location"], data={"sub": sujet}, allow_redirects=False, timeout=5)
        assert accord.status_code == 302, accord.text
        retour = urlsplit(accord.headers["Location"])
        return f"{retour.path}?{retour.query}"


def read_defi(verifieur: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifieur.encode()).digest()).rstrip(b"=").decode()


def _attach(application: flask.Flask, faussaire: Faussaire) -> None:
    """PKCE is not in the mock: it is checked here. Then the answers are changed as asked."""

    @application.before_request
    def check_pkce() -> Any:
        if flask.request.path == "/oauth2/authorize" and flask.request.method == "POST":
            faussaire.demandes.append(dict(flask.request.args))
            assert flask.request.args["code_challenge_method"] == "S256"
            faussaire.defi = flask.request.args["code_challenge"]
        if flask.request.path == "/oauth2/token":
            if faussaire.statut_jeton:
                return "en panne", faussaire.statut_jeton
            if read_defi(flask.request.form.get("code_verifier", "")) != faussaire.defi:
                return flask.jsonify({"error": "invalid_grant"}), 400
        return None

    @application.after_request
    def falsify(reponse: flask.Response) -> flask.Response:
        if reponse.status_code != 200 or "application/json" not in reponse.headers.get("Content-Type", ""):
            return reponse
        cle = flask.g.oidc_provider_mock_storage.jwk
        if flask.request.path == "/oauth2/token":
            corps = json.loads(reponse.get_data())
            lu = dict(jose.jwt.decode(corps["id_token"], cle))
            lu = faussaire.jeton(lu) if faussaire.jeton else lu
            encode = faussaire.encode or sign
            corps["id_token"] = encode(lu, cle)
            reponse.set_data(json.dumps(corps))
        elif flask.request.path == "/userinfo":
            lu = json.loads(reponse.get_data())
            lu = faussaire.userinfo(lu) if faussaire.userinfo else lu
            if faussaire.userinfo_signe:
                reponse.set_data(sign(lu, cle))
                reponse.headers["Content-Type"] = "application/jwt"
            else:
                reponse.set_data(json.dumps(lu))
        return reponse


def sign(declarations: dict[str, Any], cle: Any) -> str:
    return jose.jwt.encode({"alg": "RS256"}, declarations, cle).decode()


def sign_with_public_key(declarations: dict[str, Any], cle: Any) -> str:
    """HS256, with the public key of the provider as the secret: it is known to everybody."""
    publique = cle.as_pem(is_private=False)
    entete, corps = (_b64(json.dumps(partie).encode()) for partie in ({"alg": "HS256", "typ": "JWT"}, declarations))
    sceau = hmac.new(publique, f"{entete}.{corps}".encode(), hashlib.sha256).digest()
    return f"{entete}.{corps}.{_b64(sceau)}"


def sign_nothing(declarations: dict[str, Any], cle: Any) -> str:
    return f"{_b64(json.dumps({'alg': 'none'}).encode())}.{_b64(json.dumps(declarations).encode())}."


def sign_with_another_key(declarations: dict[str, Any], cle: Any) -> str:
    return sign(declarations, jose.RSAKey.generate_key(2048, is_private=True))


def _b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def read_state(adresse: str) -> dict[str, str]:
    return {cle: valeurs[0] for cle, valeurs in parse_qs(urlsplit(adresse).query).items()}


@contextmanager
def open_fournisseur() -> Iterator[FournisseurEssai]:
    faussaire = Faussaire()
    application = fournisseur_mock.app()
    application.debug = False
    _attach(application, faussaire)
    serveur = make_server("127.0.0.1", 0, application, threaded=True)
    fil = threading.Thread(target=serveur.serve_forever, daemon=True)
    fil.start()
    try:
        yield FournisseurEssai(f"http://127.0.0.1:{serveur.server_port}", faussaire)
    finally:
        serveur.shutdown()
        fil.join(5)
        serveur.server_close()
