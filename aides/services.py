"""The check: what somebody may receive, there, on that day, and why. Nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from aides.catalogue import catalogue, restrict
from aides.regles.dispositifs import JOURS_PASSES, Catalogue, Dispositif, Version
from aides.regles.evaluation import Resultat, evaluate_all, find_precisions, find_questions
from aides.regles.faits import FAITS, Fait, FaitInvalide, clean_fait, format_jour
from aides.regles.situation import Locaux, Situation, Valeur, ZoneLue
from aides.situations import Lecture, read_situation, read_zones
from zonage.enums import Origine
from zonage.lecture import Zone
from zonage.models import Commune
from zonage.recherche import Resolution, resolve_commune


class FaitsInvalides(ValueError):
    """Facts that cannot be read: `erreurs` has a French sentence for each, by code."""

    def __init__(self, erreurs: Mapping[str, str]) -> None:
        self.erreurs = erreurs
        super().__init__(" ".join(erreurs.values()))


@dataclass(frozen=True, slots=True)
class Fermeture:
    """A scheme without an open version that day. `etat`: « ferme » since `depuis`, or « a_venir » from `depuis`."""

    dispositif: Dispositif
    version: Version
    etat: str
    depuis: date
    motif: str


@dataclass(frozen=True, slots=True)
class Bilan:
    """The answer. `zone`: that of the day `au` for the profession of the person, None without commune or profession.

    `questions` can still change a verdict, the most deciding first; `precisions` would only narrow an amount.
    `zones` has the zone of each day read: `au`, and the day of installation when it is past.
    """

    au: date
    commune: Commune | None
    resolution: Resolution | None
    zone: Zone | None
    zones: Mapping[date, Zone]
    faits: Mapping[str, Valeur]
    resultats: tuple[Resultat, ...]
    fermes: tuple[Fermeture, ...]
    questions: tuple[Fait, ...]
    precisions: tuple[Fait, ...]
    avertissements: tuple[str, ...]
    demonstration: bool
    catalogue: str
    situation: Situation
    """What the rules read: enough, with their texts, to give the same answer again."""

    @property
    def concernes(self) -> tuple[Resultat, ...]:
        """What is worth showing: without the schemes of the other professions, once the profession is known."""
        return keep_profession(self.resultats, self.faits.get("profession"))

    @property
    def fermes_concernes(self) -> tuple[Fermeture, ...]:
        profession = self.faits.get("profession")
        return tuple(fermeture for fermeture in self.fermes if fermeture.dispositif.concerns(profession))

    def resultat(self, code: str) -> Resultat | None:
        return next((resultat for resultat in self.resultats if resultat.dispositif.code == code), None)


def keep_profession(resultats: tuple[Resultat, ...], profession: Valeur | None) -> tuple[Resultat, ...]:
    return tuple(resultat for resultat in resultats if resultat.dispositif.concerns(profession))


def check(commune: str | Resolution | None, faits: Mapping[str, object], *, au: date) -> Bilan:
    """Raises CommuneInconnue (unknown code) and FaitsInvalides (unknown fact, impossible value).

    A commune already resolved is not looked up again.
    """
    return check_days(commune, faits, (au,))[0]


def check_days(
    commune: str | Resolution | None, faits: Mapping[str, object], jours: Sequence[date]
) -> tuple[Bilan, ...]:
    """The same on several days: the facts are read once, and the zones of every day in one query."""
    propres = clean_faits(faits)
    resolution = resolve_commune(commune) if isinstance(commune, str) and commune else None
    if isinstance(commune, Resolution):
        resolution = commune
    code = resolution.commune.code_insee if resolution else None
    zones = read_zones(code, propres, jours)
    return tuple(_build_bilan(resolution, propres, read_situation(code, propres, zones, au=au), au) for au in jours)


def _build_bilan(resolution: Resolution | None, faits: dict[str, Valeur], lecture: Lecture, au: date) -> Bilan:
    situation = lecture.situation
    resultats, questions, precisions = _evaluate(
        tuple(sorted(faits.items())),
        (tuple(situation.zones.items()), situation.lieux, tuple(situation.locaux.items())),
        situation.commune_choisie,
        au,
        catalogue().empreinte,
    )
    return Bilan(
        au=au,
        commune=resolution.commune if resolution else None,
        resolution=resolution,
        zone=lecture.zones.get(au),
        zones=lecture.zones,
        faits=faits,
        resultats=resultats,
        fermes=list_fermetures(restrict(catalogue(), situation.lieux), au),
        questions=questions,
        precisions=precisions,
        avertissements=_list_avertissements(faits, au),
        demonstration=any(_is_demonstration(zone) for zone in lecture.zones.values()),
        catalogue=catalogue().empreinte,
        situation=situation,
    )


def clean_faits(faits: Mapping[str, object]) -> dict[str, Valeur]:
    """Typed facts, in the order of the vocabulary, without those not known. Raises FaitsInvalides."""
    erreurs = {str(code): f"Le fait « {str(code)[:40]} » n'existe pas." for code in faits if code not in FAITS}
    propres: dict[str, Valeur] = {}
    for code, fait in FAITS.items():
        try:
            valeur = clean_fait(fait, faits.get(code))
        except FaitInvalide as erreur:
            erreurs[code] = str(erreur)
        else:
            if valeur is not None:
                propres[code] = valeur
    if erreurs:
        raise FaitsInvalides(erreurs)
    return propres


@lru_cache(maxsize=512)
def _evaluate(
    faits: tuple[tuple[str, Valeur], ...],
    lieu: tuple[tuple[tuple[date, ZoneLue], ...], frozenset[str], tuple[tuple[date, Locaux], ...]],
    commune_choisie: bool,
    au: date,
    regles: str,
) -> tuple[tuple[Resultat, ...], tuple[Fait, ...], tuple[Fait, ...]]:
    """A pure function of its arguments: many communes share a few niveaux, so that one evaluation serves them all.

    `regles`, the digest of the catalogue, forgets what other rules answered.
    """
    zones, lieux, locaux = lieu
    situation = Situation(dict(faits), dict(zones), commune_choisie, lieux, dict(locaux))
    resultats = evaluate_all(restrict(catalogue(), lieux), situation, au=au)
    return resultats, find_questions(resultats, situation, au=au), find_precisions(resultats, situation)


@lru_cache(maxsize=256)
def list_fermetures(schemes: Catalogue, au: date) -> tuple[Fermeture, ...]:
    """The schemes closed or not yet open that day, each with its last version or its first."""
    fermetures = []
    for dispositif in schemes.dispositifs:
        if dispositif.version_au(au) is not None:
            continue
        passees = [version for version in dispositif.versions if version.ferme_le and version.ferme_le <= au]
        if passees and passees[-1].ferme_le:
            derniere = passees[-1]
            fermetures.append(Fermeture(dispositif, derniere, "ferme", passees[-1].ferme_le, derniere.motif_fermeture))
        else:
            premiere = dispositif.versions[0]
            motif = f"Ouvre aux nouvelles demandes le {format_jour(premiere.ouvert_du)}."
            fermetures.append(Fermeture(dispositif, premiere, "a_venir", premiere.ouvert_du, motif))
    return tuple(fermetures)


def _list_avertissements(faits: Mapping[str, Valeur], au: date) -> tuple[str, ...]:
    phrases = []
    for code, etat, passe in JOURS_PASSES.values():
        jour = faits.get(code)
        if isinstance(jour, date) and faits.get(etat) == passe and jour > au:
            libelle = FAITS[code].libelle
            phrases.append(
                f"{libelle} : le {format_jour(jour)} vient après le jour vérifié ({format_jour(au)}). "
                "Choisissez un jour plus tardif, ou corrigez cette réponse."
            )
    return tuple(phrases)


def _is_demonstration(zone: Zone) -> bool:
    dernier = zone.dernier_connu
    return Origine.DEMONSTRATION in (zone.origine, dernier.origine if dernier else None)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same on two days. `nature`: zone, ouverture, fermeture, version, issue or montant."""

    nature: str
    dispositif: Dispositif | None
    avant: str
    apres: str
    phrase: str


