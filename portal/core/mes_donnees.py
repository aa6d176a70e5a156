"""A copy of one's data (RGPD, art. 15 and 20): asked, made by a task, given once within a day (docs/adr/0163).

What is in it comes from the register: every table with a path to its owner, every field whose class is given. The
secret ones and what concerns others are not; the documents of the person are.
"""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from portal.core.documents import erase_document, read_octets, store_document
from portal.core.models import Document, Evenement, ExportDonnees
from portal.core.models.documents import StatutAnalyse
from portal.core.outbox import post
from portal.core.registre import Table, read_registre
from portal.core.stockage import OctetsAbsents

GARDE = timedelta(hours=24)
LIGNES_MAX = 20_000
OCTETS_MAX = 200 * 1024 * 1024
FILTRES = {"aides.actedossier": {"visible": True}}
"""An internal note is between agents: it is read on request to the controller, not here."""
LISEZ_MOI = """Copie de vos données, faite le {le}.

donnees.json : une partie par table, une ligne par enregistrement ; « manque » dit ce qui n'a pas tenu dans ce fichier.
documents/ : les fichiers que vous avez déposés, et les courriers qui vous ont été adressés.

N'y figurent pas : les mots de passe, codes et liens secrets, dont seule une empreinte est gardée ; les noms des
agents ; leurs notes internes, à demander au responsable de traitement.
"""


@transaction.atomic
def ask_export(user: Any) -> ExportDonnees:
    """Asked twice, it is the same."""
    export, neuf = ExportDonnees.objects.get_or_create(titulaire=user, pret_le=None, telecharge_le=None)
    if neuf:
        Evenement.objects.create(objet=f"core.exportdonnees:{export.pk}", action="export_demande", auteur=user)
        post("core.export_donnees", str(export.pk), cle=f"export:{export.pk}")
    return export


@transaction.atomic
def make_export(identifiant: str) -> bool:
    """Write the file. False when it is there already, or nobody wants it any more."""
    export = ExportDonnees.objects.select_for_update(no_key=True).filter(pk=identifiant, pret_le=None).first()
    if export is None:
        return False
    octets = build_zip(export.titulaire_id)
    export.document = store_document(
        octets, nom="mes-donnees.zip", type_mime="application/zip", proprietaire=export.titulaire
    )
    export.pret_le = timezone.now()
    export.save(update_fields=["document", "pret_le"])
    return True


def find_pret(user: Any, identifiant: Any) -> ExportDonnees | None:
    """Theirs, ready, and not given yet."""
    return ExportDonnees.objects.filter(
        pk=identifiant, titulaire_id=user.pk, document__isnull=False, pret_le__gt=timezone.now() - GARDE
    ).first()


def read_dernier(user: Any) -> ExportDonnees | None:
    return ExportDonnees.objects.filter(titulaire_id=user.pk).order_by("-demande_le", "-pk").first()


@transaction.atomic
def take_export(user: Any, identifiant: Any) -> bytes | None:
    """The bytes, once: the file goes as it is given. None for somebody else's, too late, or given already."""
    trouve = find_pret(user, identifiant)
    export = (
        trouve
        and ExportDonnees.objects.select_for_update(no_key=True).filter(pk=trouve.pk, document__isnull=False).first()
    )
    if not export or export.document is None:
        return None
    document = export.document
    octets = read_octets(document)
    export.document, export.telecharge_le = None, timezone.now()
    export.save(update_fields=["document", "telecharge_le"])
    erase_document(document)
    Evenement.objects.create(objet=f"core.exportdonnees:{export.pk}", action="export_remis", auteur=user)
    return octets


@transaction.atomic
def purge_exports() -> int:
    """The files that nobody took within a day."""
    vieux = ExportDonnees.objects.filter(document__isnull=False, pret_le__lt=timezone.now() - GARDE)
    purges = 0
    for export in vieux.select_related("document").order_by("pk")[:500]:
        document = export.document
        ExportDonnees.objects.filter(pk=export.pk).update(document=None)
        if document is not None:
            erase_document(document)
        purges += 1
    return purges


def build_zip(user_id: int) -> bytes:
    sortie = io.BytesIO()
    manques: list[str] = []
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as archive:
        _add_documents(archive, user_id, manques)
        donnees = {nom: read_table(table, user_id) for nom, table in list_tables().items()}
        manques += [f"{nom} : coupé à {LIGNES_MAX} lignes" for nom, lus in donnees.items() if len(lus) == LIGNES_MAX]
        contenu = {"tables": {nom: lus for nom, lus in donnees.items() if lus}, "manque": manques}
        texte = json.dumps(contenu, cls=JsonExport, ensure_ascii=False, indent=1)
        archive.writestr("donnees.json", texte)
        archive.writestr("lisez-moi.txt", LISEZ_MOI.format(le=timezone.localdate().strftime("%d/%m/%Y")))
    return sortie.getvalue()


class JsonExport(DjangoJSONEncoder):
    """Ranges of days as their two ends."""

    def default(self, o: Any) -> Any:
        if hasattr(o, "lower") and hasattr(o, "upper") and not isinstance(o, str):
            return {"du": o.lower, "au_exclu": o.upper}
        return super().default(o)


def list_tables() -> dict[str, Table]:
    """Those with a path to their owner."""
    return {nom: table for nom, table in sorted(read_registre().tables.items()) if table.titulaire}


def read_table(table: Table, user_id: int) -> list[dict[str, Any]]:
    """The rows of somebody, without secrets nor the numbers of other accounts."""
    classes = read_registre().classes
    modele = apps.get_model(table.modele)
    champs = [champ for champ, classe in table.champs.items() if classes[classe].exportee]
    lignes = modele._default_manager.filter(**{table.titulaire: user_id}, **FILTRES.get(table.modele, {}))
    return list(lignes.order_by("pk").values(*champs)[:LIGNES_MAX])


def _add_documents(archive: zipfile.ZipFile, user_id: int, manques: list[str]) -> None:
    """Only what the antivirus cleared is given; what would make the file too big is named."""
    total = 0
    siens = Document.objects.filter(proprietaire_id=user_id, statut=StatutAnalyse.SAIN)
    autres = Document.objects.filter(proprietaire_id=user_id).exclude(statut=StatutAnalyse.SAIN).count()
    if autres:
        manques.append(
            f"documents que l'antivirus n'a pas déclarés sains : {autres}, à demander au responsable de traitement"
        )
    for document in siens.exclude(type_mime="application/zip").order_by("depose_le", "pk").iterator(chunk_size=100):
        total += document.taille
        nom = f"documents/{document.pk}-{document.nom}"
        if total > OCTETS_MAX:
            manques.append(f"{nom} : fichier trop volumineux")
            continue
        try:
            archive.writestr(nom, read_octets(document))
        except OctetsAbsents:
            manques.append(f"{nom} : fichier illisible")
