"""Prevention in a diagnosis: uptake of the territory and around, and commune by commune, small numbers hidden.

The figure given for the whole territory is preferred; else its communes are added up, only when each may be shown:
no difference of two diagnoses gives a hidden one away.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.conf import settings

from portal.pilotage.diagnostic import Bloc, Case, Colonne, Diagnostic, Ligne, decimal
from portal.pilotage.diagnostic_grand import is_grand
from portal.pilotage.diagnostic_lecture import CommuneLue, PreventionLue, read_prevention
from portal.pilotage.diagnostic_territoire import Choix
from prevention.lecture import Taux, add_releves, build_taux, voit_public
from prevention.models import Cible, Releve
from zonage.models import Commune

Periode = tuple[date, date]
CIBLES_MAX: Final = 12


def describe_secret() -> str:
    return (
        f"« Masqué » : moins de {settings.MAILLAGE_SEUIL_SECRET} personnes, ou un chiffre qui permettrait de le "
        "retrouver par différence. L’ensemble n’est alors donné que s’il a été publié pour le territoire entier."
    )


def add_prevention(diagnostic: Diagnostic) -> None:
    choix = diagnostic.choix
    ecritures = find_ecritures(diagnostic.communes)
    territoires = {(une.type, une.code) for une in diagnostic.references} | {(choix.type, choix.code)}
    if diagnostic.grand:
        territoires |= {("departement", code) for code in diagnostic.communes}
    communes = () if diagnostic.grand else set(ecritures.values())
    lue = read_prevention(communes, territoires, diagnostic.au)
    lignes: list[Ligne] = []
    sources: set[str] = set()
    for cible, periode, taux in list_choisies(diagnostic, lue, ecritures):
        lignes.append(build_ligne(cible, taux))
        sources |= {un.source for un in taux if un is not None}
        add_colonnes(diagnostic, lue.releves[cible.pk][periode], cible, taux[0], ecritures)
    notes = ["La participation à un dépistage organisé n’est pas la couverture : chaque ligne dit ce qu’elle compte."]
    if not lignes:
        notes = ["Aucun relevé de prévention n’est publié pour ce territoire."]
    demonstration = any(case.demonstration for ligne in lignes for case in ligne.cases)
    diagnostic.blocs.append(
        Bloc(
            "prevention",
            "Prévention",
            lignes,
            "",
            sorted(sources)[:8],
            [*notes, *([describe_secret()] if lignes else [])],
            demonstration,
        )
    )


def find_ecritures(communes: Mapping[str, CommuneLue]) -> dict[str, str]:
    """By unit, the code under which prevention counts it: a city that is there whole is one commune."""
    meres = {lue.mere for lue in communes.values() if lue.mere}
    if not meres:
        return {code: code for code in communes}
    tous: dict[str, set[str]] = {}
    for code, mere in Commune.objects.filter(parent__in=meres).order_by("pk").values_list("pk", "parent_id"):
        tous.setdefault(str(mere), set()).add(code)
    entieres = {mere for mere, siens in tous.items() if siens <= communes.keys()}
    return {code: lue.mere if lue.mere in entieres else code for code, lue in communes.items()}  # type: ignore[misc]


def list_choisies(
    diagnostic: Diagnostic, lue: PreventionLue, ecritures: Mapping[str, str]
) -> list[tuple[Cible, Periode, list[Taux | None]]]:
    """One season of each theme and target: the latest with a figure here, else the latest with one around."""
    choisies: dict[tuple[str, str], tuple[Cible, Periode, list[Taux | None]]] = {}
    for ailleurs in (False, True):
        for cible in lue.cibles:
            cle = (cible.campagne.theme, cible.code)
            lus = None if cle in choisies else _choose(diagnostic, lue, cible, ecritures, ailleurs=ailleurs)
            if lus is not None:
                choisies[cle] = (cible, *lus)
    return list(choisies.values())[:CIBLES_MAX]


def _choose(
    diagnostic: Diagnostic, lue: PreventionLue, cible: Cible, ecritures: Mapping[str, str], *, ailleurs: bool
) -> tuple[Periode, list[Taux | None]] | None:
    """The latest period for which the territory has a figure; the same period around, else the latest one there.

    `ailleurs`: a period for which only the references have one will do.
    """
    choix = diagnostic.choix
    periodes = lue.releves.get(cible.pk, {})
    for periode in sorted(periodes, key=lambda une: (une[1], une[0]), reverse=True):
        ici = read_ici(periodes[periode], choix, ecritures)
        autour = [_find(periodes, periode, (une.type, une.code)) for une in diagnostic.references]
        if ici is not None or (ailleurs and any(autour)):
            return periode, [ici, *autour]
    return None


def read_ici(releves: Mapping[tuple[str, str], Releve], choix: Choix, ecritures: Mapping[str, str]) -> Taux | None:
    """Départements are added up only when each one has its figure."""
    entier = releves.get((choix.type, choix.code))
    if entier is not None:
        return build_taux(entier)
    codes, maille = set(ecritures.values()), "departement" if is_grand(choix.type) else "commune"
    siens = [releves[maille, un] for un in sorted(codes) if (maille, un) in releves]
    if is_grand(choix.type) and len(siens) < len(codes):
        return None
    if len(codes) == 1 and siens:
        return build_taux(siens[0])
    return add_releves(siens, codes, voit=voit_public, niveau="ensemble", code="")


def _find(
    periodes: Mapping[Periode, Mapping[tuple[str, str], Releve]], voulue: Periode, cle: tuple[str, str]
) -> Taux | None:
    if cle in periodes[voulue]:
        return build_taux(periodes[voulue][cle])
    autres = sorted(
        (periode for periode in periodes if cle in periodes[periode]), key=lambda une: (une[1], une[0]), reverse=True
    )
    return build_taux(periodes[autres[0]][cle]) if autres else None


def build_ligne(cible: Cible, taux: list[Taux | None]) -> Ligne:
    libelle = f"{cible.campagne.nom} : {cible.libelle}"
    compte = all(un is None or (un.taux is None and un.numerateur is not None) for un in taux)
    cases = [build_case(un, compte=compte) for un in taux]
    formule = cible.get_formule_display() if hasattr(cible, "get_formule_display") else cible.formule
    unite, decimales = ("personnes", 0) if compte else ("%", 1)
    return Ligne(f"prevention_{cible.campagne.code}_{cible.code}", libelle, unite, decimales, cases, str(formule))


def build_case(un: Taux | None, *, compte: bool) -> Case:
    if un is None:
        return Case(None, "non publié")
    reserves = (", au moins" if un.au_moins else "") + (", provisoire" if un.provisoire else "")
    au = f"du {un.debut:%d/%m/%Y} au {un.fin:%d/%m/%Y}{reserves}"
    source = f"{un.source}, {un.millesime}" if un.millesime else un.source
    valeur = decimal(un.numerateur) if compte else decimal(un.pourcentage)
    return Case(valeur, "" if valeur is not None else un.motif, au, source, un.demonstration, un.masque)


def add_colonnes(
    diagnostic: Diagnostic,
    releves: Mapping[tuple[str, str], Releve],
    cible: Cible,
    total: Taux | None,
    ecritures: Mapping[str, str],
) -> None:
    """People counted, commune by commune, when communes have figures. A city has no line of its own."""
    maille = "departement" if diagnostic.grand else "commune"
    lus = {
        code: build_taux(releves[maille, ecrit])
        for code, ecrit in ecritures.items()
        if code == ecrit and (maille, ecrit) in releves
    }
    if not lus:
        return
    diagnostic.colonnes.append(
        Colonne(
            f"prevention_{cible.campagne.code}_{cible.code}",
            f"{cible.campagne.nom} : {cible.libelle}",
            {code: un.numerateur for code, un in lus.items()},
            total.numerateur if total else None,
            frozenset(code for code, un in lus.items() if un.masque),
            motif=total.motif if total else "",
        )
    )
