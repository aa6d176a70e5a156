"""Questions that compare territories: how a zoning shares a perimeter, and where the APL of a commune stands."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.cache import caches
from django.db.models import Count, F, FilteredRelation, Q, Sum

from portal.core.cache import data_version
from zonage.enums import Origine, Profession, StatutZone
from zonage.models import Apl, Commune, Departement, Niveau, ZoneCommune

HISTORIQUE_MAX = 400
LECTURES_MAX, COMMUNES_MAX = 1000, 40000


@dataclass(frozen=True, slots=True)
class Perimetre:
    """What a map shows: the whole country, a région or a département. `departements` are codes, in order."""

    type: str
    code: str
    nom: str
    region_code: str
    region_nom: str
    departements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Classe:
    """One entry of a legend: a niveau of the profession, or one of the two readings without a niveau."""

    code: str
    libelle: str
    abrege: str
    couleur: str
    rang: int


SANS_NIVEAU = (
    Classe(
        StatutZone.ADRESSE_REQUISE.value, "Selon l’adresse (plusieurs classements)", "Selon l’adresse", "#b8b8d8", 98
    ),
    Classe(StatutZone.INCONNU.value, "Aucun classement connu ce jour-là", "Inconnu", "#e5e5e5", 99),
)


@dataclass(slots=True)
class Repartition:
    """Communes and inhabitants of a territory by class. Paris, Lyon and Marseille count by arrondissement."""

    code: str
    communes: dict[str, int] = field(default_factory=dict)
    habitants: dict[str, int] = field(default_factory=dict)
    origines: set[str] = field(default_factory=set)

    def add(self, classe: str, communes: int, habitants: int, origines: Iterable[str] = ()) -> None:
        self.communes[classe] = self.communes.get(classe, 0) + communes
        self.habitants[classe] = self.habitants.get(classe, 0) + habitants
        self.origines.update(origines)

    @property
    def total_communes(self) -> int:
        return sum(self.communes.values())

    @property
    def population(self) -> int:
        return sum(self.habitants.values())

    @property
    def dominante(self) -> str:
        """The class where most people live; the code breaks a tie, so that two runs agree."""
        return max(
            self.habitants, key=lambda classe: (self.habitants[classe], classe), default=StatutZone.INCONNU.value
        )

    def part(self, classe: str) -> float:
        """Share of the population, in percent."""
        return 100 * self.habitants.get(classe, 0) / self.population if self.population else 0.0


def read_perimetre(*, region: str = "", departement: str = "") -> tuple[Perimetre, list[Departement]]:
    """The perimeter asked, and every département (with its région) for the two lists of the form.

    Raises LookupError (French message) when a code does not exist or when both are given and disagree.
    """
    tous = list(Departement.objects.select_related("region").order_by("code")[:200])
    if departement:
        choisi = next((ligne for ligne in tous if ligne.code == departement), None)
        if choisi is None:
            raise LookupError(f"Le département « {departement} » n’existe pas. Choisissez-le dans la liste.")
        if region and choisi.region_id != region:
            raise LookupError(
                f"Le département {choisi.nom} n’est pas dans la région choisie. "
                "Laissez « toutes les régions » ou changez l’un des deux."
            )
        return _du_departement(choisi), tous
    if region:
        membres = [ligne for ligne in tous if ligne.region_id == region]
        if not membres:
            raise LookupError(f"La région « {region} » n’existe pas. Choisissez-la dans la liste.")
        nom = membres[0].region.nom
        return Perimetre("region", region, nom, region, nom, tuple(ligne.code for ligne in membres)), tous
    return Perimetre("france", "", "France", "", "", tuple(ligne.code for ligne in tous)), tous


def _du_departement(departement: Departement) -> Perimetre:
    return Perimetre(
        "departement",
        departement.code,
        departement.nom,
        departement.region_id,
        departement.region.nom,
        (departement.code,),
    )


def classes_de(profession: str) -> dict[str, Classe]:
    """Every class a map of this profession can show, most under-served first, then the readings without a niveau."""
    famille = "medecin" if profession == Profession.MEDECIN else "autres"
    niveaux = Niveau.objects.filter(famille=famille).order_by("rang", "code")[:50]
    classes = [Classe(niveau.code, niveau.libelle, niveau.abrege, niveau.couleur, niveau.rang) for niveau in niveaux]
    return {classe.code: classe for classe in (*classes, *SANS_NIVEAU)}


def classe_de(niveau: str | None, statut: str | None) -> str:
    """The class of one row of the read table; a commune without a row is « inconnu »."""
    return niveau or (statut if statut == StatutZone.ADRESSE_REQUISE else StatutZone.INCONNU.value)


@dataclass(frozen=True, slots=True)
class LigneCommune:
    """A commune or an arrondissement on a map. `compte` is False for Paris, Lyon and Marseille: their parts count."""

    code: str
    nom: str
    cle_tri: str
    departement: str
    population: int
    classe: str
    origine: str | None
    compte: bool


def communes_de(perimetre: Perimetre, profession: str, *, au: date) -> list[LigneCommune]:
    """Every commune of a région or a département with its class on that day, in the order of names, in one query."""
    lignes = list(
        Commune.objects.filter(departement__in=perimetre.departements)
        .with_niveau(profession, au=au)
        .annotate(origine=F("du_jour__origine"))
        .order_by("cle_tri", "code_insee")
        .values_list(
            "code_insee",
            "nom",
            "cle_tri",
            "departement_id",
            "population",
            "parent_id",
            "niveau",
            "statut_zone",
            "origine",
        )[:COMMUNES_MAX]
    )
    meres = {parent for _, _, _, _, _, parent, *_ in lignes if parent}
    return [
        LigneCommune(
            code, nom, cle, departement, population or 0, classe_de(niveau, statut), origine, code not in meres
        )
        for code, nom, cle, departement, population, _, niveau, statut, origine in lignes
    ]


def repartitions_france(profession: str, *, au: date) -> list[Repartition]:
    """One line a département, in the order of codes; kept in the memory of the process until the data change."""
    cle_cache = f"repartitions_france:{profession}:{au}:{data_version()}"
    repartitions: list[Repartition] | None = caches["pages"].get(cle_cache)
    if repartitions is None:
        repartitions = _read_repartitions(profession, au)
        caches["pages"].set(cle_cache, repartitions, 3600)
    return repartitions


def _read_repartitions(profession: str, au: date) -> list[Repartition]:
    """One query that returns a few hundred rows. NOT IN rather than an anti-join: the planner then counts right."""
    meres = Commune.objects.filter(parent__isnull=False).values("parent_id")
    communes: Any = Commune.objects.exclude(code_insee__in=meres)  # the types lose what with_niveau annotates
    lignes = (
        communes.with_niveau(profession, au=au)
        .annotate(origine=F("du_jour__origine"))
        .order_by("departement_id", "niveau", "statut_zone", "origine")
        .values_list("departement_id", "niveau", "statut_zone", "origine")
        .annotate(nombre=Count("code_insee"), habitants=Sum("population"))
    )
    repartitions: dict[str, Repartition] = {}
    for departement, niveau, statut, origine, nombre, habitants in lignes[:5000]:
        repartition = repartitions.setdefault(departement, Repartition(departement))
        repartition.add(classe_de(niveau, statut), nombre, habitants or 0, [origine] if origine else [])
    return list(repartitions.values())


def repartitions_de(communes: Iterable[LigneCommune]) -> list[Repartition]:
    """The same lines from communes already read."""
    repartitions: dict[str, Repartition] = {}
    for commune in communes:
        if commune.compte:
            repartition = repartitions.setdefault(commune.departement, Repartition(commune.departement))
            repartition.add(commune.classe, 1, commune.population, [commune.origine] if commune.origine else [])
    return [repartitions[code] for code in sorted(repartitions)]


def cumul(lignes: Iterable[Repartition]) -> Repartition:
    """The whole perimeter: sums of its départements."""
    total = Repartition("")
    for ligne in lignes:
        for classe, communes in ligne.communes.items():
            total.add(classe, communes, ligne.habitants[classe], ligne.origines)
    return total


@dataclass(frozen=True, slots=True)
class Moment:
    """One stretch of a commune's history for one profession. `fin` excluded, None: still running."""

    debut: date
    fin: date | None
    libelle: str
    origine: str
    titre: str
    source: str
    lien: str

    @property
    def dernier_jour(self) -> date | None:
        return self.fin - date.resolution if self.fin else None


