"""What the rules cover, as a page and as a table to download."""

import csv
import io
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from aides.couverture import Couverture, count_totaux, couverture
from aides.regles.faits import FAITS
from portal.core.cache import cached_page

ETATS = (
    ("ouvert", "Ouverts aujourd'hui"),
    ("ferme", "Fermés"),
    ("a_venir", "Pas encore ouverts"),
)
NATURES = (
    ("national", "Nationaux"),
    ("local", "Locaux"),
    ("historique", "Historiques"),
    ("annonce", "Annoncés"),
)
LIBELLES_ETAT = {"ouvert": "Ouvert", "ferme": "Fermé", "a_venir": "Pas encore ouvert"}
LIBELLES_NATURE = {"national": "National", "local": "Local", "historique": "Historique", "annonce": "Annoncé"}
COLONNES = (
    "Code", "Dispositif", "Nature", "Professions", "Version", "Ouvert du", "Fermé le", "État", "Conditions",
    "Conditions vérifiées", "Points à instruire", "Lignes de montant", "Montants à préciser",
    "Montants fixés par région", "Textes", "Textes non relus", "Plus ancienne relecture", "Jours de doute",
)  # fmt: skip
INJECTION = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Filtre:
    """What is asked for. An unknown value is named in `erreurs` and ignored."""

    profession: str
    etat: str
    nature: str
    erreurs: tuple[tuple[str, str], ...]

    def keep(self, ligne: Couverture) -> bool:
        return (
            (not self.profession or self.profession in ligne.dispositif.professions)
            and (not self.etat or self.etat == ligne.etat)
            and (not self.nature or self.nature == ligne.nature)
        )

    def query(self) -> str:
        """The same filter as an address."""
        requete = QueryDict(mutable=True)
        requete.update({nom: getattr(self, nom) for nom in ("profession", "etat", "nature") if getattr(self, nom)})
        return requete.urlencode()


def read_filtre(request: HttpRequest) -> Filtre:
    connus = {
        "profession": (dict(FAITS["profession"].choix), "Profession"),
        "etat": (dict(ETATS), "État"),
        "nature": (dict(NATURES), "Nature"),
    }
    lus, erreurs = {}, []
    for nom, (valeurs, libelle) in connus.items():
        lu = request.GET.get(nom, "")
        if lu and lu not in valeurs:
            erreurs.append((libelle, "Choisissez une valeur de la liste."))
            lu = ""
        lus[nom] = lu
    return Filtre(**lus, erreurs=tuple(erreurs))


@require_safe
@cached_page
def couverture_page(request: HttpRequest) -> HttpResponse:
    filtre, au = read_filtre(request), timezone.localdate()
    lignes = [ligne for ligne in couverture(au=au) if filtre.keep(ligne)]
    contexte = {
        "au": au,
        "filtre": filtre,
        "champs": (
            ("profession", "Profession", FAITS["profession"].choix, filtre.profession, "Toutes"),
            ("etat", "État", ETATS, filtre.etat, "Tous"),
            ("nature", "Nature", NATURES, filtre.nature, "Toutes"),
        ),
        "lignes": [(ligne, LIBELLES_ETAT[ligne.etat], LIBELLES_NATURE[ligne.nature]) for ligne in lignes],
        "totaux": count_totaux(lignes),
        "erreurs": filtre.erreurs,
        "requete": filtre.query(),
    }
    return render(request, "aides/couverture.html", contexte, status=400 if filtre.erreurs else 200)


@require_safe
@cached_page
def couverture_csv(request: HttpRequest) -> HttpResponse:
    """The same lines as the page, with a semicolon and a BOM as French spreadsheets expect."""
    filtre, au = read_filtre(request), timezone.localdate()
    if filtre.erreurs:
        texte = " ".join(f"{nom} : {message}" for nom, message in filtre.erreurs)
        return HttpResponse(texte, status=400, content_type="text/plain; charset=utf-8")
    sortie = io.StringIO()
    ecrivain = csv.writer(sortie, delimiter=";", lineterminator="\r\n")
    ecrivain.writerow(COLONNES)
    ecrivain.writerows(build_cellules(ligne) for ligne in couverture(au=au) if filtre.keep(ligne))
    reponse = HttpResponse("\ufeff" + sortie.getvalue(), content_type="text/csv; charset=utf-8")
    reponse["Content-Disposition"] = f'attachment; filename="couverture-{au.isoformat()}.csv"'
    return reponse


def build_cellules(ligne: Couverture) -> list[str | int]:
    connues = dict(FAITS["profession"].choix)
    dispositif, version = ligne.dispositif, ligne.version
    return [
        _neutralize(cellule)
        for cellule in (
            dispositif.code, dispositif.nom, LIBELLES_NATURE[ligne.nature],
            ", ".join(connues.get(profession, profession) for profession in dispositif.professions),
            version.code, _format(version.ouvert_du), _format(version.ferme_le), LIBELLES_ETAT[ligne.etat],
            ligne.conditions, ligne.verifiees, len(ligne.instruire), ligne.montants, len(ligne.preciser),
            ligne.regionaux, ligne.textes, len(ligne.non_lus), _format(ligne.releve_le), ligne.jours_doute,
        )
    ]  # fmt: skip


def _format(jour: date | None) -> str:
    return jour.isoformat() if jour else ""


def _neutralize(cellule: str | int) -> str | int:
    """A text that a spreadsheet would run as a formula starts with an apostrophe."""
    return f"'{cellule}" if isinstance(cellule, str) and cellule.startswith(INJECTION) else cellule
