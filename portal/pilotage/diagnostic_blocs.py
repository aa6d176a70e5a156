"""The blocks of a diagnosis, one function each: what is read, the lines, the columns of the communes."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.conf import settings

from cpts.models import DonneeTerritoire
from cpts.regles.donnees_territoire import DEFINITIONS
from portal.pilotage.diagnostic import Bloc, Case, Colonne, Diagnostic, Ligne, decimal, open_diagnostic, share
from portal.pilotage.diagnostic_grand import fill_apl, fill_offre, fill_zones
from portal.pilotage.diagnostic_lecture import (
    AGES,
    MEDECIN,
    Habitants,
    OffreLue,
    list_departements,
    read_apl,
    read_donnees,
    read_offre,
    read_zones,
    sommes_population,
    sum_couples,
)
from portal.pilotage.diagnostic_prevention import add_prevention
from portal.pilotage.diagnostic_territoire import Choix
from zonage.comparaisons import SANS_NIVEAU, cumul, repartitions_france
from zonage.enums import Origine, Profession, StatutZone

POUR: Final = 10_000
TOUJOURS: Final = frozenset({"sans_medecin_traitant_17", "sans_medecin_traitant_70"})
"""Shown even when nobody entered them: « à renseigner »."""
MILLESIME_AGES: Final = 2021
AGES_AU: Final = str(MILLESIME_AGES)
INSEE_POPULATION: Final = "Insee, populations municipales"
INSEE_AGES: Final = "Insee, population par grand groupe d’âge (IRIS)"
ANNUAIRE: Final = "Annuaire santé (Agence du numérique en santé), extraction"
SANS_OFFRE: Final = "aucune extraction de l’Annuaire santé n’est chargée"
CONSULTATIONS: Final = "consultations par an et par habitant standardisé"
EQUIVALENTS: Final = "équivalents temps plein pour 100 000 habitants standardisés"
PLUSIEURS: Final = "une personne qui exerce dans deux communes compte dans chacune"


def build_diagnostic(choix: Choix, *, au: date) -> Diagnostic:
    """Everything, in a number of queries that does not depend on the communes."""
    diagnostic = open_diagnostic(choix, au=au)
    add_population(diagnostic)
    add_medecin_traitant(diagnostic)
    add_offre(diagnostic)
    add_apl(diagnostic)
    add_zones(diagnostic)
    add_prevention(diagnostic)
    return diagnostic


def list_habitants(diagnostic: Diagnostic) -> list[list[Habitants]]:
    sommes = sommes_population()
    return [list_departements(reference.departements, sommes) for reference in diagnostic.references]


def add_population(diagnostic: Diagnostic) -> None:
    communes = diagnostic.communes
    population = sum_connus(commune.population for commune in communes.values())
    ages = [sum_connus(commune.ages[rang] for commune in communes.values()) for rang in range(3)]
    autour = list_habitants(diagnostic)
    totaux = [sum(lu.population for lu in lus) for lus in autour]
    ages_autour = [[sum(lu.ages[rang] for lu in lus) for rang in range(3)] for lus in autour]
    inconnues = [commune.nom for commune in communes.values() if commune.population is None]
    lignes = [
        Ligne(
            "communes",
            "Communes",
            "communes",
            0,
            build_cases([diagnostic.nombre_communes, *(sum_communes(lus) for lus in autour)]),
        ),
        Ligne("population", "Population municipale", "habitants", 0, build_cases([population, *totaux])),
    ]
    note_ages = f"Les âges sont ceux de {MILLESIME_AGES} : ils ne s’ajoutent pas à la population municipale."
    for rang, libelle in enumerate(AGES):
        effectifs = [ages[rang], *(leurs[rang] for leurs in ages_autour)]
        parts = [share(ages[rang], sum(ages)), *(share(leurs[rang], sum(leurs)) for leurs in ages_autour)]
        lignes.append(
            Ligne(f"age_{rang}", libelle, "habitants", 0, build_cases(effectifs, au=AGES_AU, source=INSEE_AGES))
        )
        lignes.append(
            Ligne(f"part_age_{rang}", f"Part des {libelle}", "%", 1, build_cases(parts, au=AGES_AU, source=INSEE_AGES))
        )
    millesime = ", ".join(sorted({str(commune.millesime) for commune in communes.values() if commune.millesime}))
    diagnostic.blocs.append(
        Bloc(
            "population",
            "Population",
            lignes,
            millesime,
            [f"{INSEE_POPULATION} {millesime}", f"{INSEE_AGES}, {MILLESIME_AGES}"],
            [note_ages, *([f"Population inconnue : {', '.join(inconnues[:10])}."] if inconnues else [])],
        )
    )
    add_habitants(diagnostic, population, ages)


def add_habitants(diagnostic: Diagnostic, population: int, ages: Sequence[int]) -> None:
    communes = diagnostic.communes
    diagnostic.colonnes.append(
        Colonne("population", "Habitants", {c: lue.population for c, lue in communes.items()}, population)
    )
    for rang, libelle in enumerate(AGES):
        valeurs: dict[str, int | float | str | None] = {c: lue.ages[rang] for c, lue in communes.items()}
        diagnostic.colonnes.append(Colonne(f"age_{rang}", f"{libelle} ({MILLESIME_AGES})", valeurs, ages[rang]))


def add_medecin_traitant(diagnostic: Diagnostic) -> None:
    """Figures entered for the whole of a territory: never estimated for a set of communes."""
    choix = diagnostic.choix
    territoires = [(choix.type, choix.code), *((une.type, une.code) for une in diagnostic.references)]
    donnees = read_donnees(territoires, diagnostic.au)
    lignes = []
    for definition in DEFINITIONS.values():
        lues = [donnees.get((definition.code, type_, code)) for type_, code in territoires]
        if not any(lues) and definition.code not in TOUJOURS:
            continue
        lignes.append(
            Ligne(
                definition.code,
                definition.libelle,
                definition.unite,
                1,
                [build_donnee(lue, entier=rang > 0 or choix.type != "ensemble") for rang, lue in enumerate(lues)],
                definition.definition,
            )
        )
    note = "Saisis avec leur source par la coordination d’une CPTS ou par l’ARS ; aucun n’est calculé par le portail."
    demonstration = any(lue.demonstration for lue in donnees.values())
    diagnostic.blocs.append(Bloc("acces", "Médecin traitant et urgences", lignes, "", [], [note], demonstration))


def build_donnee(lue: DonneeTerritoire | None, *, entier: bool) -> Case:
    if lue is None:
        motif = "à renseigner" if entier else "publié pour des territoires entiers, pas pour un choix de communes"
        return Case(None, motif)
    effectifs = [lue.numerateur, lue.denominateur and lue.numerateur and lue.denominateur - lue.numerateur]
    petit = any(effectif is not None and 0 < effectif < settings.MAILLAGE_SEUIL_SECRET for effectif in effectifs)
    au = f"{lue.jour:%d/%m/%Y}"
    source = f"{lue.source} ({lue.producteur})" if lue.producteur else lue.source
    if petit:
        return Case(None, "effectif sous le seuil du secret statistique", au, source, lue.demonstration, masque=True)
    return Case(lue.valeur, "", au, source, lue.demonstration)


def add_offre(diagnostic: Diagnostic) -> None:
    offre = (fill_offre if diagnostic.grand else read_offre)(diagnostic.communes, diagnostic.au)
    if offre.jour is None:
        vide = Case(None, SANS_OFFRE)
        ligne = Ligne("offre", "Praticiens", "praticiens", 0, [vide] * len(diagnostic.entetes))
        diagnostic.blocs.append(Bloc("offre", "Offre de soins", [ligne], "", [], [f"Non connue : {SANS_OFFRE}."]))
        return
    autour = list_habitants(diagnostic)
    habitants = [sum_connus(lue.population for lue in diagnostic.communes.values())]
    habitants += [sum(lu.population for lu in lus) for lus in autour]
    lignes: list[Ligne] = []
    for profession in Profession:
        lignes += build_offre(diagnostic, offre, profession, habitants)
    lignes += build_sans_medecin(diagnostic, offre, [sum_communes(lus) for lus in autour])
    jour = f"{offre.jour:%d/%m/%Y}"
    notes = [f"Lieux d’exercice, toutes spécialités : {PLUSIEURS}."]
    diagnostic.blocs.append(Bloc("offre", "Offre de soins", lignes, jour, [f"{ANNUAIRE} du {jour}"], notes))


def build_offre(
    diagnostic: Diagnostic, offre: OffreLue, profession: Profession, habitants: Sequence[int]
) -> list[Ligne]:
    code, libelle = str(profession.value), str(profession.label)
    ici = [lue.offre.get(code, (0, 0)) for lue in diagnostic.communes.values()]
    couples = [(sum(un[0] for un in ici), sum(un[1] for un in ici))]
    leurs = offre.departements.get(code, {})
    for reference in diagnostic.references:
        siens = [valeurs for departement, valeurs in leurs.items() if reference.holds(departement)]
        couples.append((sum(un[0] for un in siens), sum(un[1] for un in siens)))
    valeurs: dict[str, int | float | str | None] = {
        commune: lue.offre.get(code, (0, 0))[0] for commune, lue in diagnostic.communes.items()
    }
    diagnostic.colonnes.append(Colonne(f"offre_{code}", libelle, valeurs, couples[0][0]))
    densites = [
        decimal(POUR * total / peuple) if peuple else None
        for (total, _), peuple in zip(couples, habitants, strict=True)
    ]
    return [
        Ligne(f"offre_{code}", libelle, "praticiens", 0, build_cases([total for total, _ in couples])),
        Ligne(
            f"liberaux_{code}", f"{libelle}, dont libéraux", "praticiens", 0, build_cases([un for _, un in couples])
        ),
        Ligne(
            f"densite_{code}", f"{libelle} pour 10 000 habitants", "pour 10 000 habitants", 1, build_cases(densites)
        ),
    ]


def build_sans_medecin(diagnostic: Diagnostic, offre: OffreLue, communes: Sequence[int]) -> list[Ligne]:
    leurs = offre.departements.get(MEDECIN, {})
    autour = [
        total - sum(valeurs[2] for departement, valeurs in leurs.items() if reference.holds(departement))
        for reference, total in zip(diagnostic.references, communes, strict=True)
    ]
    if diagnostic.grand:
        avec = sum(valeurs[2] for departement, valeurs in leurs.items() if departement in diagnostic.communes)
        nombres = build_cases([diagnostic.nombre_communes - avec, *autour])
        return [Ligne("sans_medecin", "Communes sans médecin", "communes", 0, nombres)]
    sans = [lue for lue in diagnostic.communes.values() if not lue.offre.get(MEDECIN, (0, 0))[0]]
    peuple = sum_connus(lue.population for lue in diagnostic.communes.values())
    part = share(sum_connus(lue.population for lue in sans), peuple)
    vides = [Case(None, "non calculé hors du territoire")] * len(diagnostic.references)
    noms = ", ".join(lue.nom for lue in sans[:12]) + ("…" if len(sans) > 12 else "")
    return [
        Ligne("sans_medecin", "Communes sans médecin", "communes", 0, build_cases([len(sans), *autour]), noms),
        Ligne("part_sans_medecin", "Habitants d’une commune sans médecin", "%", 1, [Case(part), *vides]),
    ]


def add_apl(diagnostic: Diagnostic) -> None:
    apl = (fill_apl if diagnostic.grand else read_apl)(diagnostic.communes)
    lignes, sources, demonstration = [], [], False
    for profession, millesime, origine in apl.cles:
        cle = (profession, millesime, origine)
        ici = [lue.apl[cle] for lue in diagnostic.communes.values() if cle in lue.apl]
        valeurs = [sum_couples(ici)]
        for reference in diagnostic.references:
            siens = apl.sommes.get(cle, {}).items()
            valeurs.append(sum_couples([(v[1], v[2]) for departement, v in siens if reference.holds(departement)]))
        unite = CONSULTATIONS if profession == MEDECIN else EQUIVALENTS
        invente = origine == Origine.DEMONSTRATION
        source = "Offre modélisée pour la démonstration" if invente else "Drees, accessibilité potentielle localisée"
        manquantes = len(diagnostic.communes) - len(ici)
        note = f"{unite} ; {manquantes} {diagnostic.unite}s sans valeur" if manquantes else unite
        libelle = f"APL, {Profession(profession).label.lower()}"
        cases = build_cases([decimal(v) for v in valeurs], au=str(millesime), source=source, demonstration=invente)
        lignes.append(Ligne(f"apl_{profession}", libelle, unite, 1, cases, note))
        sources.append(f"{source}, {millesime}")
        demonstration = demonstration or invente
        if profession == MEDECIN:
            colonne: dict[str, int | float | str | None] = {
                code: round(lue.apl[cle][0] / lue.apl[cle][1], 1) if cle in lue.apl and lue.apl[cle][1] else None
                for code, lue in diagnostic.communes.items()
            }
            total = None if valeurs[0] is None else round(valeurs[0], 1)
            diagnostic.colonnes.append(Colonne("apl_medecin", "APL médecins", colonne, total, somme=False))
    notes = ["Moyenne des communes pondérée par leur population standardisée, jamais une moyenne de moyennes."]
    if not lignes:
        notes = ["Aucune valeur d’accessibilité n’est chargée pour ces communes."]
    diagnostic.blocs.append(Bloc("apl", "Accessibilité aux soins", lignes, "", sources, notes, demonstration))


def add_zones(diagnostic: Diagnostic) -> None:
    zones = (fill_zones if diagnostic.grand else read_zones)(diagnostic.communes, diagnostic.au)
    libelles = zones.libelles | {classe.code: (classe.rang, classe.libelle) for classe in SANS_NIVEAU}
    lignes = []
    for profession in Profession:
        lignes += build_zones(diagnostic, str(profession.value), str(profession.label), libelles)
    inconnu = StatutZone.INCONNU.value
    diagnostic.colonnes.append(
        Colonne(
            "zone_medecin",
            "Zone dominante (médecins)" if diagnostic.grand else "Zone (médecins)",
            {code: libelles[lue.classes.get(MEDECIN, inconnu)][1] for code, lue in diagnostic.communes.items()},
            None,
            somme=False,
        )
    )
    notes = ["Part des habitants de chaque classe, au zonage de chaque profession ce jour-là."]
    diagnostic.blocs.append(
        Bloc("zones", "Zonage", lignes, f"{diagnostic.au:%d/%m/%Y}", zones.arretes, notes, zones.demonstration)
    )


def build_zones(
    diagnostic: Diagnostic, profession: str, libelle: str, libelles: dict[str, tuple[int, str]]
) -> list[Ligne]:
    """A line by class met in the territory or around; none when nothing is known anywhere."""
    inconnu = StatutZone.INCONNU.value
    peuple: dict[str, int] = {}
    for lue in diagnostic.communes.values():
        for classe, habitants in lue.read_peuple(profession, inconnu).items():
            peuple[classe] = peuple.get(classe, 0) + habitants
    toutes = repartitions_france(profession, au=diagnostic.au)
    autour = [cumul(lu for lu in toutes if reference.holds(lu.code)) for reference in diagnostic.references]
    vues = set(peuple) | {classe for lue in autour[:1] for classe in lue.habitants}
    if vues <= {inconnu}:
        return []
    return [
        Ligne(
            f"zone_{profession}_{classe}",
            f"{libelle} : {libelles[classe][1]}",
            "%",
            1,
            [
                Case(share(peuple.get(classe, 0), sum(peuple.values()))),
                *(Case(decimal(lue.part(classe))) for lue in autour),
            ],
        )
        for classe in sorted(vues, key=lambda une: (libelles[une][0], une))
    ]


def build_cases(
    valeurs: Sequence[float | int | Decimal | None], *, au: str = "", source: str = "", demonstration: bool = False
) -> list[Case]:
    return [
        Case(decimal(valeur) if isinstance(valeur, int | float) else valeur, "", au, source, demonstration)
        for valeur in valeurs
    ]


def sum_connus(valeurs: Iterable[int | None]) -> int:
    return sum(valeur or 0 for valeur in valeurs)


def sum_communes(habitants: Sequence[Habitants]) -> int:
    return sum(lu.communes for lu in habitants)