def historiques(commune: str) -> dict[str, list[Moment]]:
    """Every period of every profession, latest first, in one query."""
    lignes = (
        ZoneCommune.objects.filter(commune_id=commune)
        .select_related("niveau", "arrete")
        .order_by("profession", "-periode")[:HISTORIQUE_MAX]
    )
    moments: dict[str, list[Moment]] = defaultdict(list)
    for ligne in lignes:
        numero = ligne.arrete.numero
        if ligne.origine == Origine.DEMONSTRATION:
            titre = "Zonage de démonstration"
        else:
            titre = f"Arrêté {numero}" if numero else "Arrêté dont le fichier ne donne pas le numéro"
        moments[ligne.profession].append(
            Moment(
                ligne.periode.lower,
                ligne.periode.upper,
                ligne.niveau.libelle if ligne.niveau else str(StatutZone(ligne.statut).label),
                str(Origine(ligne.origine).label),
                titre,
                ligne.arrete.source,
                ligne.arrete.lien,
            )
        )
    return dict(moments)


@dataclass(slots=True)
class Voisine:
    """A neighbour (or an arrondissement) with the code of its class for each profession."""

    code: str
    nom: str
    type: str
    departement: str
    population: int | None
    classes: dict[str, str] = field(default_factory=dict)
    origines: set[str] = field(default_factory=set)


