"""A receipt read by its code: whether it is the one that was kept, and what it says played again."""

from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.request import Request

from aides.api.formes_listes import RecuSerializer
from aides.codes_recus import CodeInvalide
from aides.services_recus import RecuInconnu, read_recu
from portal.core.api.problemes import RequeteInvalide
from portal.core.api.schema import Documentation
from portal.core.api.vues import ApiView

INCONNU = (
    "Ce code est bien formé, mais aucun reçu de ce portail ne le porte. Vérifiez que le reçu vient bien de ce portail."
)


class RecuView(ApiView):
    conditionnelle = False
    doc = Documentation(
        nom="recu_detail",
        resume="Vérifier un reçu et le rejouer",
        description="Le reçu gardé sous ce code : son empreinte et sa place dans la chaîne, la réponse rejouée telle "
        "que connue ce jour-là et avec ce qui est connu aujourd'hui, les écarts en une phrase chacun. Un reçu altéré "
        "le dit et ne montre pas son contenu. Qui a le code peut lire : il ne se devine pas.",
        etiquette="Aides",
        reponse=RecuSerializer,
        exemple={
            "code": "7K3M-9QX2-4TVB-H8DN-A5W0",
            "juste": False,
            "anomalies": ["Ce reçu n'est plus celui qui a été gardé : son empreinte ne correspond pas à son contenu."],
            "rang": 42,
            "empreinte": "9f2c" + "0" * 60,
            "precedente": "71ab" + "0" * 60,
            "connu_le": "2026-01-05T09:30:00.000000+00:00",
        },
        chemin={
            "code": (
                "Code du reçu, vingt caractères ; la casse, les espaces et les tirets ne comptent pas.",
                {"type": "string", "pattern": "^[0-9A-Za-z-]{20,24}$"},
                "0000-0000-0000-0000-0000",
            )
        },
        introuvable=INCONNU,
    )

    def get(self, request: Request, code: str) -> HttpResponse:
        try:
            lu = read_recu(code)
        except CodeInvalide as erreur:
            raise RequeteInvalide(erreurs={"code": [str(erreur)]}) from erreur
        except RecuInconnu as erreur:
            raise exceptions.NotFound(str(erreur)) from erreur
        reponse = self.answer(lu)
        reponse.headers["Cache-Control"] = "no-store"
        return reponse
