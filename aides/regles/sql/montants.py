"""An amount as SQL: for each line its least and its most in euros (NULL: no upper bound), then what they add up to."""

from dataclasses import dataclass
from decimal import Decimal

from aides.regles.calculs import (
    APreciser,
    Calcul,
    Forfait,
    JusquA,
    ParChoix,
    ParParametre,
    ParTranche,
    ParUnite,
    ParZone,
    Pourcentage,
)
from aides.regles.montants import Bareme, Composante
from aides.regles.sql.conditions import compile_condition
from aides.regles.sql.jours import Jour
from aides.regles.sql.textes import column, literal

NUL, SANS_BORNE = "0::numeric", "NULL::numeric"


@dataclass(frozen=True, slots=True)
class FourchetteSql:
    minimum: str
    maximum: str


@dataclass(frozen=True, slots=True)
class MontantSql:
    """`present`: whether anything is paid. The amounts are those of the first periodicity met, as in `montants`."""

    present: str
    minimum: str
    maximum: str
    periodicite: str


def compile_montant(bareme: Bareme, jour: Jour) -> MontantSql:
    lignes = [(composante, compile_composante(composante, jour)) for composante in bareme.composantes]
    if not lignes:
        return MontantSql("false", SANS_BORNE, SANS_BORNE, "NULL::text")
    presentes = [(f"({valeur.maximum}) IS DISTINCT FROM 0", composante) for composante, valeur in lignes]
    present = "(" + " OR ".join(f"({presente})" for presente, _ in presentes) + ")"
    choix = [(presente, literal(composante.periodicite.value)) for presente, composante in presentes]
    sommes = {
        periodicite: _sum([ligne for ligne in lignes if ligne[0].periodicite is periodicite])
        for periodicite in dict.fromkeys(composante.periodicite for composante, _ in lignes)
    }
    return MontantSql(
        present,
        _choose([(presente, sommes[composante.periodicite].minimum) for presente, composante in presentes]),
        _choose([(presente, sommes[composante.periodicite].maximum) for presente, composante in presentes]),
        _choose(choix),
    )


def _choose(cas: list[tuple[str, str]]) -> str:
    """The first that holds; nothing to choose when every case says the same and something is paid."""
    if len({valeur for _, valeur in cas}) == 1:
        return cas[0][1]
    return "CASE " + " ".join(f"WHEN {quand} THEN {valeur}" for quand, valeur in cas) + " END"


def _sum(lignes: list[tuple[Composante, FourchetteSql]]) -> FourchetteSql:
    """What the first year pays. A supplement that is not certain is shown beside, never counted."""
    minima, maxima = [], []
    for composante, valeur in lignes:
        if not composante.premiere_annee:
            continue
        arrondi = f"round({valeur.maximum}, 2)"
        minima.append(f"round({valeur.minimum}, 2)")
        maxima.append(
            f"CASE WHEN ({valeur.minimum}) = 0 THEN 0 ELSE {arrondi} END" if composante.supplement else arrondi
        )
    return FourchetteSql(" + ".join(minima) or NUL, " + ".join(maxima) or NUL)


def compile_composante(composante: Composante, jour: Jour) -> FourchetteSql:
    valeur = compile_calcul(composante.calcul, jour)
    if composante.si is None:
        return valeur
    si = compile_condition(composante.si, jour)
    return FourchetteSql(
        f"CASE WHEN {si} THEN {valeur.minimum} ELSE {NUL} END",
        f"CASE WHEN {si} IS FALSE THEN {NUL} ELSE {valeur.maximum} END",
    )


