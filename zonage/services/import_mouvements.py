"""Import INSEE's movements: the dated history of the communes, and the former names and codes that follow from it."""

from datetime import date

from django.db import connection

from portal.core.imports import Import
from portal.core.outbox import emit
from portal.core.sql import copy_rows
from zonage.calculs.filiation import Filiations, trace_filiations
from zonage.calculs.noms import cle_tri
from zonage.models import AncienneCommune, Commune, Mouvement
from zonage.services.territoire import refresh_cles
from zonage.sources.mouvements import LigneMouvement, read_mouvements

CHAMPS = ("date_effet", "modalite", "type_avant", "code_avant", "nom_avant", "type_apres", "code_apres", "nom_apres")


def load_mouvements(lot: Import) -> None:
    """Movements already known are left as they are; nothing is ever deleted."""
    lignes = read_mouvements(lot)
    if not Commune.objects.exists():
        lot.erreur(None, "", "le référentiel n'est pas chargé : lancez d'abord ./maillage manage load_referentiel")
    lot.check()
    lot.millesime = lot.millesime or f"{max(ligne.date_effet for ligne in lignes):%Y}"
    connus = {
        (jour.isoformat(), *reste)
        for jour, *reste in Mouvement.objects.values_list(
            "date_effet", "modalite", "type_avant", "code_avant", "type_apres", "code_apres"
        )
    }
    nouveaux = [ligne for ligne in lignes if ligne.cle not in connus]
    with connection.cursor() as cursor:
        copy_rows(cursor, "zonage_mouvement", CHAMPS, ([getattr(m, c) for c in CHAMPS] for m in nouveaux))
    lot.ecrites, lot.identiques = len(nouveaux), len(lignes) - len(nouveaux)
    filiations = trace_filiations(
        Mouvement.objects.order_by("pk"), set(Commune.objects.values_list("code_insee", flat=True)), _heritiers()
    )
    _report(lot, filiations, lignes)
    changees = write_filiations(filiations)
    refresh_cles()
    if lot.ecrites or changees:
        emit("zonage.territoire", lot.cle, cle=lot.cle)


def _heritiers() -> dict[str, str]:
    """Former code → commune, as the shipped reference data says (it is newer than most movements files)."""
    return dict(AncienneCommune.objects.order_by("-pk").values_list("code_insee", "commune_id"))


def _report(lot: Import, filiations: Filiations, lignes: list[LigneMouvement]) -> None:
    noms = {ligne.code_avant: ligne.nom_avant for ligne in lignes}
    for code, cibles in filiations.ambigus.items():
        message = f"{code} ({noms.get(code, '')}) a été partagé entre {', '.join(cibles)} : il n'en désigne aucune"
        lot.avertissement(None, "COM_AV", message)
    for code, cibles in filiations.contredits.items():
        suite = ", ".join(cibles) or "rien"
        message = f"{code} ({noms.get(code, '')}) mène à {suite} ; la commune du référentiel, plus récent, est gardée"
        lot.avertissement(None, "COM_AV", message)
    for code in filiations.sans_suite:
        lot.avertissement(None, "COM_AV", f"{code} ({noms.get(code, '')}) ne mène à aucune commune actuelle")


def write_filiations(filiations: Filiations) -> int:
    """Complete the former communes known without a name or a date, add the others. Returns the rows written."""
    noms_actuels = dict(Commune.objects.values_list("code_insee", "nom"))
    presentes = {(a.code_insee, a.commune_id, cle_tri(a.nom)): a for a in AncienneCommune.objects.order_by("pk")}
    nouvelles: list[AncienneCommune] = []
    modifiees: dict[int, AncienneCommune] = {}
    for f in filiations.certaines:
        if f.code == f.commune and cle_tri(f.nom) == cle_tri(noms_actuels[f.commune]):
            continue
        ancienne = presentes.get((f.code, f.commune, cle_tri(f.nom))) or presentes.get((f.code, f.commune, ""))
        if ancienne is None:
            ancienne = AncienneCommune(code_insee=f.code, nom=f.nom, commune_id=f.commune, depuis=f.depuis)
            nouvelles.append(ancienne)
        elif _complete(ancienne, f.nom, f.depuis) and ancienne.pk:
            modifiees[ancienne.pk] = ancienne
        presentes[f.code, f.commune, cle_tri(f.nom)] = ancienne
        presentes.pop((f.code, f.commune, ""), None)
    _update(list(modifiees.values()))
    AncienneCommune.objects.bulk_create(nouvelles, batch_size=2_000)
    return len(nouvelles) + len(modifiees)


def _update(anciennes: list[AncienneCommune]) -> None:
    """One statement for all: bulk_update is quadratic in its batch."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE dates (id bigint, nom text, depuis date) ON COMMIT DROP")
        copy_rows(cursor, "dates", ("id", "nom", "depuis"), ((a.pk, a.nom, a.depuis) for a in anciennes))
        cursor.execute(
            "UPDATE zonage_anciennecommune a SET nom = dates.nom, depuis = dates.depuis FROM dates "
            "WHERE a.id = dates.id"
        )
        cursor.execute("DROP TABLE dates")


def _complete(ancienne: AncienneCommune, nom: str, depuis: date) -> bool:
    """Give its name and its last date to a row; whether that changed it."""
    avant = (ancienne.nom, ancienne.depuis)
    ancienne.nom = ancienne.nom or nom
    ancienne.depuis = max(ancienne.depuis or depuis, depuis)
    return avant != (ancienne.nom, ancienne.depuis)
