"""OpenID Connect: what each provider is, and how an answer is checked before anything of it is believed.

mozilla-django-oidc fetches the keys, the tokens and checks signatures; what it leaves out (issuer, audience, expiry
present, same person in both answers, level of assurance, signed userinfo) is checked here (docs/adr/0110).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import requests
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from portal.accounts.enums import Fournisseur

DELAI = 5  # seconds, for each call to the provider
OBLIGATOIRES = ["exp", "iat", "iss", "aud", "sub"]


class EchecOidc(Exception):
    """Nobody is signed in. `motif` goes to the journal, `statut` is the answer's, the sentence is for the person."""

    def __init__(self, motif: str, *, statut: int = 400, phrase: str = "") -> None:
        super().__init__(motif)
        self.motif = motif
        self.statut = statut
        self.phrase = phrase


@dataclass(frozen=True, slots=True)
class ReglagesOidc:
    """A provider configured. `acr`: levels asked for; `acr_fort`: those that stand for a second factor."""

    fournisseur: Fournisseur
    client: str
    secret: str
    emetteur: str
    autorisation: str
    jeton: str
    userinfo: str
    cles: str
    deconnexion: str
    portees: str
    acr: str
    acr_fort: str
    algorithme: str
    userinfo_signe: bool

    @property
    def acr_admis(self) -> frozenset[str]:
        """Empty: every level is admitted."""
        return frozenset(f"{self.acr} {self.acr_fort}".split()) if self.acr else frozenset()


def read_reglages(fournisseur: str) -> ReglagesOidc | None:
    """None: this provider is not configured, its button and its addresses do not exist."""
    valeurs: Mapping[str, Any] | None = settings.MAILLAGE_OIDC.get(fournisseur)
    if not valeurs or not valeurs["client"]:
        return None
    return ReglagesOidc(fournisseur=Fournisseur(fournisseur), **valeurs)


def list_fournisseurs() -> list[Fournisseur]:
    """Those that are configured, for the buttons of the sign-in page."""
    return [fournisseur for fournisseur in Fournisseur if read_reglages(fournisseur)]


@dataclass(frozen=True, slots=True)
class Identite:
    """What the provider vouches for, checked. `declarations`: the claims of userinfo."""

    sujet: str
    declarations: Mapping[str, Any]
    fort: bool
    id_token: str


class ClientOidc(OIDCAuthenticationBackend):
    """The client of one provider."""

    def __init__(self, reglages: ReglagesOidc) -> None:
        self.reglages = reglages
        self._valeurs = {
            "OIDC_OP_TOKEN_ENDPOINT": reglages.jeton,
            "OIDC_OP_USER_ENDPOINT": reglages.userinfo,
            "OIDC_OP_JWKS_ENDPOINT": reglages.cles,
            "OIDC_RP_CLIENT_ID": reglages.client,
            "OIDC_RP_CLIENT_SECRET": reglages.secret,
            "OIDC_RP_SIGN_ALGO": reglages.algorithme,
            "OIDC_USE_NONCE": True,
            "OIDC_TIMEOUT": DELAI,
        }
        super().__init__()

    def get_settings(self, attr: str, *defaut: Any) -> Any:
        """Those of this provider: the library's own would be the same for both."""
        return self._valeurs.get(attr, *(defaut or (None,)))

    def identify(self, *, code: str, nonce: str, verifieur: str, retour: str) -> Identite:
        """Exchange the code for an identity. Raises EchecOidc, and nothing else, whatever the provider answers."""
        try:
            return self._identify(code=code, nonce=nonce, verifieur=verifieur, retour=retour)
        except requests.HTTPError as erreur:
            muet = erreur.response is None or erreur.response.status_code >= 500
            raise EchecOidc("fournisseur_muet" if muet else "code_refuse", statut=503 if muet else 400) from None
        except requests.JSONDecodeError:
            raise EchecOidc("reponse_illisible") from None
        except requests.RequestException:
            raise EchecOidc("fournisseur_muet", statut=503) from None
        except jwt.PyJWTError as erreur:
            raise EchecOidc(f"jeton_refuse_{type(erreur).__name__}"[:60]) from None
        except SuspiciousOperation:
            raise EchecOidc("signature_ou_nonce_refuse") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise EchecOidc("reponse_illisible") from None

    def _identify(self, *, code: str, nonce: str, verifieur: str, retour: str) -> Identite:
        reponse = self.get_token(
            {
                "client_id": self.reglages.client,
                "client_secret": self.reglages.secret,
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": retour,
                "code_verifier": verifieur,
            }
        )
        id_token = str(reponse["id_token"])
        jeton = self.verify_token(id_token, nonce=nonce)
        self._check_jeton(jeton)
        declarations = self.get_userinfo(str(reponse["access_token"]), id_token, jeton)
        if not isinstance(declarations, dict) or declarations.get("sub") != jeton["sub"]:
            raise EchecOidc("sujets_differents")
        fort = jeton.get("acr") in self.reglages.acr_fort.split()
        return Identite(sujet=str(jeton["sub"]), declarations=declarations, fort=fort, id_token=id_token)

    def _check_jeton(self, jeton: Mapping[str, Any]) -> None:
        """What the library does not look at. The signature, the expiry and the nonce are already checked."""
        manquants = [nom for nom in OBLIGATOIRES if not jeton.get(nom)]
        if manquants:
            raise EchecOidc(f"jeton_sans_{manquants[0]}")
        self._check_origine(jeton)
        if self.reglages.acr_admis and jeton.get("acr") not in self.reglages.acr_admis:
            raise EchecOidc("niveau_insuffisant", statut=403, phrase=NIVEAU)

    def _check_origine(self, jeton: Mapping[str, Any]) -> None:
        if jeton["iss"] != self.reglages.emetteur:
            raise EchecOidc("autre_emetteur")
        publics = [jeton["aud"]] if isinstance(jeton["aud"], str) else list(jeton["aud"])
        if self.reglages.client not in publics:
            raise EchecOidc("autre_public")
        if (len(publics) > 1 or "azp" in jeton) and jeton.get("azp") != self.reglages.client:
            raise EchecOidc("autre_public")

    def get_userinfo(self, access_token: str, id_token: str, payload: Mapping[str, Any]) -> Any:
        reponse = requests.get(
            self.reglages.userinfo, headers={"Authorization": f"Bearer {access_token}"}, timeout=DELAI
        )
        reponse.raise_for_status()
        signe = reponse.headers.get("content-type", "").lower().startswith("application/jwt")
        if not signe:
            if self.reglages.userinfo_signe:
                raise EchecOidc("userinfo_non_signe")
            return reponse.json()
        declarations = self._verify_jws(reponse.text, self.retrieve_matching_jwk(reponse.text))
        if {"iss", "aud"} <= set(declarations):
            self._check_origine(declarations)
        return declarations


NIVEAU = (
    "Votre moyen de connexion n'offre pas le niveau de sécurité demandé. Choisissez-en un plus sûr et recommencez."
)
