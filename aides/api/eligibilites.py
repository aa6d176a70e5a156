"""What each commune offers to each profession, as the last run computed it: filtered, paged by key, JSON or CSV."""

import csv
import io
import re
from hashlib import blake2b
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from aides.api.formes_listes import EligibilitesSerializer
from aides.catalogue import catalogue
from aides.eligibilite.lecture import LIMITE_MAX, Filtre, Offre, Offres, list_offres
from aides.regles.evaluation import Issue
from portal.core.api.parametres import Parametre, explain_inconnu, read_choix, read_nombre
from portal.core.api.rendu import CsvRenderer, JsonRenderer
from portal.core.api.schema import Documentation
from portal.core.api.vues import ApiView
from zonage.api.communes import CODE_INSEE, read_code
from zonage.api.zones import read_commune
from zonage.enums import Profession

TAILLE = 100
FORMATS = ("json", "csv")
ISSUES = [issue.value for issue in Issue]
COLONNES = (
    *("au", "commune", "profession", "dispositif", "version", "issue"),
    *("minimum", "maximum", "periodicite", "execution"),
)
FORMULES = ("=", "+", "-", "@", "\t", "\r")
DEPARTEMENT = re.compile(r"[0-9]{2}|2[AB]|9[78][0-9]", re.ASCII)
REGION = re.compile(r"[0-9]{2,3}", re.ASCII)
CLE = re.compile(rf"(?:{CODE_INSEE.pattern})\.(?:{'|'.join(Profession.values)})", re.ASCII)
EXEMPLE = {
    "au": "2026-01-01",
    "change_le": "2026-01-01T04:00:06+00:00",
    "execution": 12,
    "couples": 1,
    "suivante": None,
    "resultats": [
        {
            "commune": "71076",
            "profession": "medecin",
            "dispositif": "collectivites",
            "version": "2021",
            "issue": "a_instruire",
            "minimum": "0",
            "maximum": None,
            "periodicite": "unique",
        }
    ],
}


def read_dispositif(texte: str) -> str:
    if catalogue().dispositif(texte) is None:
        raise ValueError(explain_inconnu(texte, (une.code for une in catalogue().dispositifs), "Dispositif"))
    return texte


def read_cle(texte: str) -> tuple[str, str]:
    if not CLE.fullmatch(texte):
        raise ValueError("Reprenez l'adresse « suivante » de la page précédente, ou ôtez « apres ».")
    commune, _, profession = texte.partition(".")
    return commune, profession


def read_departement(texte: str) -> str:
    return read_code(texte, DEPARTEMENT, "71")


def read_region(texte: str) -> str:
    return read_code(texte, REGION, "27")


PARAMETRES = (
    Parametre(
        "commune",
        read_commune,
        "Code INSEE actuel de la commune.",
        {"type": "string", "pattern": f"^{CODE_INSEE.pattern}$"},
        exemple="71076",
    ),
    Parametre(
        "departement",
        read_departement,
        "Code du département.",
        {"type": "string", "pattern": f"^({DEPARTEMENT.pattern})$"},
        exemple="71",
    ),
    Parametre(
        "region",
        read_region,
        "Code INSEE de la région.",
        {"type": "string", "pattern": f"^{REGION.pattern}$"},
        exemple="27",
    ),
    Parametre(
        "profession",
        lambda texte: read_choix(texte, Profession.values),
        "Une des six professions qui ont un zonage ; toutes par défaut.",
        {"type": "string", "enum": Profession.values},
        exemple="medecin",
    ),
    Parametre(
        "dispositif",
        read_dispositif,
        "Code d'un dispositif (voir /dispositifs/) ; tous par défaut.",
        {"type": "string", "pattern": "^[a-z0-9_]{1,40}$"},
        exemple="cesp",
    ),
    Parametre(
        "issue",
        lambda texte: Issue(read_choix(texte, ISSUES)),
        "Garder une seule issue. Avec « dispositif », seuls ses couples comptent dans la page.",
        {"type": "string", "enum": ISSUES},
        exemple="eligible",
    ),
    Parametre(
        "apres",
        read_cle,
        "Clé du dernier couple déjà lu, « commune.profession » : l'adresse « suivante » la porte.",
        {"type": "string", "pattern": f"^{CLE.pattern}$"},
        exemple="71076.medecin",
    ),
    Parametre(
        "taille",
        lambda texte: read_nombre(texte, minimum=1, maximum=LIMITE_MAX),
        "Nombre de couples d'une commune et d'une profession par page.",
        {"type": "integer", "minimum": 1, "maximum": LIMITE_MAX, "default": TAILLE},
        exemple=str(TAILLE),
        defaut=lambda: TAILLE,
    ),
    Parametre(
        "format",
        lambda texte: read_choix(texte, FORMATS),
        "Forme de la réponse ; l'en-tête « Accept: text/csv » vaut « csv ».",
        {"type": "string", "enum": list(FORMATS)},
    ),
)