def diff_bilans(avant: Bilan, apres: Bilan) -> tuple[Difference, ...]:
    """What changes from one check to the other: the zone first, then each scheme in the order of the catalogue."""
    differences = list(_diff_zones(avant, apres))
    for dispositif in catalogue().dispositifs:
        if not dispositif.concerns(avant.faits.get("profession")):
            continue
        ancien, nouveau = avant.resultat(dispositif.code), apres.resultat(dispositif.code)
        if ancien and nouveau:
            differences.extend(_diff_resultats(ancien, nouveau))
        elif nouveau:
            phrase = f"{dispositif.sigle} est ouvert le {format_jour(apres.au)} : {nouveau.issue.libelle.lower()}."
            differences.append(Difference("ouverture", dispositif, "", _describe(nouveau), phrase))
        elif ancien:
            phrase = f"{dispositif.sigle} n'est plus ouvert le {format_jour(apres.au)}."
            if avant.au > apres.au:
                phrase = f"{dispositif.sigle} n'est pas encore ouvert le {format_jour(apres.au)}."
            differences.append(Difference("fermeture", dispositif, _describe(ancien), "", phrase))
    return tuple(differences)


def _diff_zones(avant: Bilan, apres: Bilan) -> list[Difference]:
    textes = [_describe_zone(bilan) for bilan in (avant, apres)]
    if textes[0] == textes[1]:
        return []
    phrase = f"La zone passe de « {textes[0]} » à « {textes[1]} »."
    return [Difference("zone", None, textes[0], textes[1], phrase)]


def _describe_zone(bilan: Bilan) -> str:
    if bilan.zone is None:
        return "non demandée"
    return bilan.zone.libelle or bilan.zone.statut.label


def _diff_resultats(ancien: Resultat, nouveau: Resultat) -> list[Difference]:
    sigle, textes = nouveau.dispositif.sigle, (_describe(ancien), _describe(nouveau))
    if ancien.issue is not nouveau.issue:
        phrase = f"{sigle} : {textes[0]}, puis {textes[1]}."
        return [Difference("issue", nouveau.dispositif, *textes, phrase)]
    if textes[0] != textes[1]:
        return [Difference("montant", nouveau.dispositif, *textes, f"{sigle} : {textes[0]}, puis {textes[1]}.")]
    if ancien.version.code != nouveau.version.code:
        changement = max(ancien.version.ouvert_du, nouveau.version.ouvert_du)
        phrase = f"{sigle} : ses conditions changent le {format_jour(changement)}."
        codes = (ancien.version.code, nouveau.version.code)
        return [Difference("version", nouveau.dispositif, *codes, phrase)]
    return []


def _describe(resultat: Resultat) -> str:
    libelle = resultat.issue.libelle.lower()
    return f"{libelle} ({resultat.montant.texte})" if resultat.montant else libelle
