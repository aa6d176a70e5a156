"""Who may give a mandat, over what, to whom: one act, one transaction, one event (docs/adr/0112).

Rights are monotone: nobody gains one by oneself, and nobody gives more than one holds.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.module_loading import import_string

from portal.accounts.enums import ROLES_ARS, Role, TypeOrganisation, TypePerimetre
from portal.accounts.models import Mandat, Organisation, User
from portal.accounts.portee import Portee, read_portee
from portal.core.models import Evenement

ORGANISATIONS_DE: Final[dict[Role, frozenset[TypeOrganisation]]] = {
    **dict.fromkeys(ROLES_ARS, frozenset({TypeOrganisation.ARS, TypeOrganisation.DELEGATION})),
    Role.AGENT_CPAM: frozenset({TypeOrganisation.CPAM}),
    Role.COORDINATEUR_CPTS: frozenset({TypeOrganisation.CPTS}),
}
"""In whose name a role is held."""


class MandatRefuse(Exception):
    """The sentence is for the person who asked; `champ` is the field of the form that it is about."""

    def __init__(self, phrase: str, champ: str | None = None) -> None:
        super().__init__(phrase)
        self.champ = champ


@dataclass(frozen=True, slots=True)
class Proposition:
    """A mandat that somebody wants to give. `fin` is the first day without it; None: no end."""

    organisation: Organisation
    role: Role
    perimetre: TypePerimetre
    perimetre_code: str
    debut: date
    fin: date | None = None

    @property
    def cle(self) -> str:
        return "national" if self.perimetre == TypePerimetre.NATIONAL else f"{self.perimetre}:{self.perimetre_code}"


def find_region(departement_code: str) -> str | None:
    region: str | None = import_string(settings.MAILLAGE_REGION_DE)(departement_code)
    return region


def is_within(portee: Portee, cle: str, organisation: Organisation, *roles: Role) -> bool:
    """Whether one of these roles is held over the whole of `cle`. A CPTS is where its organisation is."""
    genre, _, code = cle.partition(":")
    if genre == TypePerimetre.REGION:
        return portee.covers(code, "", *roles)
    if genre == TypePerimetre.DEPARTEMENT:
        return portee.covers(find_region(code) or "", code, *roles)
    if genre == TypePerimetre.CPTS:
        return covers_organisation(portee, organisation, *roles)
    return "national" in portee.cles(roles)


def covers_organisation(portee: Portee, organisation: Organisation, *roles: Role) -> bool:
    return portee.covers(organisation.region_code, organisation.departement_code, *roles)


def check_proposition(portee: Portee, proposition: Proposition) -> None:
    """Raises MandatRefuse: never outside one's own perimeter, and in the name of an organisation that can."""
    organisation = proposition.organisation
    if organisation.type not in ORGANISATIONS_DE[proposition.role]:
        types = ", ".join(sorted(t.label for t in ORGANISATIONS_DE[proposition.role]))
        raise MandatRefuse(f"Ce rôle se tient au nom d'une organisation de ce type : {types}.", "organisation")
    if not organisation.active:
        raise MandatRefuse("Cette organisation n'est plus active : choisissez-en une autre.", "organisation")
    _check_coherence(proposition)
    if not _may_grant(portee, proposition):
        raise MandatRefuse(
            "Vous ne pouvez donner un mandat que dans le périmètre où vous êtes administrateur.", "perimetre_code"
        )
    if proposition.fin is not None and proposition.fin <= proposition.debut:
        raise MandatRefuse("La fin doit venir après le début.", "fin")


def _may_grant(portee: Portee, proposition: Proposition) -> bool:
    if is_within(portee, proposition.cle, proposition.organisation, Role.ADMINISTRATEUR) and covers_organisation(
        portee, proposition.organisation, Role.ADMINISTRATEUR
    ):
        return True
    # A coordinator invites those who write with her for her own CPTS.
    coordonnees = portee.cles([Role.COORDINATEUR_CPTS])
    return proposition.role == Role.COORDINATEUR_CPTS and proposition.cle in coordonnees