class EligibilitesView(ApiView):
    renderer_classes = (JsonRenderer, CsvRenderer)  # type: ignore[assignment]
    parametres = PARAMETRES
    doc = Documentation(
        nom="eligibilites_liste",
        resume="Lire ce que les communes offrent",
        description="Une ligne par commune, profession et dispositif ouvert à cette profession, telle que le dernier "
        "calcul l'a écrite : ce qu'une personne dont on ne sait que la commune et la profession verrait à la "
        "vérification. Dans l'ordre des communes, puis des professions. La page suivante se demande par « apres » : "
        "rien ne se décale quand la table change. En CSV, l'adresse suivante est dans l'en-tête « Link ». Toute la "
        "France d'un coup : /donnees/.",
        etiquette="Aides",
        reponse=EligibilitesSerializer,
        exemple=EXEMPLE,
        csv=True,
    )

    def get(self, request: Request) -> HttpResponse:
        lus = self.lus
        issue, dispositif = lus["issue"], lus["dispositif"]
        filtre = Filtre(
            communes=[lus["commune"]] if lus["commune"] else None,
            departement=lus["departement"],
            region=lus["region"],
            profession=lus["profession"],
            dispositif=dispositif,
            issue=issue if dispositif else None,
            apres=lus["apres"],
        )
        offres = list_offres(filtre, limite=lus["taille"])
        lignes = [
            offre for offre in offres.lignes if issue in (None, offre.issue) and (dispositif or _concerns(offre))
        ]
        suivante = build_suivante(request, offres)
        if (lus["format"] or request.accepted_renderer.format) == "csv":
            return self.answer_csv(write_csv(offres, lignes), suivante, offres)
        reponse = self.answer(
            {
                "au": offres.jour,
                "change_le": offres.change_le,
                "execution": offres.execution,
                "couples": offres.couples,
                "suivante": suivante,
                "resultats": [dump_offre(offre) for offre in lignes],
            }
        )
        reponse.headers["Vary"] = "Accept"
        return reponse

    def answer_csv(self, corps: bytes, suivante: str | None, offres: Offres) -> HttpResponse:
        reponse = self.answer_bytes(lambda: corps, etag=blake2b(corps, digest_size=12).hexdigest())
        reponse.headers["Vary"] = "Accept"
        if suivante:
            reponse.headers["Link"] = f'<{suivante}>; rel="next"'
        if reponse.status_code == 200:
            nom = f"eligibilites-{offres.jour.isoformat() if offres.jour else 'vide'}.csv"
            reponse.headers["Content-Type"] = "text/csv; charset=utf-8"
            reponse.headers["Content-Disposition"] = f'attachment; filename="{nom}"'
        return reponse


def _concerns(offre: Offre) -> bool:
    """As the check, which leaves out what is made for other professions."""
    connu = catalogue().dispositif(offre.dispositif)
    return connu is None or connu.concerns(offre.profession)


def build_suivante(request: Request, offres: Offres) -> str | None:
    if offres.suite is None:
        return None
    parametres = request._request.GET.copy()
    parametres["apres"] = ".".join(offres.suite)
    return f"{request._request.path}?{parametres.urlencode()}"


def dump_offre(offre: Offre) -> dict[str, Any]:
    return {
        "commune": offre.commune,
        "profession": offre.profession,
        "dispositif": offre.dispositif,
        "version": offre.version,
        "issue": offre.issue,
        "minimum": offre.minimum,
        "maximum": offre.maximum,
        "periodicite": offre.periodicite,
    }


def write_csv(offres: Offres, lignes: list[Offre]) -> bytes:
    """RFC 4180, in UTF-8; each line says its day and its run. A text is never a formula for a spreadsheet."""
    sortie = io.StringIO()
    ecrivain = csv.DictWriter(sortie, COLONNES, lineterminator="\r\n")
    ecrivain.writeheader()
    jour = offres.jour.isoformat() if offres.jour else ""
    for offre in lignes:
        cellules = {"au": jour, "execution": offres.execution, **dump_offre(offre)}
        ecrivain.writerow({nom: neutralize(valeur) for nom, valeur in cellules.items()})
    return sortie.getvalue().encode()


def neutralize(valeur: Any) -> Any:
    return f"'{valeur}" if isinstance(valeur, str) and valeur.startswith(FORMULES) else valeur
