"""What the pages of the perimeters receive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from cpts.services.perimetres import COMMUNES_MAX
from cpts.services.perimetres_groupes import RAYON_MAX_KM

TEXTE_MAX = 60_000


class SoumissionForm(forms.Form):
    """The motive and the day: kept with the draft, required to submit."""

    motif = forms.CharField(
        label="Pourquoi ce périmètre change",
        help_text="Une phrase que l’ARS lira, par exemple : deux communes demandent à rejoindre la CPTS.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"class": "fr-input", "rows": 3}),
    )
    effet_le = forms.DateField(
        label="Prend effet le",
        help_text="Premier jour du nouveau périmètre. L’ancien s’arrête la veille.",
        required=False,
        widget=forms.DateInput(attrs={"class": "fr-input", "type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Ce jour ne se lit pas : écrivez-le 31/12/2026."},
    )


class ReponseForm(forms.Form):
    commentaire = forms.CharField(
        label="Réponse à la CPTS",
        help_text="Obligatoire pour refuser ; la CPTS la lit.",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"class": "fr-input", "rows": 3}),
    )


@dataclass(frozen=True, slots=True)
class Saisie:
    """An edit as received: unreadable numbers become None, lists are cut to what a perimeter may hold."""

    acte: str
    version: int | None
    codes: tuple[str, ...]
    code: str
    lieu: str
    rayon: float | None
    groupe: str
    texte: str

    @property
    def tapee(self) -> dict[str, Any]:
        """What goes back into the fields when the edit is refused."""
        return {
            "lieu": self.lieu,
            "commune": self.code,
            "rayon": self.rayon or "",
            "texte": self.texte,
            "codes": self.codes,
        }


def read_saisie(donnees: QueryDict) -> Saisie:
    version = donnees.get("version", "")
    codes = [code.strip().upper()[:5] for code in donnees.getlist("codes")]
    codes += [str(donnees[nom])[:5] for nom in sorted(donnees) if nom.startswith("choix-") and donnees[nom]]
    return Saisie(
        acte=donnees.get("acte", "")[:20],
        version=int(version) if version.isdecimal() and len(version) < 10 else None,
        codes=tuple(dict.fromkeys(codes[: 2 * COMMUNES_MAX])),
        code=donnees.get("commune", "").strip().upper()[:5],
        lieu=donnees.get("lieu", "").strip()[:200],
        rayon=read_rayon(donnees),
        groupe=donnees.get("groupe", "")[:40],
        texte=donnees.get("texte", "")[:TEXTE_MAX],
    )


def read_rayon(donnees: Mapping[str, Any]) -> float | None:
    """0 when nothing is written; None when it does not read, or goes beyond the bound."""
    texte = str(donnees.get("rayon", "")).strip().replace(",", ".")
    if not texte:
        return 0.0
    try:
        valeur = float(texte)
    except ValueError:
        return None
    return valeur if 0 <= valeur <= RAYON_MAX_KM else None


def read_jour(texte: str) -> date | None:
    try:
        return date.fromisoformat(texte[:10])
    except ValueError:
        return None
