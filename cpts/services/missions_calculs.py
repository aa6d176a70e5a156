"""The counts over the proofs that indicators name (`cpts.regles.missions.CALCULS`): read each time, never stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Lower, NullIf

from cpts.enums import GenrePreuve
from cpts.models import Cpts, IndicateurMission, Membre, Mission, Presence, Preuve, Reunion
from cpts.regles.argent import list_annees
from cpts.regles.missions import add_mois, compute_taux

INDICATEURS_MAX = 400


@dataclass(frozen=True, slots=True)
class Fenetre:
    """The days that a year counts, `[debut, fin[`: from an anniversary of the ACI to the next, else the civil year."""

    annee: int
    debut: date
    fin: date

    @property
    def dernier(self) -> date:
        return self.fin - timedelta(days=1)


def find_fenetre(cpts: Cpts, annee: int) -> Fenetre:
    if cpts.aci_signe_le is not None:
        for lue in list_annees(cpts.aci_signe_le, add_mois(cpts.aci_signe_le, 12 * 49)):
            if lue.debut.year == annee:
                return Fenetre(annee, lue.debut, lue.fin)
    return Fenetre(annee, date(annee, 1, 1), date(annee + 1, 1, 1))


def find_annee(cpts: Cpts, jour: date) -> int:
    """The year of indicators that a day belongs to."""
    lue = find_fenetre(cpts, jour.year)
    if jour < lue.debut and cpts.aci_signe_le is not None and jour >= cpts.aci_signe_le:
        return jour.year - 1
    return jour.year


PERSONNE = Case(
    When(membre__praticien__isnull=False, then=Concat(Value("p"), F("membre__praticien_id"))),
    When(membre__isnull=False, then=Concat(Value("m"), Cast(F("membre_id"), CharField()))),
    default=Concat(Value("n"), Lower("nom")),
    output_field=CharField(),
)
METIER = Lower(Coalesce(NullIf(F("profession"), Value("")), F("membre__profession"), Value("")))


def filter_tenues(cpts: Cpts, debut: date, fin: date, *, au: date) -> Q:
    """The meetings held: no draft, no day to come."""
    return Q(cpts=cpts, brouillon=False, jour__gte=debut, jour__lt=fin, jour__lte=au)


def compute_calculs(cpts: Cpts, fenetre: Fenetre, *, au: date) -> dict[tuple[int, str], Decimal]:
    """Every count of every mission over a year: (mission, name) → value. Six queries, whatever the indicators."""
    tenues = Reunion.objects.filter(filter_tenues(cpts, fenetre.debut, fenetre.fin, au=au), mission__isnull=False)
    presences = Presence.objects.filter(reunion__in=tenues)
    non_signee = Presence.objects.filter(reunion=OuterRef("pk"), signe=False)
    quelqu_un = Presence.objects.filter(reunion=OuterRef("pk"))
    completes = tenues.filter(Exists(quelqu_un), ~Exists(non_signee), compte_rendu__isnull=False)
    preuves = Preuve.objects.filter(
        mission__cpts=cpts, jour__gte=fenetre.debut, jour__lt=fenetre.fin, jour__lte=au
    ).values("mission")
    comptes = {
        "reunions_tenues": tenues.values("mission").annotate(n=Count("pk")),
        "reunions_completes": completes.values("mission").annotate(n=Count("pk")),
        "participants": presences.values(mission=F("reunion__mission")).annotate(n=Count(PERSONNE, distinct=True)),
        "professions": presences.exclude(profession="", membre__profession="")
        .values(mission=F("reunion__mission"))
        .annotate(n=Count(NullIf(METIER, Value("")), distinct=True)),
        "preuves": preuves.annotate(n=Count("pk")),
        "actions": preuves.filter(genre=GenrePreuve.ACTION).annotate(n=Count("pk")),
    }
    lus = {
        (ligne["mission"], nom): Decimal(ligne["n"])
        for nom, requete in comptes.items()
        for ligne in requete.order_by("mission").values("mission", "n")[:20]
    }
    jour = min(fenetre.dernier, au)
    membres = Membre.objects.filter(cpts=cpts, structure=None, periode__contains=jour).count()
    missions = list(Mission.objects.filter(cpts=cpts).order_by("pk").values_list("pk", flat=True)[:20])
    for mission in missions:
        lus[mission, "membres"] = Decimal(membres)
        for nom in comptes:
            lus.setdefault((mission, nom), Decimal(0))
    return lus


@dataclass(frozen=True, slots=True)
class IndicateurLu:
    """An indicator with its value today and how far its objective is reached (0 to 1, None: not filled)."""

    indicateur: IndicateurMission
    valeur: Decimal | None
    taux: Decimal | None

    @property
    def pourcent(self) -> int | None:
        return None if self.taux is None else int(self.taux * 100)


def read_indicateurs(cpts: Cpts, annees: Iterable[int], *, au: date) -> dict[int, dict[int, list[IndicateurLu]]]:
    """Year → mission → its indicators, in order."""
    voulues = sorted(set(annees))
    lignes = IndicateurMission.objects.filter(mission__cpts=cpts, annee__in=voulues).order_by(
        "annee", "mission", "libelle", "pk"
    )[:INDICATEURS_MAX]
    lus: dict[int, dict[int, list[IndicateurLu]]] = {annee: {} for annee in voulues}
    calculs: dict[int, dict[tuple[int, str], Decimal]] = {}
    for indicateur in lignes:
        if indicateur.calcul and indicateur.annee not in calculs:
            calculs[indicateur.annee] = compute_calculs(cpts, find_fenetre(cpts, indicateur.annee), au=au)
        valeur = indicateur.valeur
        if indicateur.calcul:
            valeur = calculs[indicateur.annee].get((indicateur.mission_id, indicateur.calcul))
        taux = compute_taux(indicateur.depart, indicateur.objectif, valeur)
        lus[indicateur.annee].setdefault(indicateur.mission_id, []).append(IndicateurLu(indicateur, valeur, taux))
    return lus


def list_preuves(missions: Sequence[Mission], debut: date, fin: date, *, limite: int = 300) -> list[Preuve]:
    """The proofs of a time, the latest first."""
    voulues = Preuve.objects.filter(mission__in=missions, jour__gte=debut, jour__lt=fin)
    return list(voulues.select_related("document", "mission").order_by("-jour", "pk")[:limite])
