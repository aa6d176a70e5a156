"""What a rule gives to read, while it is written: the page, what is still missing, and a trial on one person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from django.http import QueryDict

from aides.regles.canonique import dump_lisible
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.ecriture import RegleInvalide
from aides.regles.evaluation import Resultat, evaluate
from aides.regles.faits import FAITS, Fait, FaitInvalide, TypeFait, clean_fait, format_jour
from aides.regles.redactions import describe_periodes
from aides.regles.situation import Situation, Valeur, ZoneLue
from aides.services_locaux import describe_lieux, read_redaction
from aides.situations import list_jours
from aides.views.bareme import describe_bareme
from aides.views.dispositifs import LIBELLES_GUICHET
from aides.views.preuve import render_conditions, render_preuve

COMPARAISON_MAX = 4000
MOTS = {
    "versions": "période",
    "conditions": "conditions",
    "tous": "condition",
    "un_de": "choix",
    "non": "exclusion",
    "montant": "montants",
    "composantes": "montant",
    "references": "texte",
    "perimetre": "lieu",
    "documents": "pièce",
    "obligations": "engagement",
    "cumul": "règle de cumul",
    "libelle": "libellé",
    "reference": "texte",
    "reference_ouverture": "texte qui l'ouvre",
    "ouvert_du": "jour d'ouverture",
    "ferme_le": "jour de fermeture",
    "verifie_le": "jour de relecture",
    "duree": "durée",
    "resume": "résumé",
    "payeur": "qui verse l'aide",
    "guichet": "à qui s'adresser",
    "demarche": "démarche",
    "sigle": "nom court",
    "nom": "nom complet",
    "professions": "professions",
    "periodicite": "périodicité",
    "code": "nom dans la règle",
    "jour_reference": "jour de référence",
    "texte": "phrase",
    "raison": "raison",
}
ZONES = (("", "Je ne sais pas"), ("zip", "ZIP"), ("zac", "ZAC"), ("hors_zonage", "Hors zonage"))
ZONES_AUTRES = (
    ("tres_sous_dotee", "Très sous-dotée"),
    ("sous_dotee", "Sous-dotée"),
    ("intermediaire", "Intermédiaire"),
    ("tres_dotee", "Très dotée"),
    ("sur_dotee", "Sur-dotée"),
)


@dataclass(frozen=True, slots=True)
class Apercu:
    """`erreur`: the first fault, with its place in words and in the rule; the rest is then empty."""

    erreur: str = ""
    chemin: str = ""
    dispositif: Dispositif | None = None
    lieux: tuple[str, ...] = ()
    periodes: str = ""
    versions: tuple[dict[str, Any], ...] = ()
    guichet: str = ""
    professions: tuple[str, ...] = ()


def build_apercu(brut: Any, code: str) -> Apercu:
    try:
        dispositif = read_redaction(brut, code=code)
    except RegleInvalide as erreur:
        return Apercu(erreur=f"{say_chemin(erreur.chemin)} : {erreur.motif}", chemin=erreur.chemin)
    connues = dict(FAITS["profession"].choix)
    return Apercu(
        dispositif=dispositif,
        lieux=tuple(describe_lieux(dispositif.perimetre)),
        periodes=describe_periodes(dispositif),
        versions=tuple(
            {
                "version": version,
                "titre": describe_version(version),
                "conditions": render_conditions(version),
                "bareme": describe_bareme(version),
            }
            for version in reversed(dispositif.versions)
        ),
        guichet=LIBELLES_GUICHET.get(dispositif.guichet, dispositif.guichet),
        professions=tuple(connues.get(profession, profession) for profession in dispositif.professions),
    )


def describe_version(version: Version) -> str:
    fin = f", jusqu'au {format_jour(version.ferme_le)} exclu" if version.ferme_le else ""
    return f"Demandes à compter du {format_jour(version.ouvert_du)}{fin}"


def say_chemin(chemin: str) -> str:
    """« versions.0.conditions.tous.1.libelle » → « Période 1, conditions, condition 2, libellé »."""
    mots = re.sub(r"\.(\d+)", lambda rang: f" {int(rang[1]) + 1}", chemin).split(".")
    dits = []
    for mot in mots:
        nom, _, rang = mot.partition(" ")
        dits.append(f"{MOTS.get(nom, nom)} {rang}".strip())
    texte = ", ".join(dits) or "règle"
    return texte[0].upper() + texte[1:]


@dataclass(frozen=True, slots=True)
class Question:
    """One fact of the trial. `choix`: (value, label) when it is chosen in a list; else a text, a number or a day."""

    fait: Fait
    valeur: str
    choix: tuple[tuple[str, str], ...]
    type: str
    erreur: str = ""


@dataclass(frozen=True, slots=True)
class Essai:
    questions: tuple[Question, ...]
    zones: tuple[tuple[str, str], ...]
    zone: str
    dehors: bool
    au: date
    resultat: Resultat | None
    preuve: str
    motif: str


def try_redaction(dispositif: Dispositif, params: QueryDict, *, au: date) -> Essai:
    """One person, as the address says her: the verdict and its proof. Nothing is stored."""
    version = dispositif.version_au(au)
    codes = tuple(dict.fromkeys(("profession", *(version.faits if version else ()))))
    faits: dict[str, Valeur] = {}
    questions = []
    for code in codes:
        texte, erreur = params.get(code, "").strip(), ""
        try:
            valeur = clean_fait(FAITS[code], texte[:40])
        except FaitInvalide as faute:
            valeur, erreur = None, str(faute)
        if valeur is not None:
            faits[code] = valeur
        questions.append(_build_question(FAITS[code], texte, erreur))
    zone, dehors = params.get("zone", ""), params.get("dehors") == "1"
    zones = ZONES if faits.get("profession", "medecin") == "medecin" else (ZONES[0], *ZONES_AUTRES, ZONES[-1])
    resultat = None
    if version is not None:
        resultat = evaluate(
            dispositif, version, _build_situation(dispositif, faits, dict(zones), zone, dehors, au), au=au
        )
    return Essai(
        tuple(questions),
        zones,
        zone,
        dehors,
        au,
        resultat,
        render_preuve(resultat.preuve) if resultat else "",
        "" if version else f"Aucune période n'est ouverte le {format_jour(au)} : choisissez un autre jour.",
    )


def _build_situation(
    dispositif: Dispositif, faits: Mapping[str, Valeur], zones: Mapping[str, str], zone: str, dehors: bool, au: date
) -> Situation:
    lue = ZoneLue(zone, zones[zone]) if zone and zone in zones else ZoneLue(None, motif="Zone non précisée")
    lieux = frozenset() if dehors else frozenset(dispositif.perimetre)
    return Situation(faits, dict.fromkeys(list_jours(faits, au), lue), lieux=lieux)


def _build_question(fait: Fait, texte: str, erreur: str) -> Question:
    choix: tuple[tuple[str, str], ...] = ()
    if fait.type is TypeFait.BOOL:
        choix = (("", "Je ne sais pas"), ("oui", "Oui"), ("non", "Non"))
    elif fait.choix:
        choix = (("", "Je ne sais pas"), *fait.choix)
    return Question(fait, texte, choix, "date" if fait.type is TypeFait.DATE else "text", erreur)


def compare_textes(avant: Any, apres: Any) -> list[tuple[str, str]]:
    """The lines of two rules: (« = », « - » or « + », line); long equal stretches are cut to three lines each side."""
    gauche, droite = dump_lisible(avant).splitlines(), dump_lisible(apres).splitlines()
    lignes: list[tuple[str, str]] = []
    for geste, i1, i2, j1, j2 in SequenceMatcher(None, gauche, droite, autojunk=False).get_opcodes():
        if geste == "equal":
            egales = [("=", ligne) for ligne in gauche[i1:i2]]
            lignes += egales if len(egales) <= 7 else [*egales[:3], ("=", "…"), *egales[-3:]]
            continue
        lignes += [("-", ligne) for ligne in gauche[i1:i2]] + [("+", ligne) for ligne in droite[j1:j2]]
    return lignes[:COMPARAISON_MAX]