def voisines_de(codes: Iterable[str], mere: str, *, au: date) -> tuple[dict[str, Voisine], dict[str, Classe]]:
    """The communes of these codes, `mere` and its arrondissements, and the classes met that day, in one query."""
    lignes = (
        Commune.objects.filter(Q(code_insee__in=[*codes, mere]) | Q(parent_id=mere))
        .alias(du_jour=FilteredRelation("zones", condition=Q(zones__periode__contains=au)))
        .annotate(profession=F("du_jour__profession"), niveau=F("du_jour__niveau_id"), statut=F("du_jour__statut"))
        .annotate(origine=F("du_jour__origine"), libelle=F("du_jour__niveau__libelle"))
        .annotate(abrege=F("du_jour__niveau__abrege"), couleur=F("du_jour__niveau__couleur"))
        .annotate(rang=F("du_jour__niveau__rang"))
        .order_by("cle_tri", "code_insee", "profession")
        .values()
    )
    voisines: dict[str, Voisine] = {}
    classes = {classe.code: classe for classe in SANS_NIVEAU}
    for ligne in lignes[:LECTURES_MAX]:
        code = ligne["code_insee"]
        voisine = voisines.setdefault(
            code, Voisine(code, ligne["nom"], ligne["type"], ligne["departement_id"], ligne["population"])
        )
        if ligne["profession"]:
            classe = classe_de(ligne["niveau"], ligne["statut"])
            voisine.classes[ligne["profession"]] = classe
            voisine.origines.add(ligne["origine"])
            if ligne["niveau"]:
                classes[classe] = Classe(classe, ligne["libelle"], ligne["abrege"], ligne["couleur"], ligne["rang"])
    return voisines, classes


@dataclass(frozen=True, slots=True)
class LigneApl:
    """One profession, one vintage: the commune and the means around it, weighted by standardised population."""

    profession: str
    millesime: int
    origine: str
    commune: float | None
    departement: float | None
    region: float | None
    france: float | None

    @property
    def profession_libelle(self) -> str:
        return str(Profession(self.profession).label)

    @property
    def unite(self) -> str:
        """Doctors are counted in consultations, the others in full-time equivalents."""
        if self.profession == Profession.MEDECIN:
            return "consultations par an et par habitant standardisé"
        return "équivalents temps plein pour 100 000 habitants standardisés"


CleApl = tuple[str, int, str]
Sommes = dict[CleApl, dict[str, tuple[str, float, float]]]


def sommes_apl() -> Sommes:
    """By (profession, vintage, origin) then département: its région, Σ APL × standardised population, Σ of the latter.

    Sums add up: a région or the country is the sum of its départements, never a mean of means. Kept in the memory of
    the process until the data change.
    """
    cle_cache = f"sommes_apl:{data_version()}"
    sommes: Sommes | None = caches["pages"].get(cle_cache)
    if sommes is None:
        sommes = _read_sommes_apl()
        caches["pages"].set(cle_cache, sommes, 3600)
    return sommes


def _read_sommes_apl() -> Sommes:
    groupe = ("profession", "millesime", "origine", "commune__departement_id", "commune__departement__region_id")
    lignes = (
        Apl.objects.filter(apl__isnull=False)
        .order_by(*groupe)
        .values_list(*groupe)
        .annotate(somme=Sum(F("apl") * F("population_standardisee")), poids=Sum("population_standardisee"))
    )
    sommes: Sommes = defaultdict(dict)
    for profession, millesime, origine, departement, region, somme, poids in lignes[:50000]:
        sommes[profession, millesime, origine][departement] = (region, somme, poids)
    return dict(sommes)


def moyenne(couples: Iterable[tuple[float, float]]) -> float | None:
    """Weighted mean of (sum, weight) couples; None when nothing weighs."""
    somme = poids = 0.0
    for une_somme, un_poids in couples:
        somme += une_somme
        poids += un_poids
    return somme / poids if poids else None


def compare_apl(communes: Iterable[str], departement: str, region: str) -> list[LigneApl]:
    """The APL of a commune (its codes when it is read by arrondissement) against the means, latest vintage first.

    An official value hides the demonstration's for the same profession.
    """
    lues: dict[CleApl, list[tuple[float, float]]] = defaultdict(list)
    lignes = Apl.objects.filter(commune_id__in=list(communes)).order_by("profession", "-millesime", "code_publie")
    for apl in lignes[:LECTURES_MAX]:
        couples = lues[apl.profession, apl.millesime, apl.origine]
        if apl.apl is not None:
            couples.append((apl.apl * apl.population_standardisee, apl.population_standardisee))
    officielles = {profession for profession, _, origine in lues if origine == Origine.OFFICIEL}
    retenues = [cle for cle in lues if cle[2] == Origine.OFFICIEL or cle[0] not in officielles]
    sommes = sommes_apl() if retenues else {}
    comparaison = []
    for cle in sorted(retenues, key=lambda cle: (Profession.values.index(cle[0]), -cle[1])):
        par_departement = sommes.get(cle, {})
        comparaison.append(
            LigneApl(
                *cle,
                commune=moyenne(lues[cle]),
                departement=moyenne(valeurs[1:] for code, valeurs in par_departement.items() if code == departement),
                region=moyenne(valeurs[1:] for valeurs in par_departement.values() if valeurs[0] == region),
                france=moyenne(valeurs[1:] for valeurs in par_departement.values()),
            )
        )
    return comparaison
