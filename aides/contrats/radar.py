"""What falls due, what is late, what is at risk: for the agents of a territory, and for the holder of a contract.

Every list is bounded and walks an index in its order; a page goes on after a key (`apres`), never after a count.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from aides.catalogue import catalogue
from aides.contrats.lecture import read_cadre
from aides.dossiers.erreurs import ActeRefuse
from aides.dossiers.etats import Statut
from aides.models import Contrat, Echeance, Nature, StatutEcheance
from portal.accounts.enums import ROLES_AGENT
from portal.accounts.models import Mandat
from portal.accounts.portee import read_portee

PAGE = 50
HORIZONS = (30, 90, 365)
OUVERTES = (StatutEcheance.PREVUE, StatutEcheance.A_PAYER)
VIVANTS = (Statut.SIGNEE, Statut.EN_COURS, Statut.SUSPENDUE, Statut.A_L_ECHEANCE, Statut.RESILIEE)
EN_COURS = (Statut.EN_COURS, Statut.SUSPENDUE)
PREUVE_JOURS = 30
EXPORT_MAX = 20_000


@dataclass(frozen=True, slots=True)
class FiltresRadar:
    """`vue`: « echeances », « termes » or « observations ». `apres`: the day and the key of the last row shown."""

    vue: str = "echeances"
    horizon: int = 90
    departement: str = ""
    dispositif: str = ""
    nature: str = ""
    apres: tuple[date, str] | None = None


@dataclass(frozen=True, slots=True)
class LigneRadar:
    """`jours`: before the day, negative when it is past. `risques`: what to look at, in words."""

    contrat: Contrat
    le: date
    jours: int
    libelle: str
    echeance: Echeance | None = None
    risques: tuple[str, ...] = ()

    @property
    def retard(self) -> bool:
        return self.jours < 0

    @property
    def cle(self) -> str:
        return str(self.echeance.pk if self.echeance is not None else self.contrat.pk)


def list_radar(
    user: Any, filtres: FiltresRadar, *, au: date, taille: int = PAGE
) -> tuple[list[LigneRadar], tuple[date, str] | None]:
    """A page of what this person may see, the oldest first (so the late before all), and where the next begins."""
    lues = _read_lignes(user, filtres, au)[: taille + 1]
    lignes = [_describe(lue, filtres.vue, au) for lue in lues[:taille]]
    lignes = _add_instructeurs(lignes, au)
    suite = (lignes[-1].le, lignes[-1].cle) if len(lues) > taille and lignes else None
    return lignes, suite


def _read_lignes(user: Any, filtres: FiltresRadar, au: date) -> QuerySet[Any]:
    limite = au + timedelta(days=filtres.horizon)
    if filtres.vue == "termes":
        return _read_contrats(user, filtres, "terme", au, limite)
    if filtres.vue == "observations":
        return _read_contrats(user, filtres, "observations", au, limite)
    lignes = Echeance.objects.for_user(user).filter(statut__in=OUVERTES, le__lte=limite)
    lignes = lignes.filter(contrat__demande__statut__in=VIVANTS)
    if filtres.departement:
        lignes = lignes.filter(departement_code=filtres.departement)
    if filtres.dispositif:
        lignes = lignes.filter(contrat__dispositif=filtres.dispositif)
    if filtres.nature:
        lignes = lignes.filter(nature=filtres.nature)
    if filtres.apres is not None:
        jour, cle = filtres.apres
        # The first condition is what the index reads; the second leaves out what the page before showed of that day.
        lignes = lignes.filter(le__gte=jour).exclude(le=jour, pk__lte=int(cle) if cle.isdecimal() else 0)
    lues: QuerySet[Any] = lignes.select_related("contrat__demande__instructeur").order_by("le", "pk")
    return lues


def _read_contrats(user: Any, filtres: FiltresRadar, quoi: str, au: date, limite: date) -> QuerySet[Any]:
    """Running contracts by the day of their term, or of the end of the observations."""
    contrats = Contrat.objects.for_user(user).filter(demande__statut__in=EN_COURS)
    if quoi == "terme":
        contrats = contrats.annotate(jour=F("periode__endswith"))
        bornes = Q(periode__endswith__gte=au, periode__endswith__lte=limite)
        suite = "periode__endswith"
    else:
        contrats = contrats.annotate(jour=F("observations_jusqu_au"))
        bornes = Q(observations_jusqu_au__gte=au, observations_jusqu_au__lte=limite)
        suite = "observations_jusqu_au"
    contrats = contrats.filter(bornes)
    if filtres.departement:
        contrats = contrats.filter(departement_code=filtres.departement)
    if filtres.dispositif:
        contrats = contrats.filter(dispositif=filtres.dispositif)
    if filtres.apres is not None:
        jour, cle = filtres.apres
        contrats = contrats.filter(**{f"{suite}__gte": jour}).exclude(**{suite: jour}, pk__lte=cle)
    lus: QuerySet[Any] = contrats.select_related("demande__instructeur").order_by("jour", "pk")
    return lus


def _describe(lue: Any, vue: str, au: date) -> LigneRadar:
    if vue == "termes":
        libelle = "Terme du contrat"
        return LigneRadar(lue, lue.jour, (lue.jour - au).days, libelle, risques=_list_termes(lue))
    if vue == "observations":
        risque = (
            (f"effet de la résiliation le {lue.resiliation_effet_le:%d/%m/%Y}",) if lue.resiliation_effet_le else ()
        )
        return LigneRadar(lue, lue.jour, (lue.jour - au).days, "Fin du délai d'observations", risques=risque)
    jours = (lue.le - au).days
    return LigneRadar(lue.contrat, lue.le, jours, lue.libelle, lue, tuple(list_risques(lue, au)))


def list_risques(echeance: Echeance, au: date) -> Iterable[str]:
    """What may go wrong with a line, from the line and its contract alone."""
    contrat = echeance.contrat
    proche = (echeance.le - au).days <= PREUVE_JOURS
    if echeance.nature == Nature.OBLIGATION and echeance.piece_id is None and proche:
        yield "sans preuve"
    if echeance.a_instruire:
        yield "à instruire"
    if contrat.demande.statut == Statut.SUSPENDUE:
        yield "contrat suspendu"
    if contrat.resiliation_effet_le is not None and contrat.demande.statut in EN_COURS:
        yield "résiliation notifiée"
    terme = contrat.periode.upper
    if terme is not None and contrat.demande.statut in EN_COURS and 0 <= (terme - au).days <= 90:
        yield f"terme le {terme:%d/%m/%Y}"


def _list_termes(contrat: Contrat) -> tuple[str, ...]:
    return ("renouvellement possible",) if can_renew(contrat) else ("sans renouvellement",)


def can_renew(contrat: Contrat) -> bool:
    """What `renew_contrat` would check first: the version allows one more, and the scheme is open at the term."""
    terme = contrat.periode.upper
    regles = _read_renouvellement(contrat.dispositif, contrat.dispositif_version, terme)
    if regles is _A_LIRE:
        try:
            cadre = read_cadre(contrat.demande)
        except ActeRefuse:
            return False
        regles = cadre.version.regles_cumul.renouvellements if cadre.version.regles_cumul.duree_mois else 0
    return regles is None or contrat.renouvellements < regles


_A_LIRE = -1


def _read_renouvellement(code: str, version: str, terme: date | None) -> int | None:
    """How many renewals; None: as many as one likes; 0: the scheme is closed by then; `_A_LIRE`: read the file."""
    dispositif = catalogue().dispositif(code)
    lue = dispositif.version(version) if dispositif else None
    if dispositif is None or lue is None:
        return _A_LIRE
    if terme is None or not lue.regles_cumul.duree_mois or dispositif.version_au(terme) is None:
        return 0
    return lue.regles_cumul.renouvellements


def _add_instructeurs(lignes: list[LigneRadar], au: date) -> list[LigneRadar]:
    """« Sans instructeur »: nobody is named, or who was named has no mandat any more. One query a page."""
    nommes = {cle for ligne in lignes if (cle := ligne.contrat.demande.instructeur_id) is not None}
    mandats = Mandat.objects.en_vigueur(au=au).filter(user_id__in=nommes, role__in=ROLES_AGENT, user__is_active=True)
    presents = set(mandats.order_by().values_list("user_id", flat=True).distinct()[: PAGE * EXPORT_MAX])
    return [
        ligne
        if ligne.contrat.demande.instructeur_id in presents
        else LigneRadar(
            ligne.contrat,
            ligne.le,
            ligne.jours,
            ligne.libelle,
            ligne.echeance,
            (
                *ligne.risques,
                "sans instructeur" if ligne.contrat.demande.instructeur_id is None else "instructeur parti",
            ),
        )
        for ligne in lignes
    ]


def list_territoires(user: Any) -> list[str]:
    """The départements named by the mandats of this person: what the page proposes first."""
    cles = read_portee(user).cles(ROLES_AGENT)
    return sorted(cle.removeprefix("departement:") for cle in cles if cle.startswith("departement:"))


@dataclass(frozen=True, slots=True)
class ContratLu:
    """A contract as its holder reads it: what is late, what comes next, what to provide."""

    contrat: Contrat
    dispositif: str
    retards: list[Echeance]
    prochaines: list[Echeance]


CONTRATS_MAX = 50
LIGNES_MAX = 400


def list_siens(user: Any, *, au: date, horizon: int = 90) -> list[ContratLu]:
    """One's own contracts as a holder, the latest first, with their open lines until the horizon."""
    contrats = Contrat.objects.for_user(user).filter(proprietaire_id=user.pk).select_related("demande__commune")
    lus = list(contrats.order_by("-date_signature", "id")[:CONTRATS_MAX])
    lignes = Echeance.objects.for_user(user).filter(
        proprietaire_id=user.pk,
        contrat__in=[c.pk for c in lus if c.demande.statut in VIVANTS],
        statut__in=OUVERTES,
        le__lte=au + timedelta(days=horizon),
    )
    par_contrat: dict[Any, list[Echeance]] = {}
    for ligne in lignes.select_related("piece__document").order_by("le", "pk")[:LIGNES_MAX]:
        par_contrat.setdefault(ligne.contrat_id, []).append(ligne)
    return [
        ContratLu(
            contrat,
            _name(contrat.dispositif),
            [ligne for ligne in par_contrat.get(contrat.pk, ()) if ligne.le < au],
            [ligne for ligne in par_contrat.get(contrat.pk, ()) if ligne.le >= au],
        )
        for contrat in lus
    ]


def _name(code: str) -> str:
    dispositif = catalogue().dispositif(code)
    return dispositif.nom if dispositif else code
