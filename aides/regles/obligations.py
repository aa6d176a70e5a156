"""The duties of a contract, each on its day; and the whole schedule."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from aides.regles.calendrier import add_mois
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.echeancier import Echeancier, LigneEcheance, NatureLigne, build_versements
from aides.regles.echeancier_regles import Cadence, Engagement, Granularite
from aides.regles.faits import FAITS, format_valeur
from aides.regles.prorata import count_mois
from aides.regles.situation import Contexte

ANNEES_MAX = 40
Jours = tuple[date, date | None, date | None]


def build_echeancier(
    dispositif: Dispositif,
    version: Version,
    contexte: Contexte,
    *,
    effet: date,
    terme: date | None = None,
    accorde: Decimal | None = None,
    granularite: Granularite | None = None,
) -> Echeancier:
    """Payments and duties of a contract that takes effect on `effet`. Raises EcheancierImpossible."""
    verse = build_versements(
        dispositif, version, contexte, effet=effet, terme=terme, accorde=accorde, granularite=granularite
    )
    engagements = version.echeancier.engagements if version.echeancier else ()
    obligations = [ligne for e in engagements for ligne in _build_obligations(e, contexte, verse)]
    return replace(verse, obligations=tuple(sorted(obligations, key=lambda ligne: (ligne.le, ligne.code))))


def _build_obligations(engagement: Engagement, contexte: Contexte, verse: Echeancier) -> list[LigneEcheance]:
    doute = engagement.a_instruire
    if engagement.si is not None:
        verdict = engagement.si.evaluate(contexte).verdict
        if verdict is False:
            return []
        if verdict is None:
            doute = " ; ".join(filter(None, (doute, f"à vérifier : {engagement.si.libelle}")))
    return [
        LigneEcheance(
            NatureLigne.OBLIGATION,
            engagement.code,
            rang,
            _label(engagement, contexte),
            le,
            debut,
            fin,
            engagement.reference.texte,
            a_instruire=doute,
        )
        for rang, (le, debut, fin) in enumerate(_list_jours(engagement, verse), start=1)
    ]


def _label(engagement: Engagement, contexte: Contexte) -> str:
    fait = FAITS.get(engagement.fait)
    valeur = contexte.faits.get(engagement.fait)
    if fait is None or valeur is None:
        return engagement.libelle
    return f"{engagement.libelle} : {format_valeur(fait, valeur)}"


def _list_jours(engagement: Engagement, verse: Echeancier) -> list[Jours]:
    effet, terme = verse.effet, verse.terme
    match engagement.cadence:
        case Cadence.UNE_FOIS:
            return [(add_mois(effet, engagement.mois), None, None)]
        case Cadence.AU_TERME:
            return [(terme, effet, terme)] if terme else []
        case Cadence.SERVICE:
            return _list_service(engagement, effet, terme)
        case Cadence.PAR_AN:
            return _list_annees(effet, terme)
        case Cadence.PAR_AN_CIVIL:
            return _list_civiles(effet, terme)


def _list_service(engagement: Engagement, effet: date, terme: date | None) -> list[Jours]:
    """As many months as the contract paid (a month begun counts), `mois` at least, from the term on."""
    if terme is None:
        return []
    mois = count_mois(effet, terme)
    if add_mois(effet, mois) < terme:
        mois += 1
    fin = add_mois(terme, max(mois, engagement.mois))
    return [(fin, terme, fin)]


def _list_annees(effet: date, terme: date | None) -> list[Jours]:
    if terme is None:
        return []
    jours: list[Jours] = []
    for annee in range(1, ANNEES_MAX + 1):
        debut = add_mois(effet, 12 * (annee - 1))
        if debut >= terme:
            break
        fin = min(add_mois(effet, 12 * annee), terme)
        jours.append((fin, debut, fin))
    return jours


def _list_civiles(effet: date, terme: date | None) -> list[Jours]:
    if terme is None:
        return []
    jours: list[Jours] = []
    for annee in range(effet.year, min(terme.year, effet.year + ANNEES_MAX) + 1):
        debut, fin = max(effet, date(annee, 1, 1)), min(terme, date(annee + 1, 1, 1))
        if debut < fin:
            jours.append((date(annee, 12, 31) if fin > date(annee, 12, 31) else fin, debut, fin))
    return jours
