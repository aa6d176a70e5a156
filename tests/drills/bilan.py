"""After the drill, inside Django: what was promised against what is stored, sent, and computed anew from nothing."""

import json
from collections import Counter, defaultdict
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from aides.catalogue import catalogue
from aides.eligibilite.calcul import refresh_eligibilite
from aides.models import CauseChangement, ChangementDroit, EtatSuivi, MessageSuivi, StatutMessage, Suivi
from aides.services import check
from aides.suivi.chronologie import state_on, write_etat
from aides.suivi.lecture import read_chronologies
from portal.core.cache import forget_version
from portal.core.models import Envoi
from tests.drills.courriels import REMISES
from zonage.services.lecture_table import refresh_zones

TABLE = """
SELECT md5(string_agg(e::text, ' ' ORDER BY commune_id COLLATE "C", profession)) FROM aides_eligibilite e
"""


def write_bilan(dossier: str) -> None:
    """Lists of what is missing, by kind, and figures, in « bilan.json »."""
    racine = Path(dossier)
    lignes = [json.loads(ligne) for ligne in (racine / "acquittes").read_text().splitlines()]
    actes: defaultdict[str, list[dict]] = defaultdict(list)
    for ligne in lignes:
        actes[ligne["genre"]].append(ligne)
    forget_version()
    manques = {
        "suivis perdus": list_lost(actes["depot"], actes["confirmation"]),
        "chaînes rompues": list_broken(actes["confirmation"]),
        "droits faux": list_wrong(),
        "droits différents de la vérification": list_different_from_check(),
        "personnes non prévenues": list_untold(),
        "messages en attente": list_waiting(),
        "courriels sans trace ou manquants": list_mail_faults(),
        "états différents d'un calcul neuf": list_stale(),
        "envois en quarantaine": list(Envoi.objects.filter(statut="quarantaine").values_list("pk", flat=True)),
    }
    chiffres = count(actes)
    (racine / "bilan.json").write_text(json.dumps({"manques": manques, "chiffres": chiffres}))


def count(actes: dict[str, list[dict]]) -> dict[str, int]:
    courriels = list_courriels()
    remises = Counter((Path(settings.EMAIL_FILE_PATH) / REMISES).read_text().split())
    identifiants = Counter(read_identifiant(chemin) for chemin in courriels)
    messages = [chemin for chemin in courriels if not is_confirmation(chemin)]
    return {
        "acquittés": len(actes["depot"]),
        "enregistrés": Suivi.objects.count(),
        "confirmés": len(actes["confirmation"]),
        "actifs": Suivi.objects.filter(etat=EtatSuivi.ACTIF).count(),
        "publications": len(actes["publication"]),
        "retraits": len(actes["retrait"]),
        "causes": CauseChangement.objects.count(),
        "changements de droit": ChangementDroit.objects.count(),
        "confirmations écrites": len(courriels) - len(messages),
        "messages": len(messages),
        "rectificatifs": sum(chemin.name.startswith("suivi-rectificatif-") for chemin in messages),
        "en double": sum(fois - 1 for fois in identifiants.values()),
        "réécrits sous le même identifiant": sum(fois - 1 for fois in remises.values()),
    }


def list_courriels() -> list[Path]:
    return sorted(Path(settings.EMAIL_FILE_PATH).glob("*.eml"))


def is_confirmation(chemin: Path) -> bool:
    return chemin.name.startswith("suivi-confirmation-")


def read_identifiant(chemin: Path) -> tuple[str, ...]:
    """The identity of a message: a request to confirm, or a person, a cause and a phase. Not the name of its file."""
    lignes = chemin.read_text().splitlines()
    entetes = dict(ligne.split(": ", 1) for ligne in lignes[: lignes.index("")] if ": " in ligne)
    return (entetes["Message-ID"], entetes["To"])


def list_lost(depots: list[dict], confirmations: list[dict]) -> list[str]:
    """Acknowledged and not stored; stored and never asked to confirm; confirmed and not followed."""
    suivis = list(Suivi.objects.values_list("pk", "destinataire__adresse", "commune", "profession", "etat"))
    etats = {(adresse, commune, profession): etat for _, adresse, commune, profession, etat in suivis}
    actifs = {pk for pk, *_, etat in suivis if etat == EtatSuivi.ACTIF}
    perdus = [
        f"{depot['commune']} {depot['profession']}"
        for depot in depots
        if etats.get((depot["adresse"], depot["commune"], depot["profession"])) != EtatSuivi.ACTIF
    ]
    return perdus + [f"suivi {ligne['suivi']}" for ligne in confirmations if ligne["suivi"] not in actifs]