def compile_calcul(calcul: Calcul, jour: Jour) -> FourchetteSql:
    match calcul:
        case Forfait():
            return compile_forfait(calcul)
        case Pourcentage():
            return compile_pourcentage(calcul)
        case ParTranche(fait=fait, tranches=tranches):
            cas = [(f"{column(fait)} >= {literal(seuil)}", literal(montant)) for seuil, montant in reversed(tranches)]
            return _table(column(fait), cas, [montant for _, montant in tranches])
        case ParZone(montants=montants):
            cas = [(f"({jour.zone}) = {literal(niveau)}", literal(montant)) for niveau, montant in montants]
            return _table(f"({jour.zone})", cas, [montant for _, montant in montants])
        case ParChoix(fait=fait, montants=montants):
            cas = [(f"{column(fait)} = {literal(valeur)}", literal(montant)) for valeur, montant in montants]
            return _table(column(fait), cas, [montant for _, montant in montants])
        case ParUnite(fait=fait, montant=unitaire, maximum=maximum):
            exact = f"{literal(unitaire)} * LEAST({column(fait)}, {literal(maximum)})"
            inconnu = f"CASE WHEN {column(fait)} IS NULL THEN"
            return FourchetteSql(
                f"{inconnu} {NUL} ELSE {exact} END", f"{inconnu} {literal(unitaire * maximum)} ELSE {exact} END"
            )
        case JusquA():
            return FourchetteSql(NUL, literal(calcul.plafond))
        case APreciser():
            return FourchetteSql(NUL, SANS_BORNE)
        case ParParametre():
            valeur = compile_parametre(calcul, jour)
            return FourchetteSql(f"coalesce({valeur}, 0)", valeur)


def _table(cle: str, cas: list[tuple[str, str]], montants: list[Decimal]) -> FourchetteSql:
    """The line of a table; its whole range while the key is unknown; nothing for a key without a line."""
    lignes = " ".join(f"WHEN {quand} THEN {montant}" for quand, montant in cas)
    return FourchetteSql(
        *(
            f"CASE WHEN {cle} IS NULL THEN {literal(borne)} {lignes} ELSE {NUL} END"
            for borne in (min(montants), max(montants))
        )
    )


def compile_forfait(calcul: Forfait) -> FourchetteSql:
    montant = literal(calcul.montant)
    if not calcul.prorata_opposable:
        return FourchetteSql(montant, montant)
    secteur, taux = column("secteur"), column("taux_opposable")
    part = f"round({montant} * {taux} * 0.01, 2)"
    return FourchetteSql(
        f"CASE WHEN {secteur} = 'secteur_1' THEN {montant} WHEN {taux} IS NULL THEN {NUL} ELSE {part} END",
        f"CASE WHEN {secteur} = 'secteur_1' OR {secteur} IS NULL OR {taux} IS NULL THEN {montant} ELSE {part} END",
    )


def compile_pourcentage(calcul: Pourcentage) -> FourchetteSql:
    base = column(calcul.fait)
    plafond = SANS_BORNE if calcul.plafond is None else literal(calcul.plafond)
    brut = f"round({base} * {literal(calcul.taux)}, 2)"
    plafonne = _cap(brut, calcul)
    inconnu = f"CASE WHEN {base} IS NULL THEN"
    if not calcul.prorata_opposable:
        return FourchetteSql(f"{inconnu} {NUL} ELSE {plafonne} END", f"{inconnu} {plafond} ELSE {plafonne} END")
    secteur, taux = column("secteur"), column("taux_opposable")
    return FourchetteSql(
        f"{inconnu} {NUL} WHEN {secteur} = 'secteur_1' THEN {plafonne} WHEN {taux} IS NULL THEN {NUL}"
        f" ELSE round({plafonne} * {taux} * 0.01, 2) END",
        f"{inconnu} {plafond} WHEN {secteur} = 'secteur_1' OR {secteur} IS NULL OR {taux} IS NULL THEN {plafonne}"
        f" ELSE {_cap(f'round({brut} * {taux} * 0.01, 2)', calcul)} END",
    )


def _cap(montant: str, calcul: Pourcentage) -> str:
    return montant if calcul.plafond is None else f"LEAST({montant}, {literal(calcul.plafond)})"


def compile_parametre(calcul: ParParametre, jour: Jour) -> str:
    """What the région has set; NULL while nobody said."""

    def read(code: str) -> str:
        return f"((({jour.parametres}) ->> {literal(code)})::numeric)"

    if calcul.fait is None:
        return read(calcul.tranches[-1][1])
    fait = column(calcul.fait)
    lignes = " ".join(
        f"WHEN {fait} >= {literal(seuil)} THEN {read(code)}" for seuil, code in reversed(calcul.tranches)
    )
    return f"CASE WHEN {fait} IS NULL THEN {SANS_BORNE} {lignes} ELSE {NUL} END"