def _check_coherence(proposition: Proposition) -> None:
    """The perimeter lies inside the territory of the organisation."""
    organisation, code = proposition.organisation, proposition.perimetre_code
    if proposition.role == Role.COORDINATEUR_CPTS or proposition.perimetre == TypePerimetre.CPTS:
        if proposition.role != Role.COORDINATEUR_CPTS or proposition.perimetre != TypePerimetre.CPTS:
            raise MandatRefuse("Le périmètre d'une coordination est une CPTS, et d'elle seule.", "perimetre")
        if not code or code != organisation.code:
            raise MandatRefuse("Le code du périmètre doit être celui de la CPTS choisie.", "perimetre_code")
        return
    if proposition.perimetre == TypePerimetre.NATIONAL:
        dedans = not code and not organisation.region_code and not organisation.departement_code
    elif proposition.perimetre == TypePerimetre.REGION:
        dedans = bool(code) and not organisation.departement_code and organisation.region_code in ("", code)
    else:
        region = find_region(code) if code else None
        if region is None:
            raise MandatRefuse(f"Le département « {code} » n'existe pas. Exemple : 71.", "perimetre_code")
        dedans = organisation.departement_code in ("", code) and organisation.region_code in ("", region)
    if not dedans:
        raise MandatRefuse("Ce périmètre n'est pas dans le territoire de l'organisation choisie.", "perimetre_code")


@transaction.atomic
def grant_mandat(proposition: Proposition, *, user: User, par: User) -> Mandat:
    """Raises MandatRefuse: to oneself, to a closed account, outside one's perimeter, or twice."""
    if user.pk == par.pk:
        raise MandatRefuse("On ne se donne pas un mandat à soi-même : demandez-le à un autre administrateur.", "user")
    if not user.is_active:
        raise MandatRefuse("Ce compte est désactivé.", "user")
    check_proposition(read_fresh_portee(par), proposition)
    try:
        with transaction.atomic():
            mandat = Mandat.objects.create(
                user=user,
                organisation=proposition.organisation,
                role=proposition.role,
                perimetre=proposition.perimetre,
                perimetre_code=proposition.perimetre_code,
                periode=DateRange(proposition.debut, proposition.fin),
                accorde_par=par,
            )
    except IntegrityError:
        raise MandatRefuse("Cette personne a déjà ce mandat sur une partie de la période.") from None
    _record(mandat, "octroi", par, cle=proposition.cle, role=proposition.role)
    return mandat


@transaction.atomic
def end_mandat(mandat: Mandat, *, par: User, le: date) -> Mandat:
    """`le` is the first day without it. A mandat is only ever shortened, from today on, and never erased."""
    tenu = Mandat.objects.select_related("organisation").select_for_update(no_key=True, of=("self",)).get(pk=mandat.pk)
    if not may_manage(read_fresh_portee(par), tenu):
        raise MandatRefuse("Ce mandat est hors du périmètre où vous êtes administrateur.")
    debut, fin = tenu.periode.lower, tenu.periode.upper
    if le < timezone.localdate():
        raise MandatRefuse("Un mandat se termine aujourd'hui ou plus tard : le passé ne se réécrit pas.", "fin")
    if debut is not None and le <= debut:
        raise MandatRefuse(f"Ce mandat commence le {debut:%d/%m/%Y} : sa fin doit venir après.", "fin")
    if fin is not None and le > fin:
        raise MandatRefuse(
            f"Ce mandat finit déjà le {fin:%d/%m/%Y} : pour le prolonger, donnez-en un autre à partir de ce jour.",
            "fin",
        )
    if fin == le:
        return tenu
    tenu.periode = DateRange(debut, le)
    tenu.save(update_fields=["periode"])
    _record(tenu, "fin", par, fin=le.isoformat())
    return tenu


