"""Every text of a rule that was ever read is kept, by its digest: a receipt of today replays in ten years."""

import hashlib

from django.db import transaction

from aides.catalogue import DOSSIER, catalogue
from aides.models import ArchiveRegle, RedactionLocale
from aides.regles.chargement import load_texte
from aides.regles.dispositifs import Catalogue, Dispositif


class RegleNonArchivee(LookupError):
    """The text of a rule is not, or no longer, where it should be: the message says what to do."""


@transaction.atomic
def archive_catalogue(schemes: Catalogue | None = None) -> int:
    """Keep the text of every scheme of the catalogue. Returns how many were new: 0 the second time.

    Raises RegleNonArchivee when the text of one is no longer where it was read: a file changed since the start.
    """
    dispositifs = {dispositif.empreinte: dispositif for dispositif in (schemes or catalogue()).dispositifs}
    connues = set(ArchiveRegle.objects.filter(pk__in=dispositifs).values_list("pk", flat=True))
    nouvelles = {empreinte: d for empreinte, d in dispositifs.items() if empreinte not in connues}
    if not nouvelles:
        return 0
    textes = _read_textes(nouvelles)
    absentes = sorted(nouvelles[empreinte].code for empreinte in set(nouvelles) - set(textes))
    if absentes:
        raise RegleNonArchivee(
            f"Le texte de {', '.join(absentes)} a changé depuis le démarrage : relancez le portail."
        )
    lignes = [ArchiveRegle(pk=empreinte, code=d.code, texte=textes[empreinte]) for empreinte, d in nouvelles.items()]
    ArchiveRegle.objects.bulk_create(lignes, ignore_conflicts=True)
    return len(lignes)


def _read_textes(dispositifs: dict[str, Dispositif]) -> dict[str, str]:
    """The texts by digest: files of the program, then validated local schemes."""
    textes = {}
    for dispositif in dispositifs.values():
        fichier = DOSSIER / f"{dispositif.code}.yaml"
        if fichier.is_file():
            texte = fichier.read_text(encoding="utf-8")
            textes[hashlib.sha256(texte.encode()).hexdigest()] = texte
    locaux = RedactionLocale.objects.filter(empreinte__in=set(dispositifs) - set(textes)).order_by("pk")
    textes.update(locaux.values_list("empreinte", "contenu"))
    return {empreinte: texte for empreinte, texte in textes.items() if empreinte in dispositifs}


def load_archive(empreinte: str) -> Dispositif:
    """The scheme as it was read then. Raises RegleNonArchivee, and RegleInvalide when its text was altered."""
    texte = ArchiveRegle.objects.filter(pk=empreinte).values_list("texte", flat=True).first()
    if texte is None or hashlib.sha256(texte.encode()).hexdigest() != empreinte:
        raise RegleNonArchivee(f"Aucune règle archivée n'a l'empreinte {empreinte[:12]}.")
    return load_texte(texte)