def list_broken(confirmations: list[dict]) -> list[str]:
    """From what was known when somebody confirmed to what is known now, through every change that was stored."""
    au = timezone.localdate()
    changes: defaultdict[int, list[ChangementDroit]] = defaultdict(list)
    for changement in ChangementDroit.objects.filter(effet_le__lte=au).order_by("cause_id", "pk"):
        changes[changement.suivi_id].append(changement)
    rompues = []
    suivis = {suivi.pk: suivi for suivi in Suivi.objects.filter(etat=EtatSuivi.ACTIF)}
    for ligne in confirmations:
        suivi = suivis.get(ligne["suivi"])
        if ligne["depart"] is None or suivi is None:
            continue
        etats = dict(ligne["depart"])
        for changement in changes[suivi.pk]:
            if etats.get(changement.dispositif, "") != changement.avant:
                rompues.append(f"suivi {suivi.pk}, {changement.dispositif} : avant la cause {changement.cause_id}")
            etats[changement.dispositif] = changement.apres
        fin = {code: state_on(suivi.chronologie, code, au) for code in {*etats, *suivi.chronologie}}
        rompues += [
            f"suivi {suivi.pk}, {code} : à la fin" for code, etat in fin.items() if etats.get(code, "") != etat
        ]
    return rompues


def list_wrong() -> list[str]:
    """Timelines that are not those of a fresh reading."""
    faux = []
    professions = Suivi.objects.order_by("profession").values_list("profession", flat=True).distinct()
    for profession in professions:
        siens = dict(
            Suivi.objects.filter(etat=EtatSuivi.ACTIF, profession=profession).values_list("pk", "chronologie")
        )
        with transaction.atomic(), connection.cursor() as cursor:
            neuves = read_chronologies(cursor, list(siens), profession, catalogue(), du=timezone.localdate())
        faux += [f"suivi {pk}" for pk, chronologie in siens.items() if neuves[pk] != chronologie]
    return faux


def list_different_from_check(nombre: int = 60) -> list[str]:
    """Against the check of the pages, in Python, on some of them."""
    au, faux = timezone.localdate(), []
    for suivi in Suivi.objects.filter(etat=EtatSuivi.ACTIF).order_by("empreinte")[:nombre]:
        for resultat in check(suivi.commune, suivi.faits, au=au).resultats:
            attendu = write_etat(resultat.issue, resultat.montant)
            if state_on(suivi.chronologie, resultat.dispositif.code, au)[:1] != attendu[:1]:
                faux.append(f"suivi {suivi.pk}, {resultat.dispositif.code}")
    return faux


def list_untold() -> list[str]:
    """Persons whose rights a cause changed, and who have no message about it, nor about what it takes back."""
    concernes = ChangementDroit.objects.values_list("suivi__destinataire_id", "cause_id").distinct()
    dits = set(MessageSuivi.objects.values_list("destinataire_id", "cause_id"))
    reprises = defaultdict(list)
    for pk, par in CauseChangement.objects.exclude(retiree_par=None).values_list("pk", "retiree_par_id"):
        reprises[par].append(pk)
    tus = [
        f"personne {personne}, cause {cause}"
        for personne, cause in concernes
        if (personne, cause) not in dits and not any((personne, reprise) in dits for reprise in reprises[cause])
    ]
    retirees = {reprise for liste in reprises.values() for reprise in liste}
    sans = MessageSuivi.objects.filter(statut__in=[StatutMessage.SANS_OBJET, StatutMessage.REFUSE])
    tus += [f"message {pk} sans objet" for pk in sans.values_list("pk", flat=True)]
    annules = MessageSuivi.objects.filter(statut=StatutMessage.ANNULE).exclude(cause__in=retirees)
    return tus + [f"message {pk} annulé sans retrait" for pk in annules.values_list("pk", flat=True)]


def list_waiting() -> list[str]:
    au = timezone.localdate()
    dus = MessageSuivi.objects.filter(statut=StatutMessage.A_ENVOYER)
    oublies = MessageSuivi.objects.filter(statut=StatutMessage.PREVU, prevu_le__lte=au)
    return [f"message {pk}" for requete in (dus, oublies) for pk in requete.values_list("pk", flat=True)]


def list_mail_faults() -> list[str]:
    """One file for each message that is said to be sent, and none more."""
    envoyes = MessageSuivi.objects.filter(statut=StatutMessage.ENVOYE).values_list("genre", "cause", "destinataire")
    attendus = {f"suivi-{genre.replace('_', '-')}-{cause}-{personne}.eml" for genre, cause, personne in envoyes}
    ecrits = {chemin.name for chemin in list_courriels() if not is_confirmation(chemin)}
    return sorted(attendus ^ ecrits)


def list_stale() -> list[str]:
    """What a rebuild from nothing would change in what readers see."""
    avant, zones = read_table(), refresh_zones()
    refresh_eligibilite(au=timezone.localdate(), cause="exercice, à neuf", entier=True)
    faux = [f"{zones} zones"] if zones else []
    return faux + (["éligibilités"] if read_table() != avant else [])


def read_table() -> str:
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        return cursor.fetchone()[0]