def may_manage(portee: Portee, mandat: Mandat) -> bool:
    """Whether this mandat may be ended by somebody of this reach."""
    coordonnees = portee.cles([Role.COORDINATEUR_CPTS])
    return is_within(portee, mandat.cle, mandat.organisation, Role.ADMINISTRATEUR) or (
        mandat.role == Role.COORDINATEUR_CPTS and mandat.cle in coordonnees
    )


@transaction.atomic
def save_organisation(organisation: Organisation, *, par: User) -> Organisation:
    """Create or change an organisation. Raises MandatRefuse outside one's perimeter, before or after the change."""
    portee = read_fresh_portee(par)
    if organisation.pk:
        avant = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        if not covers_organisation(portee, avant, Role.ADMINISTRATEUR):
            raise MandatRefuse("Cette organisation est hors du périmètre où vous êtes administrateur.")
        if _moves(avant, organisation) and avant.mandats.exists():
            raise MandatRefuse(
                "Des mandats sont donnés au nom de cette organisation : son type, son code et son territoire ne "
                "changent plus. Désactivez-la et créez-en une autre."
            )
        if organisation.active and not avant.active and par.mandats.filter(organisation=avant).exists():
            raise MandatRefuse(
                "Vous tenez un mandat de cette organisation : un autre administrateur la réactive.", "active"
            )
    departement = organisation.departement_code
    if departement and find_region(departement) != organisation.region_code:
        raise MandatRefuse("Ce département n'est pas dans cette région : corrigez l'un des deux.", "departement_code")
    if not covers_organisation(portee, organisation, Role.ADMINISTRATEUR):
        raise MandatRefuse("Le territoire doit être dans le périmètre où vous êtes administrateur.", "region_code")
    nouvelle = organisation.pk is None
    organisation.save()
    Evenement.objects.create(
        objet=f"accounts.organisation:{organisation.pk}",
        action="creation" if nouvelle else "modification",
        auteur=par,
        details={"type": organisation.type, "active": organisation.active},
    )
    return organisation


def _moves(avant: Organisation, apres: Organisation) -> bool:
    return any(
        getattr(avant, champ) != getattr(apres, champ) for champ in ("type", "code", "region_code", "departement_code")
    )


def covers_person(portee: Portee, user: User) -> bool:
    """Whether the whole of what somebody holds is within the perimeter: else their account is not ours to close."""
    if user.is_superuser:
        return portee.technique
    mandats = Mandat.objects.select_related("organisation").filter(user=user).order_by("pk")[:100]
    lus = list(mandats)
    if not lus:
        return portee.technique
    return all(is_within(portee, mandat.cle, mandat.organisation, Role.ADMINISTRATEUR) for mandat in lus)


@transaction.atomic
def set_active(user: User, actif: bool, *, par: User) -> None:
    """Close or open an account again. Raises MandatRefuse for oneself, and outside one's perimeter."""
    if user.pk == par.pk:
        raise MandatRefuse("On ne désactive pas son propre compte.", "is_active")
    if not covers_person(read_fresh_portee(par), user):
        raise MandatRefuse("Ce compte a des mandats hors du périmètre où vous êtes administrateur.", "is_active")
    if User.objects.filter(pk=user.pk).exclude(is_active=actif).update(is_active=actif):
        user.is_active = actif
        action = "reactivation" if actif else "desactivation"
        Evenement.objects.create(objet=f"accounts.user:{user.pk}", action=action, auteur=par)


def read_fresh_portee(user: User) -> Portee:
    """Read again now: what is kept on the object of a request may be older than the act."""
    return read_portee(User.objects.filter(pk=user.pk).first())


def _record(mandat: Mandat, action: str, par: User, **details: Any) -> None:
    Evenement.objects.create(
        objet=f"accounts.mandat:{mandat.pk}",
        action=action,
        auteur=par,
        details={"organisation": mandat.organisation_id, **details},
    )
