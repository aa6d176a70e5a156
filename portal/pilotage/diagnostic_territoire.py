"""The territory of a diagnosis: any set of communes, named by an address that says it whole.

`?communes=71076,71001`, `?territoire=cpts:71-chalonnais`, `epci:…`, `departement:…`, `commune:…`, `region:27` (or
`?region=27`), `france` or `enregistre:<key>` of a set that a CPTS saved.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import QueryDict

from cpts.lecture_perimetres import Heritages, find_perimetre, list_codes
from cpts.models import Cpts
from cpts.services.espace_territoire import find_enregistre
from zonage.models import Commune, Departement, Epci, Region

CODES_MAX = 200
COMMUNES_MAX = 2_000
CODE = re.compile(r"(?:[013-9][0-9]|2[0-9AB])[0-9]{3}")
GENRES = ("cpts", "epci", "departement", "commune", "enregistre", "region", "france")
INCONNU = "Ce territoire n’existe pas, ou n’a aucune commune ce jour-là : choisissez-en un autre."


class ChoixRefuse(Exception):
    """The French sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Choix:
    """`type` « ensemble »: communes taken one by one. `unites`: today's communes, cities by arrondissement; of a
    région or of France, départements.

    `requete`: the query string of this territory. `perimetre`: what the set is, in words.
    """

    type: str
    code: str
    nom: str
    unites: frozenset[str]
    requete: str
    perimetre: str
    demonstration: bool = False

    @property
    def codes(self) -> str:
        """For a field of a form, when the list is short enough for an address."""
        if self.type in ("region", "france"):
            return ""
        return ",".join(sorted(self.unites)) if len(self.unites) <= CODES_MAX else ""


def read_choix(parametres: QueryDict, heritages: Heritages, *, au: date) -> Choix | None:
    """None: nothing is asked. Raises ChoixRefuse."""
    territoire = parametres.get("territoire", "").strip()
    region = parametres.get("region", "").strip()
    if region and not territoire:
        territoire = f"region:{region}"
    codes = ",".join(parametres.getlist("communes")).strip()
    if territoire:
        choix = _read_territoire(territoire, heritages, au)
    elif codes:
        choix = _read_communes(codes, parametres.get("nom", "")[:120], heritages)
    else:
        return None
    if not choix.unites:
        raise ChoixRefuse(INCONNU)
    if len(choix.unites) > COMMUNES_MAX:
        raise ChoixRefuse(f"Un diagnostic porte sur {COMMUNES_MAX} communes au plus : choisissez un département.")
    return choix


def _read_communes(texte: str, nom: str, heritages: Heritages) -> Choix:
    codes = sorted({code.strip().upper() for code in texte.split(",") if code.strip()})
    faux = [code for code in codes if not CODE.fullmatch(code)]
    if faux:
        raise ChoixRefuse(f"« {faux[0][:20]} » n’est pas un code de commune : écrivez cinq caractères, comme 71076.")
    if len(codes) > CODES_MAX:
        phrase = f"Une adresse porte {CODES_MAX} communes au plus. Au-delà, enregistrez le territoire"
        raise ChoixRefuse(f"{phrase} dans l’espace d’une CPTS, ou choisissez un EPCI ou un département.")
    connues = check_communes(codes, heritages)
    inconnues = [code for code in codes if code not in connues]
    if inconnues:
        raise ChoixRefuse(f"Aucune commune n’a le code {', '.join(inconnues[:5])} : retirez-le ou corrigez-le.")
    unites = heritages.expand(codes)
    seule = len(codes) == 1
    titre = nom or (connues[codes[0]] if seule else f"Territoire de {len(unites)} communes")
    perimetre = "une commune" if len(unites) == 1 else f"{len(unites)} communes choisies une à une"
    return Choix("ensemble", "", titre, unites, f"communes={','.join(codes)}", perimetre)


def check_communes(codes: Sequence[str], heritages: Heritages) -> dict[str, str]:
    """The names of those that exist, or that another took over."""
    lues = dict(Commune.objects.filter(code_insee__in=codes).order_by("pk").values_list("pk", "nom"))
    return lues | {code: code for code in codes if code in heritages.anciens and code not in lues}


def _read_territoire(texte: str, heritages: Heritages, au: date) -> Choix:
    genre, _, code = texte.partition(":")
    if texte == "france":
        code = texte
    if genre not in GENRES or not code or len(code) > 40:
        raise ChoixRefuse(INCONNU)
    requete = f"territoire={genre}:{code}"
    if genre == "cpts":
        return _read_cpts(code, requete, heritages, au)
    if genre == "enregistre":
        return _read_enregistre(code, requete, heritages)
    if genre == "commune":
        return _read_communes(code, "", heritages)
    if genre in ("region", "france"):
        return _read_grand(genre, code)
    modele, filtre = (Epci, "epci") if genre == "epci" else (Departement, "departement")
    nom = modele.objects.filter(pk=code).values_list("nom", flat=True).first()  # type: ignore[attr-defined]
    if nom is None:
        raise ChoixRefuse(INCONNU)
    communes = Commune.objects.filter(type="COM", **{filtre: code}).order_by("pk").values_list("pk", flat=True)
    perimetre = "communes de l’intercommunalité" if genre == "epci" else "communes du département"
    return Choix(genre, code, str(nom), heritages.expand(communes[: COMMUNES_MAX + 1]), requete, perimetre)


def _read_grand(genre: str, code: str) -> Choix:
    """By département: their sums are kept, no commune is read."""
    departements = Departement.objects.order_by("code")
    if genre == "france":
        codes = frozenset(departements.values_list("code", flat=True)[:200])
        return Choix(genre, "france", "France", codes, "territoire=france", "France entière")
    nom = Region.objects.filter(pk=code).values_list("nom", flat=True).first()
    if nom is None:
        raise ChoixRefuse(INCONNU)
    codes = frozenset(departements.filter(region=code).values_list("code", flat=True)[:200])
    return Choix(genre, code, nom, codes, f"territoire=region:{code}", "région entière")


def _read_cpts(code: str, requete: str, heritages: Heritages, au: date) -> Choix:
    cpts = Cpts.objects.filter(pk=code).first()
    if cpts is None:
        raise ChoixRefuse(INCONNU)
    perimetre = find_perimetre(cpts.code, au)
    if perimetre is None:
        raise ChoixRefuse(f"{cpts.nom} n’a pas de périmètre approuvé au {au:%d/%m/%Y}.")
    depuis = f", depuis le {perimetre.periode.lower:%d/%m/%Y}" if perimetre.periode and perimetre.periode.lower else ""
    unites = heritages.expand(list_codes(perimetre))
    return Choix("cpts", code, cpts.nom, unites, requete, f"périmètre approuvé{depuis}", cpts.demonstration)


def _read_enregistre(code: str, requete: str, heritages: Heritages) -> Choix:
    try:
        trouve = find_enregistre(UUID(code))
    except ValueError:
        trouve = None
    if trouve is None:
        raise ChoixRefuse("Ce territoire enregistré n’existe pas, ou n’existe plus : demandez une nouvelle adresse.")
    unites = heritages.expand(trouve.communes)
    return Choix("ensemble", "", trouve.nom, unites, requete, f"{len(unites)} communes, territoire enregistré")
