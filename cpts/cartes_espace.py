"""The cards of the home of a CPTS: where each part stands, in one line (`MAILLAGE_CARTES_ESPACE`)."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from cpts.enums import StatutMission, StatutPerimetre, StatutStructure
from cpts.lecture_perimetres import Heritages, Unite, read_unites
from cpts.models import CommunePerimetre, Cpts, Membre
from cpts.services.membres import count_professions
from portal.core.cache import data_version

MEMBRES_LUS = 2_000
COMMUNES_LUES, VOISINES_MAX = 2_000, 5_000
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
    comptes = read_comptes(cpts, au)
    return [
        build_territoire(cpts, au),
        build_missions(cpts, comptes),
        build_argent(cpts, comptes),
        build_membres(cpts, au),
        build_structures(cpts, comptes),
    ]


@dataclass(frozen=True, slots=True)
class Comptes:
    """`missions`, `structures`: how many by state. `exercice`: first and last day of the running year of the ACI;
    `verse`, in euros; `inconnus`: its lines without an amount. None: no line of a running year.
    """

    missions: Mapping[str, int]
    structures: Mapping[str, int]
    exercice: tuple[date, date] | None
    verse: int
    inconnus: int


COMPTES = """
SELECT (SELECT jsonb_object_agg(statut, n) FROM
           (SELECT statut, count(*) AS n FROM cpts_mission WHERE cpts_id = %(cpts)s GROUP BY statut) m),
       (SELECT jsonb_object_agg(statut, n) FROM
           (SELECT statut, count(*) AS n FROM cpts_structure WHERE cpts_id = %(cpts)s GROUP BY statut) s),
       min(lower(e.periode)), min(upper(e.periode)) - 1,
       coalesce(sum(coalesce(l.avance, 0) + coalesce(l.solde, 0)), 0), count(*) FILTER (WHERE l.prevu IS NULL)
  FROM cpts_exerciceaci e JOIN cpts_ligneaci l ON l.exercice_id = e.id
 WHERE e.cpts_id = %(cpts)s AND e.periode @> %(au)s::date
"""


def read_comptes(cpts: Cpts, au: date) -> Comptes:
    """What three cards count, in one query: as the person of the request, whose belt the tables keep."""
    with connection.cursor() as cursor:
        cursor.execute(COMPTES, {"cpts": cpts.code, "au": au})
        missions, structures, debut, fin, verse, inconnus = cursor.fetchone()
    exercice = (debut, fin) if debut and fin else None
    return Comptes(_decode(missions), _decode(structures), exercice, int(verse), inconnus)


def _decode(valeur: str | dict[str, int] | None) -> dict[str, int]:
    """Django leaves JSON as text in a cursor."""
    lue: dict[str, int] = json.loads(valeur) if isinstance(valeur, str) else valeur or {}
    return lue


def build_territoire(cpts: Cpts, au: date) -> Carte:
    """Population and size are those of the approval, as the contract knows them."""
    lien = reverse("espace_perimetre", args=[cpts.code])
    diagnostic = ("Diagnostic du territoire", f"{reverse('diagnostic')}?territoire=cpts:{cpts.code}")
    lignes = CommunePerimetre.objects.filter(
        perimetre__cpts=cpts, perimetre__statut=StatutPerimetre.APPROUVE, perimetre__periode__contains=au
    )
    lues = list(lignes.select_related("perimetre").order_by("commune")[:COMMUNES_LUES])
    if not lues:
        return Carte(10, "Mon territoire", lien, ["Aucun périmètre approuvé n’est en vigueur."])
    perimetre, heritages = lues[0].perimetre, read_heritages()
    unites = read_unites([str(ligne.commune_id) for ligne in lues], heritages)
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


def build_missions(cpts: Cpts, comptes: Comptes) -> Carte:
    lien = reverse("espace_missions", args=[cpts.code])
    etats = Counter(comptes.missions)
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


def build_argent(cpts: Cpts, comptes: Comptes) -> Carte:
    lien = reverse("espace_argent", args=[cpts.code])
    if cpts.aci_signe_le is None:
        return Carte(30, "Mon argent", lien, ["Aucun ACI n’est signé."])
    if comptes.exercice is None:
        return Carte(30, "Mon argent", lien, ["Aucun exercice de l’ACI n’est en cours."])
    debut, fin = comptes.exercice
    phrases = [f"Exercice du {debut:%d/%m/%Y} au {fin:%d/%m/%Y}", f"Versé : {_nombre(comptes.verse)} €"]
    if comptes.inconnus:
        phrases.append(f"{_accorde(comptes.inconnus, 'montant')} {A_RENSEIGNER}")
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


def build_structures(cpts: Cpts, comptes: Comptes) -> Carte:
    lien = reverse("espace_structures", args=[cpts.code])
    etats = Counter(comptes.structures)
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
