"""The cards of the home of a CPTS: where each part stands, in one line (`MAILLAGE_CARTES_ESPACE`)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from cpts.enums import StatutMission, StatutPerimetre, StatutStructure
from cpts.lecture_perimetres import Heritages, Unite, find_perimetre, list_codes, read_unites
from cpts.models import CommunePerimetre, Cpts, LigneAci, Membre, Mission, Structure
from cpts.services.membres import count_professions
from portal.core.cache import data_version

MEMBRES_LUS = 2_000
LIGNES_LUES, VOISINES_MAX = 200, 5_000
A_RENSEIGNER = "à renseigner"


@dataclass(frozen=True, slots=True)
class Carte:
    """`phrases`: what it says, the most useful first. `liens`: (label, address) beside the first."""

    rang: int
    titre: str
    lien: str
    phrases: Sequence[str]
    liens: Sequence[tuple[str, str]] = ()


def list_cartes(request: HttpRequest, cpts: Cpts) -> list[Carte]:
    cartes = [carte for chemin in settings.MAILLAGE_CARTES_ESPACE for carte in import_string(chemin)(request, cpts)]
    return sorted(cartes, key=lambda carte: (carte.rang, carte.titre))


def build_cartes(request: HttpRequest, cpts: Cpts) -> list[Carte]:
    au = timezone.localdate()
    return [
        build_territoire(cpts, au),
        build_missions(cpts),
        build_argent(cpts, au),
        build_membres(cpts, au),
        build_structures(cpts),
    ]


def build_territoire(cpts: Cpts, au: date) -> Carte:
    """Population and size are those of the approval, as the contract knows them."""
    lien = reverse("espace_perimetre", args=[cpts.code])
    diagnostic = ("Diagnostic du territoire", f"{reverse('diagnostic')}?territoire=cpts:{cpts.code}")
    perimetre = find_perimetre(cpts.code, au)
    if perimetre is None:
        return Carte(10, "Mon territoire", lien, ["Aucun périmètre approuvé n’est en vigueur."])
    heritages = read_heritages()
    unites = read_unites(list_codes(perimetre), heritages)
    blanches = count_blanches(unites, au, heritages)
    population = A_RENSEIGNER if perimetre.population is None else f"{_nombre(perimetre.population)} habitants"
    millesime = f" (population {perimetre.millesime_population})" if perimetre.millesime_population else ""
    taille = f"Taille {perimetre.taille} au sens de l’ACI" if perimetre.taille else f"Taille {A_RENSEIGNER}"
    phrases = [
        f"{population}{millesime}, {_accorde(len(unites), 'commune')}",
        taille,
        f"{_accorde(blanches, 'commune voisine')} sans CPTS" if blanches else "Aucune commune voisine sans CPTS",
    ]
    return Carte(10, "Mon territoire", lien, phrases, [diagnostic])


def count_blanches(unites: Mapping[str, Unite], au: date, heritages: Heritages) -> int:
    """The neighbours that no approved perimeter covers on the day."""
    alentour = heritages.expand(voisine for unite in unites.values() for voisine in unite.voisines) - unites.keys()
    couvertes = CommunePerimetre.objects.filter(
        perimetre__statut=StatutPerimetre.APPROUVE,
        perimetre__periode__contains=au,
        commune__in=heritages.list_ecritures(alentour),
    )
    codes = couvertes.order_by("commune").values_list("commune_id", flat=True)
    return len(alentour - heritages.expand(codes[:VOISINES_MAX]))


def read_heritages() -> Heritages:
    """What former codes and cities stand for, kept until the published data change."""
    cle = f"heritages:{data_version()}"
    lus: Heritages | None = caches["pages"].get(cle)
    if lus is None:
        lus = Heritages()
        lus.expand([])  # reads both tables
        caches["pages"].set(cle, lus, 3600)
    return lus


def build_missions(cpts: Cpts) -> Carte:
    lien = reverse("espace_missions", args=[cpts.code])
    etats = Counter(Mission.objects.filter(cpts=cpts).order_by("pk").values_list("statut", flat=True)[:20])
    if not etats:
        return Carte(20, "Mes missions et preuves", lien, ["Les missions s’ouvrent à la signature de l’ACI."])
    libelles = [
        f"{etats[statut]} {StatutMission(statut).label.lower()}"
        + ("s" if etats[statut] > 1 and statut != StatutMission.A_DEMARRER else "")
        for statut in StatutMission.values
        if etats[statut]
    ]
    reunions = ("Réunions", reverse("espace_reunions", args=[cpts.code]))
    return Carte(
        20,
        "Mes missions et preuves",
        lien,
        [f"{_accorde(sum(etats.values()), 'mission')} : {', '.join(libelles)}"],
        [reunions],
    )


def build_argent(cpts: Cpts, au: date) -> Carte:
    lien = reverse("espace_argent", args=[cpts.code])
    if cpts.aci_signe_le is None:
        return Carte(30, "Mon argent", lien, ["Aucun ACI n’est signé."])
    lignes = LigneAci.objects.filter(exercice__cpts=cpts, exercice__periode__contains=au).select_related("exercice")
    lues = list(lignes.order_by("pk")[:LIGNES_LUES])
    if not lues:
        return Carte(30, "Mon argent", lien, ["Aucun exercice de l’ACI n’est en cours."])
    periode = lues[0].exercice.periode
    verse = sum((ligne.avance or 0) + (ligne.solde or 0) for ligne in lues)
    inconnus = sum(ligne.prevu is None for ligne in lues)
    phrases = [
        f"Exercice du {periode.lower:%d/%m/%Y} au {periode.upper - timedelta(days=1):%d/%m/%Y}",
        f"Versé : {_nombre(int(verse))} €",
    ]
    if inconnus:
        phrases.append(f"{_accorde(inconnus, 'montant')} {A_RENSEIGNER}")
    return Carte(30, "Mon argent", lien, phrases)


def build_membres(cpts: Cpts, au: date) -> Carte:
    lien = reverse("espace_membres", args=[cpts.code])
    acces = ("Qui a accès à cet espace", reverse("espace_acces", args=[cpts.code]))
    actuels = Membre.objects.filter(cpts=cpts, periode__contains=au).select_related("praticien", "structure")
    lus = list(actuels.order_by("pk")[:MEMBRES_LUS])
    phrases = [_accorde(len(lus), "membre")]
    professions = count_professions(lus)
    if professions:
        phrases.append(", ".join(f"{nom.lower()} {compte}" for nom, compte in professions[:3]))
    return Carte(40, "Mes membres", lien, phrases, [acces])


def build_structures(cpts: Cpts) -> Carte:
    lien = reverse("espace_structures", args=[cpts.code])
    etats = Counter(Structure.objects.filter(cpts=cpts).order_by("pk").values_list("statut", flat=True)[:500])
    if not etats:
        return Carte(50, "Mes structures", lien, ["Aucune structure n’est rattachée à cette CPTS."])
    ouvertes = sum(
        etats[statut] for statut in (StatutStructure.OUVERTE, StatutStructure.ACI_SIGNE, StatutStructure.LABELLISEE)
    )
    return Carte(
        50, "Mes structures", lien, [f"{_accorde(sum(etats.values()), 'structure')}, dont {ouvertes} ouvertes"]
    )


def _nombre(valeur: int) -> str:
    return f"{valeur:,}".replace(",", "\u202f")


def _accorde(nombre: int, mots: str) -> str:
    """« 1 commune voisine », « 2 communes voisines »."""
    pluriel = " ".join(f"{mot}s" for mot in mots.split()) if nombre > 1 else mots
    return f"{_nombre(nombre)} {pluriel}"
