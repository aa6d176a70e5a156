"""The accounts of the demonstration, one a role, for trying only: everybody in them is plainly fictitious."""

import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.module_loading import import_string
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.accounts.enums import Role, TypeOrganisation, TypePerimetre
from portal.accounts.facteurs import find_device
from portal.accounts.models import Mandat, Organisation, User
from portal.accounts.sessions import end_sessions
from portal.core.models import Evenement

DOMAINE: Final = "demonstration.invalid"


@dataclass(frozen=True, slots=True)
class OrganisationDemo:
    type: TypeOrganisation
    nom: str
    code: str
    departement_code: str = ""


@dataclass(frozen=True, slots=True)
class CompteDemo:
    """`rpps`: the practitioner whose record is theirs. Neither role nor RPPS: whoever keeps the machine."""

    nom: str
    prenom: str
    libelle: str
    organisation: OrganisationDemo | None = None
    role: Role | None = None
    perimetre: TypePerimetre | None = None
    perimetre_code: str = ""
    rpps: str = ""

    @property
    def adresse(self) -> str:
        return f"{self.nom}@{DOMAINE}"

    @property
    def a_code(self) -> bool:
        """Agents give a second factor; practitioners and coordinators may do without (docs/adr/0105)."""
        return not self.rpps and self.role != Role.COORDINATEUR_CPTS


REGION: Final = "27"
ARS: Final = OrganisationDemo(TypeOrganisation.ARS, "ARS de démonstration", "DEMO-ARS")
DD71: Final = OrganisationDemo(TypeOrganisation.DELEGATION, "Délégation 71 de démonstration", "DEMO-DD71", "71")
CPAM71: Final = OrganisationDemo(TypeOrganisation.CPAM, "CPAM 71 de démonstration", "DEMO-CPAM71", "71")
CPTS71: Final = OrganisationDemo(TypeOrganisation.CPTS, "CPTS du Chalonnais", "71-chalonnais", "71")
_REGION: Final = (TypePerimetre.REGION, REGION)
_SAONE_ET_LOIRE: Final = (TypePerimetre.DEPARTEMENT, "71")

COMPTES: Final = (
    CompteDemo("technique", "Tara", "compte technique : tient la machine"),
    CompteDemo("administration", "Ada", "administre les comptes, région 27", ARS, Role.ADMINISTRATEUR, *_REGION),
    CompteDemo("instruction", "Inès", "instruit, département 71", DD71, Role.INSTRUCTEUR, *_SAONE_ET_LOIRE),
    CompteDemo("validation", "Valentin", "décide, région 27", ARS, Role.VALIDEUR, *_REGION),
    CompteDemo("cpam", "Cécile", "agent de la CPAM 71", CPAM71, Role.AGENT_CPAM, *_SAONE_ET_LOIRE),
    CompteDemo("lecture", "Léo", "lit, région 27", ARS, Role.LECTEUR, *_REGION),
    CompteDemo("audit", "Aude", "audite, région 27", ARS, Role.AUDITEUR, *_REGION),
    CompteDemo(
        "coordination",
        "Corinne",
        "coordonne la CPTS du Chalonnais",
        CPTS71,
        Role.COORDINATEUR_CPTS,
        TypePerimetre.CPTS,
        CPTS71.code,
    ),
    CompteDemo("medecin", "Camille", "médecin fictif", rpps="00000000071"),
    CompteDemo("kine", "Dominique", "kinésithérapeute fictif", rpps="00000000072"),
)
ADRESSES: Final = tuple(compte.adresse for compte in COMPTES)


def draw_passwords() -> dict[str, str]:
    return {adresse: secrets.token_urlsafe(12) for adresse in ADRESSES}


def may_create() -> bool:
    """Not on a base that has the accounts of real people and none of these."""
    miens = User.objects.filter(email__in=ADRESSES)
    return miens.exists() or not User.objects.exclude(email__in=ADRESSES).exists()


@transaction.atomic
def create_comptes(mots_de_passe: dict[str, str]) -> None:
    """Make or restore the accounts, their organisations, mandats, second factors and records. Played again at will."""
    for compte in COMPTES:
        user = _open(compte, mots_de_passe[compte.adresse])
        if compte.organisation is not None:
            _give_mandat(user, compte, compte.organisation)
        if compte.a_code:
            TOTPDevice.objects.get_or_create(user=user, confirmed=True, defaults={"name": "Démonstration"})
        if compte.rpps:
            for chemin in settings.MAILLAGE_DEMONSTRATION:
                import_string(chemin)(user, rpps=compte.rpps)


def _open(compte: CompteDemo, mot_de_passe: str) -> User:
    user, cree = User.objects.get_or_create(email=compte.adresse, defaults={"is_active": False})
    user.first_name, user.last_name = compte.prenom, "Démonstration"
    technique = compte.role is None and not compte.rpps
    ouvert = user.is_active
    user.is_active, user.is_staff, user.is_superuser = True, technique, technique
    if not check_password(mot_de_passe, user.password):
        user.set_password(mot_de_passe)
    user.save()
    user.user_permissions.clear()
    if not ouvert:
        Evenement.objects.create(
            objet=f"accounts.user:{user.pk}",
            action="creation" if cree else "reactivation",
            details={"moyen": "demonstration"},
        )
    return user


def _give_mandat(user: User, compte: CompteDemo, modele: OrganisationDemo) -> None:
    organisation, _creee = Organisation.objects.get_or_create(
        type=modele.type,
        code=modele.code,
        defaults={"nom": modele.nom, "region_code": REGION, "departement_code": modele.departement_code},
    )
    titre = {
        "user": user,
        "organisation": organisation,
        "role": compte.role,
        "perimetre": compte.perimetre,
        "perimetre_code": compte.perimetre_code,
    }
    if Mandat.objects.filter(**titre).en_vigueur(au=timezone.localdate()).exists():
        return
    mandat = Mandat.objects.create(**titre, periode=DateRange(timezone.localdate(), None))
    Evenement.objects.create(
        objet=f"accounts.mandat:{mandat.pk}",
        action="creation",
        details={"organisation": organisation.pk, "moyen": "demonstration"},
    )


@transaction.atomic
def retire_comptes() -> int:
    """Close them, with their sessions and second factors. Returns how many were open."""
    ouverts = list(User.objects.filter(email__in=ADRESSES, is_active=True).order_by("pk"))
    for user in ouverts:
        end_sessions(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="desactivation")
    TOTPDevice.objects.filter(user__email__in=ADRESSES).delete()
    return len(ouverts)


@dataclass(frozen=True, slots=True)
class CodeDemo:
    code: str
    secondes: int


def read_code(adresse: str) -> CodeDemo | None:
    """The code that the next sign-in accepts, and how long; None when this account has no second factor.

    A code serves once: when that of the moment was used, the next one is given. It is accepted a little early, and the
    device then follows the clock of whoever gave it.
    """
    user: Any = User.objects.filter(email=adresse, is_active=True).order_by("pk").first()
    device = find_device(user) if user is not None and adresse in ADRESSES else None
    if device is None:
        return None
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    maintenant = time.time()
    totp.time = maintenant
    pas = max(totp.t(), device.last_t + 1)
    fin = device.t0 + (pas - device.drift + 1) * device.step
    totp.time = fin - device.step / 2
    return CodeDemo(f"{totp.token():0{device.digits}d}", max(1, int(fin - maintenant)))
