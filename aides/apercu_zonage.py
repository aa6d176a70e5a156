"""What an arrêté would change for the aids: schemes by class, contracts already running, people who follow.

Called by the preview of the zoning (`MAILLAGE_APERCUS_ZONAGE`), inside a transaction where the arrêté is published and
that is undone afterwards: what is counted here is what the publication would do.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from django.db import connection
from django.utils import timezone

from aides.catalogue import catalogue
from aides.dossiers.etats import Statut
from aides.models import Contrat, EtatSuivi, Suivi
from aides.regles.evaluation import Issue, evaluate
from aides.regles.situation import Situation, ZoneLue
from aides.suivi.chronologie import list_changements
from aides.suivi.lecture import read_chronologies
from zonage.enums import StatutZone
from zonage.models import Commune, list_niveaux
from zonage.services.apercu_arrete import ContexteApercu, Section

VIVANTS = (Statut.SIGNEE, Statut.EN_COURS, Statut.SUSPENDUE, Statut.A_L_ECHEANCE)
LOT = 1000
SUIVIS_MAX = 30_000


def list_sections(contexte: ContexteApercu) -> list[Section]:
    return [describe_dispositifs(contexte), count_contrats(contexte), count_suivis(contexte)]


def describe_dispositifs(contexte: ContexteApercu) -> Section:
    """For each move from a class to another: the schemes that it opens and closes, other facts left unknown."""
    moves = Counter((un.avant, un.apres) for un in contexte.changements)
    ouverts = {classe: list_possibles(contexte, classe) for classe in {c for move in moves for c in move}}
    noms = {niveau.code: niveau.libelle for niveau in list_niveaux(contexte.arrete.profession)}
    noms |= {StatutZone.ADRESSE_REQUISE: "Selon l’adresse", StatutZone.INCONNU: "Sans classe connue"}
    lignes = []
    for (avant, apres), combien in sorted(moves.items()):
        lignes.append(
            [
                noms.get(avant, avant),
                noms.get(apres, apres),
                str(combien),
                _join(ouverts[apres], ouverts[avant]),
                _join(ouverts[avant], ouverts[apres]),
            ]
        )
    return Section(
        "Dispositifs ouverts et fermés",
        [
            "D’après la classe seule, les autres conditions restant à vérifier pour chaque personne.",
            "Une commune sans classe certaine laisse ses dispositifs à instruire.",
        ],
        ["Classe avant", "Classe après", "Communes", "Ouverts", "Fermés"],
        lignes,
    )


def _join(ici: Sequence[str], ailleurs: Sequence[str]) -> str:
    return ", ".join(sigle for sigle in ici if sigle not in ailleurs) or "aucun"


def list_possibles(contexte: ContexteApercu, classe: str) -> list[str]:
    """The schemes of the profession that a commune of this class does not exclude, on the first day of the arrêté."""
    sans = classe in (StatutZone.ADRESSE_REQUISE, StatutZone.INCONNU)
    zone = ZoneLue(None, motif="Classe inconnue") if sans else ZoneLue(classe)
    profession = contexte.arrete.profession
    situation = Situation({"profession": profession}, {contexte.jour: zone})
    return [
        dispositif.sigle
        for dispositif, version in catalogue().versions_au(contexte.jour)
        if dispositif.concerns(profession)
        and evaluate(dispositif, version, situation, au=contexte.jour).issue is not Issue.NON_ELIGIBLE
    ]


def count_contrats(contexte: ContexteApercu) -> Section:
    """Contracts running in the communes that change: each goes on to its term. What the person may see is counted."""
    codes = [un.code for un in contexte.changements]
    siens = Contrat.objects.for_user(contexte.user).filter(
        demande__profession=contexte.arrete.profession,
        demande__commune__in=codes,
        demande__statut__in=[statut.value for statut in VIVANTS],
    )
    par_dispositif = Counter(siens.order_by("pk").values_list("dispositif", flat=True))
    noms = catalogue()
    lignes = []
    for code, combien in sorted(par_dispositif.items()):
        dispositif = noms.dispositif(code)
        lignes.append([dispositif.sigle if dispositif else code, str(combien)])
    total = sum(par_dispositif.values())
    return Section(
        "Contrats en cours protégés",
        [f"Contrats en cours dans une commune qui change de classe : {total}. Chacun va à son terme."],
        ["Dispositif", "Contrats"] if lignes else [],
        lignes,
        {"contrats": total},
    )


def count_suivis(contexte: ContexteApercu) -> Section:
    """Who would be written to: their timelines read again on the zones as they would be."""
    au = timezone.localdate()
    personnes: set[int] = set()
    lus = changes = 0
    for suivi, personne, avant, apres in _read_suivis(contexte):
        lus += 1
        if trouves := list_changements(avant, apres, du=au):
            changes += len(trouves)
            personnes.add(personne)
        del suivi
    phrases = [
        f"Suivis de la région relus : {lus}.",
        f"Personnes à prévenir : {len(personnes)}.",
        "Chacune reçoit un message dès la publication, et un second le jour de l’effet s’il est à venir.",
    ]
    if lus >= SUIVIS_MAX:
        phrases.append(f"Le compte s’arrête à {SUIVIS_MAX} suivis : il y a au moins autant de personnes à prévenir.")
    return Section(
        "Suivis à prévenir", phrases, nombres={"suivis": lus, "personnes": len(personnes), "droits": changes}
    )


def _read_suivis(contexte: ContexteApercu) -> "Iterator[tuple[int, int, dict, dict]]":  # type: ignore[type-arg]
    profession = contexte.arrete.profession
    communes = Commune.objects.filter(departement__region_id=contexte.arrete.region_id).values("code_insee")
    actifs = Suivi.objects.filter(etat=EtatSuivi.ACTIF, profession=profession, commune__in=communes)
    lignes = actifs.order_by("pk").values_list("pk", "destinataire_id", "chronologie")[:SUIVIS_MAX]
    for _, lot in groupby(enumerate(lignes.iterator(chunk_size=LOT)), key=lambda ligne: ligne[0] // LOT):
        siens = {pk: (personne, avant) for _, (pk, personne, avant) in lot}
        with connection.cursor() as cursor:
            apres = read_chronologies(cursor, list(siens), profession, catalogue(), du=timezone.localdate())
        for pk, (personne, avant) in siens.items():
            yield pk, personne, avant, apres[pk]
