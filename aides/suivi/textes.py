"""What a message and the pages say of a change: before, after, what a running contract keeps, what to do before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from aides.catalogue import catalogue
from aides.faits_url import dump_faits
from aides.models import ChangementDroit, Suivi
from aides.regles.evaluation import Issue
from aides.regles.faits import FAITS, format_valeur
from aides.regles.montants import format_fourchette
from aides.services import clean_faits
from aides.suivi.chronologie import Changement, read_etat, state_on
from aides.suivi.jetons import PAGE, find_jeton
from portal.core.courriels import build_url
from zonage.models import Commune

CONTRAT_EN_COURS = "Un contrat déjà signé va à son terme : ce changement ne concerne que les nouvelles demandes."


@dataclass(frozen=True, slots=True)
class Ligne:
    """One scheme: what it was, what it becomes. `perdu`: it was open to the person, and no longer is."""

    code: str
    sigle: str
    nom: str
    avant: str
    apres: str
    effet_le: date
    perdu: bool
    inchange: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """One followed situation and what changed in it. `demander_avant`: the first day when something is closed."""

    nom: str
    profession: str
    lignes: tuple[Ligne, ...]
    demander_avant: date | None
    avant_url: str
    apres_url: str
    page_url: str
    changement_url: str


def describe_etat(texte: str, dispositif: str, jour: date) -> str:
    """« éligible, 5 000 € », « à instruire », « non éligible », « fermé aux nouvelles demandes »."""
    etat = read_etat(texte)
    connu = catalogue().dispositif(dispositif)
    version = connu.version_au(jour) if connu else None
    if etat.issue is Issue.NON_ELIGIBLE:
        return "non éligible" if version else "fermé aux nouvelles demandes"
    libelle = etat.issue.libelle.lower()
    if etat.periodicite is None or etat.minimum is None:
        return libelle
    garantie = version is not None and any(composante.garantie for composante in version.bareme.composantes[:1])
    montant = format_fourchette(etat.minimum, etat.maximum, etat.periodicite, garantie=garantie)
    return f"{libelle}, {montant[0].lower()}{montant[1:]}"


def build_query(suivi: Suivi, au: date | None) -> str:
    """The address of the same check on a day: what the follow-up keeps, nothing else."""
    faits = clean_faits(suivi.faits)
    jour = [("au", au.isoformat())] if au else []
    return urlencode([("commune", suivi.commune), *jour, *dump_faits(faits, tuple(suivi.nsp))])


def name_commune(code: str) -> str:
    commune = Commune.objects.filter(code_insee=code).values_list("nom", "departement_id").first()
    return f"{commune[0]} ({commune[1]})" if commune else code


def describe_reponses(suivi: Suivi) -> list[tuple[str, str]]:
    """What the follow-up keeps, as a person reads it."""
    faits = clean_faits(suivi.faits)
    return [
        (fait.libelle, format_valeur(fait, faits[code]) if code in faits else "Je ne sais pas")
        for code, fait in FAITS.items()
        if code in faits or code in suivi.nsp
    ]


def build_situation(
    suivi: Suivi, changements: Sequence[ChangementDroit], *, au: date, actuel: bool = False
) -> Situation:
    """`actuel`: what is known now takes the place of what the cause had announced (a correction)."""
    lignes = tuple(_build_ligne(suivi, changement, actuel=actuel) for changement in changements)
    effet = min((ligne.effet_le for ligne in lignes), default=au)
    closes = [ligne.effet_le for ligne in lignes if ligne.perdu and ligne.effet_le > au]
    jeton = find_jeton(PAGE, suivi.cle, suivi.jeton_empreinte)
    cause = changements[0].cause_id if changements else 0
    profession = FAITS["profession"]
    return Situation(
        nom=name_commune(suivi.commune),
        profession=format_valeur(profession, suivi.profession),
        lignes=lignes,
        demander_avant=min(closes, default=None),
        avant_url=build_url(f"{reverse('resultat')}?{build_query(suivi, effet - timedelta(days=1))}"),
        apres_url=build_url(f"{reverse('resultat')}?{build_query(suivi, effet)}"),
        page_url=build_url(reverse("suivi_detail", args=[jeton])),
        changement_url=build_url(reverse("suivi_changement", args=[jeton, cause])),
    )


def _build_ligne(suivi: Suivi, changement: ChangementDroit, *, actuel: bool) -> Ligne:
    jour, code = changement.effet_le, changement.dispositif
    connu = catalogue().dispositif(code)
    apres = state_on(suivi.chronologie, code, jour) if actuel else changement.apres
    return Ligne(
        code=code,
        sigle=connu.sigle if connu else code,
        nom=connu.nom if connu else code,
        avant=describe_etat(changement.avant, code, jour - timedelta(days=1)),
        apres=describe_etat(apres, code, jour),
        effet_le=jour,
        perdu=bool(changement.avant) and not apres,
        inchange=changement.avant == apres,
    )


def describe_echeances(echeances: Sequence[Changement]) -> list[Ligne]:
    """What the timeline already knows will turn, for the page of a follow-up."""
    lignes = []
    for changement in echeances:
        connu = catalogue().dispositif(changement.dispositif)
        lignes.append(
            Ligne(
                code=changement.dispositif,
                sigle=connu.sigle if connu else changement.dispositif,
                nom=connu.nom if connu else changement.dispositif,
                avant=describe_etat(changement.avant, changement.dispositif, changement.effet_le - timedelta(days=1)),
                apres=describe_etat(changement.apres, changement.dispositif, changement.effet_le),
                effet_le=changement.effet_le,
                perdu=bool(changement.avant) and not changement.apres,
                inchange=False,
            )
        )
    return lignes
