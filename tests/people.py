"""People of the tests: agents with a mandat, practitioners, and a file of theirs in any state.

`make_demande` moves the row itself, state after state as the database allows, without the acts nor the journal: for
tests of rights and of pages. What follows the acts is in `tests.aides.dossiers_essai`.
"""

import itertools
from collections import deque
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from aides.dossiers.etats import Statut, list_couples
from aides.models import Demande
from cpts.enums import StatutRattachement
from cpts.models import Praticien, Rattachement
from portal.accounts.enums import Role, TypeOrganisation
from portal.accounts.models import Mandat, Organisation, User
from tests.zonage.factories import CommuneFactory, DepartementFactory, RegionFactory
from zonage.models import Commune, Departement

MOT_DE_PASSE = "Un-mot-de-passe-d-essai-7"
REGIONS = {"71": ("27", "Bourgogne-Franche-Comté"), "21": ("27", "Bourgogne-Franche-Comté")}
REGIONS |= {"69": ("84", "Auvergne-Rhône-Alpes"), "48": ("76", "Occitanie")}
_rangs = itertools.count(1)


def make_user(courriel: str | None = None, **champs: Any) -> User:
    return User.objects.create_user(courriel or f"personne{next(_rangs)}@exemple.fr", MOT_DE_PASSE, **champs)


def make_organisation(type: TypeOrganisation = TypeOrganisation.ARS, **champs: Any) -> Organisation:
    rang = next(_rangs)
    return Organisation.objects.create(type=type, nom=f"Organisation {rang}", code=f"ORG{rang:06d}", **champs)


def make_mandat(user: User, role: Role, perimetre_cle: str, **champs: Any) -> Mandat:
    """`perimetre_cle`: « national », « region:27 », « departement:71 » or « cpts:… »; in force since last year."""
    perimetre, _, code = perimetre_cle.partition(":")
    territoire = {f"{perimetre}_code": code} if perimetre in ("region", "departement") else {}
    types = {Role.AGENT_CPAM: TypeOrganisation.CPAM, Role.COORDINATEUR_CPTS: TypeOrganisation.CPTS}
    return Mandat.objects.create(
        user=user,
        organisation=champs.pop("organisation", None)
        or make_organisation(types.get(role, TypeOrganisation.ARS), **territoire),
        role=role,
        perimetre=perimetre,
        perimetre_code=code,
        **{"periode": DateRange(timezone.localdate() - timedelta(days=365), None), **champs},
    )


def make_agent(role: Role | str, perimetre_cle: str = "departement:71", **champs: Any) -> User:
    """Somebody with one mandat."""
    user = make_user(**champs)
    make_mandat(user, Role(role), perimetre_cle)
    return user


def make_praticien(**champs: Any) -> Praticien:
    rang = next(_rangs)
    valeurs = {"rpps": f"1{rang:010d}", "profession": "medecin", "nom": f"ESSAI{rang}", "prenom": "Camille"}
    return Praticien.objects.create(**{**valeurs, "vu_le": date(2026, 9, 1), **champs})


def make_praticien_user(departement: str = "71", *, rattache: bool = True, **champs: Any) -> User:
    """A practitioner with an account; `rattache`: an agent validated which record is theirs."""
    user = make_user(**champs)
    if rattache:
        region, _ = REGIONS[departement]
        Rattachement.objects.create(
            proprietaire=user,
            praticien=make_praticien(),
            region_code=region,
            departement_code=departement,
            guichet="ars",
            statut=StatutRattachement.VALIDE,
        )
    return user


def make_commune(departement: str = "71", **champs: Any) -> Commune:
    trouvee = None if champs else Commune.objects.filter(departement_id=departement).order_by("pk").first()
    if trouvee:
        return trouvee
    if not Departement.objects.filter(pk=departement).exists():
        code, nom = REGIONS[departement]
        DepartementFactory(
            code=departement, nom=f"Département {departement}", region=RegionFactory(code=code, nom=nom)
        )
    champs.setdefault("code_insee", f"{departement}{next(_rangs) % 900 + 1:03d}")
    return CommuneFactory(departement=Departement.objects.get(pk=departement), **champs)


def make_demande(
    proprietaire: User | None = None,
    *,
    statut: Statut | str = Statut.DEPOSEE,
    commune: Commune | None = None,
    guichet: str = "ars",
    decideur: User | None = None,
    **champs: Any,
) -> Demande:
    """A file of `proprietaire` in a commune (of the département 71), led to `statut`; `champs`: of its last state."""
    lieu = commune or make_commune()
    rang = next(_rangs)
    demande = Demande.objects.create(
        proprietaire=proprietaire or make_praticien_user(lieu.departement_id),
        region_code=lieu.departement.region_id,
        departement_code=lieu.departement_id,
        guichet=guichet,
        cle=f"essai-{rang}",
        dispositif=champs.pop("dispositif", "cotram"),
        dispositif_version=champs.pop("dispositif_version", "2020-01-01"),
        profession=champs.pop("profession", "medecin"),
        commune=lieu,
    )
    etapes = _walk(Statut.BROUILLON.value, Statut(statut).value)
    for etape in etapes:
        derniers = champs if etape == etapes[-1] else {}
        valeurs = {
            "statut": etape,
            "version": demande.version + 1,
            **_enter(demande, etape, rang, decideur),
            **derniers,
        }
        Demande.objects.filter(pk=demande.pk).update(**valeurs)
        demande.refresh_from_db()
    if not etapes and champs:
        Demande.objects.filter(pk=demande.pk).update(**champs)
        demande.refresh_from_db()
    return demande


def _walk(source: str, cible: str) -> list[str]:
    """The states that lead from one to another, by the shortest way that the table allows."""
    couples = sorted(list_couples())
    venues: dict[str, list[str]] = {source: []}
    file = deque([source])
    while file:
        ici = file.popleft()
        if ici == cible:
            return venues[ici]
        for depart, arrivee in couples:
            if depart == ici and arrivee not in venues:
                venues[arrivee] = [*venues[ici], arrivee]
                file.append(arrivee)
    raise ValueError(f"no way from {source} to {cible}")


def _enter(demande: Demande, etape: str, rang: int, decideur: User | None) -> dict[str, Any]:
    """What the database asks of a state."""
    maintenant = timezone.now()
    valeurs: dict[str, Any] = {}
    if etape == Statut.DEPOSEE and demande.numero is None:
        numero = f"{demande.region_code}-{maintenant.year}-{rang:06d}"
        valeurs |= {"numero": numero, "deposee_le": maintenant, "preuve": "{}", "preuve_empreinte": "0" * 64}
    if etape == Statut.INCOMPLETE:
        valeurs["incomplete_le"] = maintenant
    elif demande.incomplete_le:
        valeurs["incomplete_le"] = None
    if etape in (Statut.ACCORDEE, Statut.REFUSEE):
        qui = decideur or make_agent(Role.VALIDEUR, f"departement:{demande.departement_code}")
        valeurs |= {"decide_par": qui, "decision_le": timezone.localdate(), "seuil": Decimal(100_000)}
    if etape == Statut.ACCORDEE:
        valeurs["montant_accorde"] = Decimal(10_000)
    if etape == Statut.REFUSEE:
        valeurs |= {"motif": "Motif d'essai", "voies_recours": "Voies de recours d'essai"}
    return valeurs
