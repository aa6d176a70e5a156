"""The schedule of a contract: what is paid, what is due, and when; a pure function of a version, of facts and of days.

Every day is counted from the day of effect. A period is half-open; the term is the first day without contract.
An amount that depends on an activity not declared yet is None, with its cap. The sum of exact parts is the total to
the cent: the last one takes the remainder.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from aides.regles.calculs import ZERO, APreciser, Fourchette, ParParametre, ParUnite, Pourcentage, round_centime
from aides.regles.calendrier import add_mois
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.echeancier_regles import Granularite, ReglesEcheancier, Rythme
from aides.regles.faits import FAITS
from aides.regles.montants import Composante, Montant, Periodicite, compute_montant
from aides.regles.prorata import Part, part_annee
from aides.regles.situation import Contexte

LIGNES_MAX = 260
"""Twenty years, month by month, and a few duties: no scheme lasts longer."""


class EcheancierImpossible(ValueError):
    """The schedule cannot be computed: a sentence in French says what to give."""


class NatureLigne(StrEnum):
    VERSEMENT = "versement"
    OBLIGATION = "obligation"


@dataclass(frozen=True, slots=True)
class LigneEcheance:
    """One payment or one duty. `code` and `rang` name it. `montant` None: to be computed, at most `plafond`."""

    nature: NatureLigne
    code: str
    rang: int
    libelle: str
    le: date
    debut: date | None
    fin: date | None
    reference: str
    montant: Decimal | None = None
    plafond: Decimal | None = None
    a_instruire: str = ""


@dataclass(frozen=True, slots=True)
class Echeancier:
    """`raison`: why there is no payment; empty when there are some. `notes`: what may be paid beside it."""

    effet: date
    terme: date | None
    versements: tuple[LigneEcheance, ...]
    obligations: tuple[LigneEcheance, ...] = ()
    raison: str = ""
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal | None:
        """The sum of the payments; None as soon as one depends on an activity not declared yet."""
        montants = [ligne.montant for ligne in self.versements]
        connus = [montant for montant in montants if montant is not None]
        return sum(connus, ZERO) if len(connus) == len(montants) else None

    @property
    def maximum(self) -> Decimal | None:
        """The most that it can pay; None when a payment has no known cap."""
        bornes = [ligne.plafond if ligne.montant is None else ligne.montant for ligne in self.versements]
        connues = [borne for borne in bornes if borne is not None]
        return sum(connues, ZERO) if len(connues) == len(bornes) else None


@dataclass(frozen=True, slots=True)
class Cadre:
    """What every line of a schedule reads."""

    dispositif: Dispositif
    version: Version
    regles: ReglesEcheancier
    contexte: Contexte
    effet: date
    terme: date
    granularite: Granularite | None


def find_terme(version: Version, effet: date, terme: date | None = None) -> date | None:
    """The term given, else the one that the duration of the version gives; None: it has none."""
    if terme is not None:
        return terme
    mois = version.regles_cumul.duree_mois
    return add_mois(effet, mois) if mois else None


def build_versements(
    dispositif: Dispositif,
    version: Version,
    contexte: Contexte,
    *,
    effet: date,
    terme: date | None = None,
    accorde: Decimal | None = None,
    granularite: Granularite | None = None,
) -> Echeancier:
    """The payments. `accorde`: the total that was granted (None: what the scale says).

    Raises EcheancierImpossible when the scheme says nothing of its payments, or when a day is missing.
    """
    regles = version.echeancier
    if regles is None:
        return Echeancier(effet, find_terme(version, effet, terme), (), raison=SANS_REGLE)
    fin = find_terme(version, effet, terme)
    if fin is not None and fin <= effet:
        raise EcheancierImpossible("Le terme du contrat vient après son jour d'effet.")
    if regles.rythme is Rythme.AUCUN:
        return Echeancier(effet, fin, (), raison=regles.raison)
    if fin is None and regles.rythme is not Rythme.PARTS:
        raise EcheancierImpossible("Donnez le terme du contrat : ce dispositif n'a pas de durée fixe.")
    cadre = Cadre(dispositif, version, regles, contexte, effet, fin or date.max, granularite)
    lignes, notes = CALCULS[regles.rythme](cadre, accorde)
    if len(lignes) > LIGNES_MAX:
        raise EcheancierImpossible("Ce contrat compterait plus de 260 versements : vérifiez son terme.")
    return Echeancier(effet, fin, tuple(lignes), notes=tuple(notes))


SANS_REGLE = "ce dispositif ne dit pas comment il est versé : la convention ou le contrat le fixe"
Calculees = tuple[list[LigneEcheance], list[str]]


def _ligne(cadre: Cadre, code: str, rang: int, libelle: str, jours: tuple[date, date, date | None]) -> LigneEcheance:
    le, debut, fin = jours
    reference = cadre.regles.reference.texte
    return LigneEcheance(
        NatureLigne.VERSEMENT, code, rang, libelle, le, debut, fin, reference, a_instruire=cadre.regles.raison
    )


def _build_parts(cadre: Cadre, accorde: Decimal | None) -> Calculees:
    """A one-off amount in parts (one when the scheme names none)."""
    bareme = cadre.version.bareme
    calcule = compute_montant(bareme, cadre.contexte)
    exact = calcule.minimum if calcule is not None and calcule.exact else None
    total = accorde if accorde is not None else exact
    maximum = total if total is not None else (calcule.maximum if calcule else ZERO)
    parts = [(v.part, v.libelle, v.mois, v.reference.texte) for v in bareme.versements]
    parts = parts or [(Decimal(1), "Versement unique", 0, cadre.regles.reference.texte)]
    doute = _doubt_accorde(accorde, exact, calcule)
    lignes, restes = [], [total, maximum]
    for rang, (part, libelle, mois, reference) in enumerate(parts, start=1):
        montants: list[Decimal | None] = []
        for place, somme in enumerate((total, maximum)):
            reste = restes[place]
            if somme is None or reste is None:
                montants.append(None)
                continue
            montant = reste if rang == len(parts) else round_centime(somme * part)
            restes[place] = reste - montant
            montants.append(montant)
        le = add_mois(cadre.effet, mois)
        ligne = _ligne(cadre, "part", rang, libelle, (le, le, None))
        note = " ; ".join(filter(None, (cadre.regles.raison, doute)))
        lignes.append(
            replace(ligne, debut=None, reference=reference, montant=montants[0], plafond=montants[1], a_instruire=note)
        )
    notes = [f"{ligne.libelle} : {ligne.texte}" for ligne in (calcule.lignes if calcule else ()) if ligne.en_plus]
    return lignes, notes


def _doubt_accorde(accorde: Decimal | None, exact: Decimal | None, calcule: Montant | None) -> str:
    if accorde is None or calcule is None:
        return ""
    if exact is not None and accorde != exact:
        return "le montant accordé n'est pas celui du barème pour ces réponses"
    if exact is None and calcule.maximum is not None and accorde > calcule.maximum:
        return "le montant accordé dépasse le maximum du barème"
    return ""


def _build_annees(cadre: Cadre, accorde: Decimal | None) -> Calculees:
    """One line a year of the contract and a component: degressive aids, yearly instalments."""
    lignes: list[LigneEcheance] = []
    notes: dict[str, None] = {}
    for annee in range(1, LIGNES_MAX):
        debut = add_mois(cadre.effet, 12 * (annee - 1))
        if debut >= cadre.terme:
            break
        fin = min(add_mois(cadre.effet, 12 * annee), cadre.terme)
        for composante, valeur in _read_annee(cadre, annee, debut):
            if composante.periodicite is not Periodicite.PAR_AN or (composante.supplement and not valeur.minimum):
                notes[_note(composante)] = None
                continue
            jours = (_find_jour(cadre, annee, debut, fin), debut, fin)
            ligne = _ligne(cadre, composante.code, annee, composante.libelle, jours)
            lignes.append(_with_valeur(ligne, composante, valeur))
    return _scale(lignes, accorde), list(notes)


def _find_jour(cadre: Cadre, annee: int, debut: date, fin: date) -> date:
    if cadre.regles.jour_fixe is not None and annee > 1:
        mois, jour = cadre.regles.jour_fixe
        return date(cadre.effet.year + annee - 1, mois, jour)
    return fin if cadre.regles.fin_annee else debut


def _read_annee(cadre: Cadre, annee: int, debut: date) -> list[tuple[Composante, Fourchette]]:
    """The components paid that year, from the version in force at the anniversary when the scheme says so."""
    lues = _read_version(cadre.version, cadre.contexte, annee)
    if cadre.regles.revalorise and annee > 1:
        nouvelle = cadre.dispositif.version_au(debut)
        if nouvelle is not None and nouvelle.ouvert_du > cadre.version.ouvert_du:
            revues = _read_version(nouvelle, cadre.contexte, annee)
            certaines = [v for c, v in revues if not c.supplement and v.maximum != ZERO]
            return revues if certaines else [_doubt(composante) for composante, _ in lues]
    return lues


def _doubt(composante: Composante) -> tuple[Composante, Fourchette]:
    """The newer version has no amount for these answers: the former one is not paid by default."""
    raison = APreciser("le montant revalorisé n'est pas vérifié pour ces réponses")
    return replace(composante, calcul=raison), Fourchette(ZERO, None)


def _read_version(version: Version, contexte: Contexte, annee: int) -> list[tuple[Composante, Fourchette]]:
    lues = []
    for composante in version.bareme.composantes:
        premiere, derniere = composante.annees or (1, None)
        if premiere <= annee and (derniere is None or annee <= derniere):
            valeur = composante.compute(contexte)
            if valeur.maximum != ZERO:
                lues.append((composante, valeur))
    return lues


def _note(composante: Composante) -> str:
    return f"{composante.libelle} : hors de l'échéancier, sur justificatif"


def _with_valeur(ligne: LigneEcheance, composante: Composante, valeur: Fourchette) -> LigneEcheance:
    maximum = None if valeur.maximum is None else round_centime(valeur.maximum)
    if valeur.minimum == valeur.maximum and not composante.garantie:
        return replace(ligne, montant=maximum, plafond=maximum)
    manque = [f"réponse à compléter : {FAITS[code].libelle}" for code in valeur.manquants if code in FAITS][:2]
    calcul = composante.calcul
    raison = calcul.raison if isinstance(calcul, APreciser) else ""
    if isinstance(calcul, ParParametre):
        raison = "le montant est fixé par la région, qui ne l'a pas encore donné au portail"
    doutes = " ; ".join(filter(None, [ligne.a_instruire, raison, *manque]))
    return replace(ligne, plafond=maximum, a_instruire=doutes)


def _scale(lignes: list[LigneEcheance], accorde: Decimal | None) -> list[LigneEcheance]:
    """The same schedule for a total granted that is not that of the scale: in proportion, to the cent."""
    montants = [ligne.montant for ligne in lignes]
    if accorde is None or not lignes or None in montants:
        return lignes
    total = sum((montant for montant in montants if montant is not None), ZERO)
    if total == accorde:
        return lignes
    reste, revues = accorde, []
    for rang, ligne in enumerate(lignes, start=1):
        part = Decimal(ligne.montant or 0) / total if total else Decimal(1) / len(lignes)
        montant = reste if rang == len(lignes) else min(round_centime(accorde * part), reste)
        reste -= montant
        doute = " ; ".join(filter(None, (ligne.a_instruire, "le montant accordé n'est pas la somme du barème")))
        revues.append(replace(ligne, montant=montant, plafond=montant, a_instruire=doute))
    return revues


def _build_civil(cadre: Cadre, accorde: Decimal | None) -> Calculees:
    """By civil year N, pro rata at both ends, paid in the second quarter of N+1 (falls due on its last day)."""
    lignes: list[LigneEcheance] = []
    notes: dict[str, None] = {}
    for annee in range(cadre.effet.year, cadre.terme.year + 1):
        part = part_annee(annee, cadre.effet, cadre.terme)
        if not part.jours:
            continue
        debut, fin = max(cadre.effet, date(annee, 1, 1)), min(cadre.terme, date(annee + 1, 1, 1))
        rang = annee - cadre.effet.year + 1
        for composante, valeur in _read_version(cadre.version, cadre.contexte, rang):
            if composante.supplement and not valeur.minimum:
                notes[_note(composante)] = None
                continue
            libelle = f"{composante.libelle}, année {annee}"[:200]
            ligne = _ligne(cadre, composante.code, rang, libelle, (date(annee + 1, 6, 30), debut, fin))
            ligne = _with_activite(ligne, composante) or _with_valeur(ligne, composante, valeur)
            lignes.append(apply_part(ligne, part, cadre.granularite))
    return lignes, list(notes)


def _with_activite(ligne: LigneEcheance, composante: Composante) -> LigneEcheance | None:
    """An amount read on the activity of each year: what was answered for the check says nothing of it."""
    calcul = composante.calcul
    if isinstance(calcul, Pourcentage):
        plafond = calcul.plafond
    elif isinstance(calcul, ParUnite):
        plafond = round_centime(calcul.montant * calcul.maximum)
    else:
        return None
    a_declarer = f"à calculer sur l'activité déclarée : {FAITS[calcul.fait].libelle}"
    return replace(ligne, plafond=plafond, a_instruire=_join(ligne.a_instruire, a_declarer))


def apply_part(ligne: LigneEcheance, part: Part, granularite: Granularite | None) -> LigneEcheance:
    """The line for a part of its year. Without a granularity: the amount waits, both figures are said."""
    if part.entiere:
        return ligne
    plein = ligne.montant if ligne.montant is not None else ligne.plafond
    if plein is None:
        return replace(ligne, a_instruire=_join(ligne.a_instruire, "prorata de l'année à appliquer"))
    if granularite is not None:
        valeur = part.apply(plein, granularite)
        return replace(ligne, montant=None if ligne.montant is None else valeur, plafond=valeur)
    figures = [part.explain(plein, choix) for choix in Granularite]
    plafond = max(part.apply(plein, choix) for choix in Granularite)
    return replace(
        ligne,
        montant=None,
        plafond=plafond,
        a_instruire=_join(ligne.a_instruire, "prorata en jours ou en mois : " + " ou ".join(figures)),
    )


def _join(*textes: str) -> str:
    return " ; ".join(filter(None, textes))


def _build_mensuel(cadre: Cadre, accorde: Decimal | None) -> Calculees:
    """Month by month from the day of effect, each due at its end; the last one may be shorter."""
    lignes: list[LigneEcheance] = []
    lues = [
        (c, v) for c, v in _read_version(cadre.version, cadre.contexte, 1) if c.periodicite is Periodicite.PAR_MOIS
    ]
    for rang in range(1, (cadre.regles.mois_max or LIGNES_MAX) + 2):
        debut = add_mois(cadre.effet, rang - 1)
        if debut >= cadre.terme or rang > (cadre.regles.mois_max or rang):
            break
        plein = add_mois(cadre.effet, rang)
        fin = min(plein, cadre.terme)
        for composante, valeur in lues:
            ligne = _ligne(cadre, composante.code, rang, composante.libelle, (fin, debut, fin))
            ligne = _with_valeur(ligne, composante, valeur)
            if fin < plein:
                ligne = replace(
                    ligne,
                    plafond=ligne.montant if ligne.montant is not None else ligne.plafond,
                    montant=None,
                    a_instruire=_join(ligne.a_instruire, "mois incomplet : le prorata n'est pas vérifié"),
                )
            lignes.append(ligne)
    return lignes, []


CALCULS = {
    Rythme.PARTS: _build_parts,
    Rythme.ANNEES: _build_annees,
    Rythme.CIVIL: _build_civil,
    Rythme.MENSUEL: _build_mensuel,
}
