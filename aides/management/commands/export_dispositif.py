"""Print a scheme as JSON: a local one as it is published, or a national one from its file."""

from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from aides.catalogue import DOSSIER
from aides.enums import StatutRedaction
from aides.models import RedactionLocale
from aides.regles.canonique import dump_lisible
from aides.regles.chargement import Lecteur


class Command(BaseCommand):
    help = "Écrit un dispositif en JSON sur la sortie : le texte que « import_dispositif » relit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="Code du dispositif, par exemple bourse_71.")
        parser.add_argument("--numero", type=int, help="Numéro de la rédaction ; sans lui, celle qui est publiée.")

    def handle(self, *, code: str, numero: int | None, **options: Any) -> None:
        self.stdout.write(dump_lisible(self.read(code, numero)))

    def read(self, code: str, numero: int | None) -> Any:
        redactions = RedactionLocale.objects.filter(dispositif__code=code)
        voulue = {"numero": numero} if numero is not None else {"statut": StatutRedaction.VALIDEE}
        redaction = redactions.filter(**voulue).order_by("-numero").first()
        if redaction is not None:
            return redaction.brut
        nationaux = {fichier.stem: fichier for fichier in DOSSIER.glob("*.yaml")}
        if numero is None and code in nationaux:
            texte = nationaux[code].read_text(encoding="utf-8")
            return yaml.load(texte, Loader=Lecteur)  # noqa: S506 (a SafeLoader, made stricter)
        connus = ", ".join(str(n) for n in redactions.order_by("numero").values_list("numero", flat=True)[:50])
        suite = f"Rédactions connues : {connus}." if connus else "Vérifiez le code dans la liste des règles locales."
        raise CommandError(f"Aucune rédaction de « {code} » ne correspond. {suite}")
