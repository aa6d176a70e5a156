"""From a rule to the forms of a section, and from the forms to the rule. The rest of the rule is left as it is."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.forms import formset_factory

from aides.admin.formulaires import (
    CONDITIONS_MAX,
    NATURES,
    ConditionForm,
    EnonceForm,
    Formulaire,
    IdentiteForm,
    LieuForm,
    MontantForm,
    PeriodeForm,
    ReferenceForm,
)
from aides.regles.ecriture import RegleInvalide
from aides.regles.lignes import build_racine, list_racine
from aides.regles.lignes_montants import build_montant, list_montant

Brut = dict[str, Any]
VIDES = 2
"""Empty rows shown after those already written."""


@dataclass(frozen=True, slots=True)
class Section:
    """`par_periode`: one page for each period. `formulaires` are what `apply` reads once they are valid."""

    nom: str
    titre: str
    aide: str
    build: Callable[[Brut, int, Any], list[Any]]
    apply: Callable[[Brut, int, list[Any]], None]
    par_periode: bool = False

    def write(self, brut: Brut, rang: int, formulaires: list[Any]) -> Brut:
        """A new rule. Raises RegleInvalide."""
        nouveau = deepcopy(brut)
        self.apply(nouveau, rang, formulaires)
        return nouveau


def new_texte(code: str, nom: str) -> Brut:
    """The skeleton of a first draft: every part is there, empty."""
    textes = dict.fromkeys(("sigle", "resume", "payeur", "guichet", "demarche"), "")
    return {
        "code": code,
        "nom": nom,
        **textes,
        "statut": "local",
        "professions": [],
        "perimetre": [],
        "references": {},
        "versions": [new_periode()],
    }


def new_periode() -> Brut:
    return {
        "code": "",
        "ouvert_du": "",
        "reference_ouverture": "",
        "jour_reference": "demande",
        "conditions": {"tous": []},
        "montant": {"composantes": []},
        "duree": {"texte": "", "reference": ""},
        "renouvellement": {"texte": "", "reference": ""},
        "obligations": [],
        "documents": [],
        "cumul": [],
    }


def _rows(classe: type[Formulaire], brut: Brut, initial: list[Any], data: Any, maximum: int, prefixe: str) -> Any:
    """A set of rows of one form. Raises RegleInvalide when there are more than a page can hold."""
    if len(initial) > maximum:
        raise RegleInvalide("", f"plus de {maximum} lignes : passez par « JSON »")
    ensemble = formset_factory(
        classe, extra=min(VIDES, maximum - len(initial)), max_num=maximum, absolute_max=maximum + 1, can_delete=True
    )
    communs = {"references": list(brut["references"]), "definitions": list(brut.get("definitions", {}))}
    return ensemble(data, initial=initial, prefix=prefixe, form_kwargs=communs)


def _kept(ensemble: Any) -> list[Any]:
    """The forms of the rows that say something and are not removed."""
    return [
        formulaire
        for formulaire in ensemble.forms
        if formulaire.has_changed() or formulaire.initial
        if not formulaire.cleaned_data.get("DELETE")
    ]


def _build_identite(brut: Brut, rang: int, data: Any) -> list[Any]:
    lieux = [dict(zip(("genre", "cle"), lieu.split(":", 1), strict=True)) for lieu in brut.get("perimetre", [])]
    return [IdentiteForm(data, initial=brut), _rows(LieuForm, brut, lieux, data, 60, "lieux")]


def _apply_identite(brut: Brut, rang: int, formulaires: list[Any]) -> None:
    identite, lieux = formulaires
    brut.update(identite.cleaned_data)
    lus = [(f.cleaned_data.get("genre", ""), f.cleaned_data.get("cle", "").strip().upper()) for f in _kept(lieux)]
    brut["perimetre"] = list(dict.fromkeys(f"{genre}:{cle}" for genre, cle in lus if genre or cle))


def _build_references(brut: Brut, rang: int, data: Any) -> list[Any]:
    lues = [{"code": code, **champs} for code, champs in brut["references"].items()]
    return [_rows(ReferenceForm, brut, lues, data, 40, "references")]


def _apply_references(brut: Brut, rang: int, formulaires: list[Any]) -> None:
    references: Brut = {}
    for numero, formulaire in enumerate(_kept(formulaires[0]), start=1):
        lus = formulaire.cleaned_data
        code = lus["code"] or f"texte_{numero}"
        if code in references:
            raise RegleInvalide(f"références, ligne {numero}", f"deux textes s'appellent {code}")
        references[code] = {"texte": lus["texte"]}
        if lus["verifie_le"]:
            references[code]["verifie_le"] = lus["verifie_le"].isoformat()
        if lus["lien"]:
            references[code]["lien"] = lus["lien"]
    brut["references"] = references


def _build_periodes(brut: Brut, rang: int, data: Any) -> list[Any]:
    initial = []
    for version in brut["versions"]:
        enonces = {f"{cle}_{champ}": version[cle][champ] for cle in ("duree", "renouvellement") for champ in ENONCE}
        initial.append({**version, **enonces})
    return [_rows(PeriodeForm, brut, initial, data, 20, "periodes")]


ENONCE = ("texte", "reference")


def _apply_periodes(brut: Brut, rang: int, formulaires: list[Any]) -> None:
    """A new period begins with the conditions and amounts of the one before it: most often little changes."""
    anciennes: list[Brut] = brut["versions"]
    versions: list[Brut] = []
    for numero, formulaire in enumerate(formulaires[0].forms):
        if formulaire not in _kept(formulaires[0]):
            continue
        lus = formulaire.cleaned_data
        modele = anciennes[numero] if numero < len(anciennes) else (versions or [new_periode()])[-1]
        version = deepcopy(modele)
        version |= {cle: lus[cle] for cle in ("code", "reference_ouverture", "jour_reference")}
        version["ouvert_du"] = lus["ouvert_du"].isoformat() if lus["ouvert_du"] else ""
        for cle in ("ferme_le", "motif_fermeture", "note"):
            version.pop(cle, None)
            if lus[cle]:
                version[cle] = lus[cle].isoformat() if cle == "ferme_le" else lus[cle]
        for cle in ("duree", "renouvellement"):
            version[cle] = {champ: lus[f"{cle}_{champ}"] for champ in ENONCE}
        versions.append(version)
    if not versions:
        raise RegleInvalide("périodes", "gardez au moins une période")
    brut["versions"] = versions


def _build_conditions(brut: Brut, rang: int, data: Any) -> list[Any]:
    lignes = list_racine(brut["versions"][rang]["conditions"])
    initial = [{**asdict(ligne), "ordre": (numero + 1) * 10} for numero, ligne in enumerate(lignes)]
    return [_rows(ConditionForm, brut, initial, data, CONDITIONS_MAX, "conditions")]


def _apply_conditions(brut: Brut, rang: int, formulaires: list[Any]) -> None:
    gardees = [formulaire for formulaire in _kept(formulaires[0]) if formulaire.cleaned_data.get("type")]
    ordre = sorted(gardees, key=lambda f: 9999 if f.cleaned_data["ordre"] is None else f.cleaned_data["ordre"])
    brut["versions"][rang]["conditions"] = build_racine([formulaire.build() for formulaire in ordre])


def _build_montants(brut: Brut, rang: int, data: Any) -> list[Any]:
    composantes = brut["versions"][rang]["montant"]["composantes"]
    initial = [{**asdict(list_montant(c)), "rang": numero} for numero, c in enumerate(composantes)]
    return [_rows(MontantForm, brut, initial, data, 20, "montants")]


def _apply_montants(brut: Brut, rang: int, formulaires: list[Any]) -> None:
    montant = brut["versions"][rang]["montant"]
    anciennes: list[Mapping[str, Any]] = montant["composantes"]
    nouvelles = []
    for numero, formulaire in enumerate(_kept(formulaires[0])):
        origine = formulaire.cleaned_data.get("rang")
        connue = origine is not None and 0 <= origine < len(anciennes)
        nouvelles.append(build_montant(formulaire.build(), anciennes[origine] if connue else {}, numero))
    montant["composantes"] = nouvelles


def _build_textes(brut: Brut, rang: int, data: Any) -> list[Any]:
    version = brut["versions"][rang]
    initial = [{"nature": nature, **enonce} for nature, _ in NATURES for enonce in version.get(nature, [])]
    return [_rows(EnonceForm, brut, initial, data, 60, "textes")]


def _apply_textes(brut: Brut, rang: int, formulaires: list[Any]) -> None:
    version = brut["versions"][rang]
    for nature, _ in NATURES:
        version[nature] = []
    for formulaire in _kept(formulaires[0]):
        lus = formulaire.cleaned_data
        version[lus["nature"] or "documents"].append({champ: lus[champ] for champ in ENONCE})


SECTIONS = {
    section.nom: section
    for section in (
        Section(
            "identite",
            "Identité et territoire",
            "Qui verse quoi, et sur quel territoire. Un lieu par ligne : code INSEE, SIREN, département ou région.",
            _build_identite,
            _apply_identite,
        ),
        Section(
            "references",
            "Textes",
            "D'où vient chaque valeur : délibération, règlement, convention. Tout ce qui suit s'appuie dessus.",
            _build_references,
            _apply_references,
        ),
        Section(
            "periodes",
            "Périodes",
            "Une règle qui change est une nouvelle période : la précédente se ferme le jour où la suivante s'ouvre. "
            "Une période ajoutée reprend les conditions et les montants de celle d'avant.",
            _build_periodes,
            _apply_periodes,
        ),
        Section(
            "conditions",
            "Conditions",
            "Une ligne par condition, dans l'ordre. Toutes celles du premier niveau sont nécessaires ; celles d'un "
            "groupe sont décalées juste dessous.",
            _build_conditions,
            _apply_conditions,
            par_periode=True,
        ),
        Section(
            "montants",
            "Montants",
            "Une ligne par montant versé. Ce que la règle ne dit pas est « à préciser », avec la raison.",
            _build_montants,
            _apply_montants,
            par_periode=True,
        ),
        Section(
            "textes",
            "Pièces, engagements, cumul",
            "Ce que la personne lit sur la page du dispositif, avec le texte d'où cela vient.",
            _build_textes,
            _apply_textes,
            par_periode=True,
        ),
    )
}


def are_valid(formulaires: list[Any]) -> bool:
    """Every form is read, so that all the errors show at once."""
    verdicts = [formulaire.is_valid() for formulaire in formulaires]
    return all(verdicts)


def list_ensembles(formulaires: list[Any]) -> list[dict[str, Any]]:
    """What a template loops over: plain forms, and sets of rows with their hidden counters."""
    return [
        {"gestion": f.management_form, "lignes": f.forms, "erreurs": f.non_form_errors(), "ensemble": True}
        if isinstance(f, forms.BaseFormSet)
        else {"gestion": "", "lignes": [f], "erreurs": f.non_field_errors(), "ensemble": False}
        for f in formulaires
    ]
