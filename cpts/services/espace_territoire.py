"""What a coordinator writes of her territory: sourced figures, saved territories, structures proposed to the ARS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from cpts.droits import may_edit, may_instruct
from cpts.erreurs import ActeInvalide, DroitRefuse
from cpts.lecture_perimetres import Heritages, find_perimetre, list_codes
from cpts.models import Cpts, DonneeTerritoire, Structure, TerritoireEnregistre
from cpts.regles.donnees_territoire import DEFINITIONS
from portal.core.ceinture import as_systeme
from portal.core.models import Evenement

PROPOSEE = "structure_proposee"
ENREGISTRES_MAX = 100
LISTE_MAX = 200
HISTORIQUE_MAX = 60
REFUS = "Vous pouvez lire cette CPTS, pas y écrire."


@dataclass(frozen=True, slots=True)
class Chiffre:
    """A figure as it is typed. `numerateur` and `denominateur`: when the source gives them.

    `territoire`: « cpts », or « departement » for the agents who instruct there: what the CPTS is compared with.
    """

    code: str
    jour: date
    valeur: Decimal
    source: str
    producteur: str = ""
    numerateur: Decimal | None = None
    denominateur: Decimal | None = None
    territoire: str = "cpts"


def filter_donnees(cpts: Cpts) -> QuerySet[DonneeTerritoire]:
    """The figures entered for this CPTS, and for its département."""
    siennes = Q(territoire_type="cpts", territoire_code=cpts.code)
    voisines = Q(territoire_type="departement", territoire_code=cpts.departement_code)
    return DonneeTerritoire.objects.filter(siennes | voisines, code__in=list(DEFINITIONS))


def list_donnees(cpts: Cpts) -> list[DonneeTerritoire]:
    """Figure by figure, the latest day first."""
    lues = filter_donnees(cpts)
    return list(lues.order_by("code", "territoire_type", "-jour", "pk")[:HISTORIQUE_MAX])


@transaction.atomic
def write_donnee(cpts: Cpts, chiffre: Chiffre, *, par: Any) -> DonneeTerritoire:
    """A figure of a day; typed again for the same day, it is corrected, and the former one stays in the history.

    Raises DroitRefuse, ActeInvalide.
    """
    if not may_edit(par, cpts) or (chiffre.territoire != "cpts" and not may_instruct(par, cpts)):
        raise DroitRefuse(REFUS)
    definition = DEFINITIONS[chiffre.code]
    if chiffre.jour > timezone.localdate():
        raise ActeInvalide("Ce jour est à venir.", {"jour": "Choisissez aujourd’hui ou un jour passé."})
    if not chiffre.source.strip():
        raise ActeInvalide("Un chiffre a une source.", {"source": "Dites d’où vient ce chiffre."})
    if chiffre.valeur < 0 or (definition.unite == "%" and chiffre.valeur > 100):
        raise ActeInvalide("Ce chiffre est impossible.", {"valeur": "Un pourcentage va de 0 à 100."})
    if chiffre.numerateur is not None and chiffre.denominateur is not None:
        _check_part(chiffre, definition.unite)
    donnee, nouvelle = DonneeTerritoire.objects.update_or_create(
        code=chiffre.code,
        territoire_type=chiffre.territoire,
        territoire_code=cpts.code if chiffre.territoire == "cpts" else cpts.departement_code,
        jour=chiffre.jour,
        defaults={
            "valeur": chiffre.valeur,
            "numerateur": chiffre.numerateur,
            "denominateur": chiffre.denominateur,
            "unite": definition.unite,
            "source": chiffre.source.strip(),
            "producteur": chiffre.producteur.strip(),
            "demonstration": False,
            "saisie_par": par,
            "saisie_le": timezone.now(),
        },
    )
    note(cpts, "donnee_saisie", par, code=chiffre.code, jour=chiffre.jour.isoformat(), nouvelle=nouvelle)
    return donnee


def _check_part(chiffre: Chiffre, unite: str) -> None:
    numerateur, denominateur = chiffre.numerateur or Decimal(0), chiffre.denominateur or Decimal(0)
    if denominateur <= 0 or (unite == "%" and numerateur > denominateur):
        raise ActeInvalide(
            "Ces effectifs ne vont pas ensemble.", {"numerateur": "Il dépasse la population concernée."}
        )
    if unite == "%" and abs(100 * numerateur / denominateur - chiffre.valeur) > 1:
        phrase = f"Ces effectifs donnent {100 * numerateur / denominateur:.1f} % : corrigez l’un des deux."
        raise ActeInvalide("Le pourcentage ne suit pas des effectifs.", {"valeur": phrase.replace(".", ",", 1)})


def list_enregistres(cpts: Cpts) -> list[TerritoireEnregistre]:
    return list(TerritoireEnregistre.objects.filter(cpts=cpts).order_by("nom", "pk")[:ENREGISTRES_MAX])


@transaction.atomic
def save_territoire(cpts: Cpts, nom: str, communes: Sequence[str], *, par: Any) -> TerritoireEnregistre:
    """Raises DroitRefuse, ActeInvalide."""
    if not may_edit(par, cpts):
        raise DroitRefuse(REFUS)
    if not communes:
        raise ActeInvalide("Aucune commune n’est choisie.", {"texte": "Écrivez au moins une commune."})
    if TerritoireEnregistre.objects.filter(cpts=cpts).count() >= ENREGISTRES_MAX:
        raise ActeInvalide(f"{ENREGISTRES_MAX} territoires sont déjà enregistrés : retirez-en un avant.")
    try:
        with transaction.atomic():
            ecrit = TerritoireEnregistre.objects.create(
                cpts=cpts, nom=nom.strip(), communes=sorted(set(communes)), cree_par=par
            )
    except IntegrityError:
        phrase = "Un territoire de ce nom est déjà enregistré : choisissez un autre nom."
        raise ActeInvalide(phrase, {"nom": phrase}) from None
    note(cpts, "territoire_enregistre", par, territoire=ecrit.pk, communes=len(ecrit.communes))
    return ecrit


@transaction.atomic
def remove_territoire(territoire: TerritoireEnregistre, *, par: Any) -> None:
    if not may_edit(par, territoire.cpts):
        raise DroitRefuse(REFUS)
    note(territoire.cpts, "territoire_retire", par, territoire=territoire.pk)
    territoire.delete()


def find_enregistre(cle: UUID) -> TerritoireEnregistre | None:
    """By its key, for whoever holds it: the belt is let out for a name and a list of communes, nothing else."""
    with as_systeme():
        return TerritoireEnregistre.objects.filter(cle=cle).first()


@dataclass(frozen=True, slots=True)
class Structures:
    """`liees`: those of the CPTS. `voisines`: on its communes, of no CPTS or of another; `proposees`: their keys."""

    liees: list[Structure]
    voisines: list[Structure]
    proposees: frozenset[int]


def read_structures(cpts: Cpts, *, au: date) -> Structures:
    heritages = Heritages()
    communes = heritages.list_ecritures(heritages.expand(list_codes(find_perimetre(cpts.code, au))))
    lues = Structure.objects.select_related("commune", "cpts").order_by("type", "nom", "pk")
    return Structures(
        liees=list(lues.filter(cpts=cpts)[:LISTE_MAX]),
        voisines=list(lues.filter(commune__in=communes).exclude(cpts=cpts)[:LISTE_MAX]),
        proposees=frozenset(
            int(details["structure"])
            for details in Evenement.objects.filter(objet=f"cpts.cpts:{cpts.code}", action=PROPOSEE)
            .order_by("-survenu_le", "-pk")
            .values_list("details", flat=True)[:LISTE_MAX]
        ),
    )


@transaction.atomic
def propose_structure(cpts: Cpts, cle: int, *, par: Any) -> Structure:
    """Ask the ARS to link a structure of no CPTS that stands on a commune of the perimeter. Twice is once.

    Raises DroitRefuse, ActeInvalide.
    """
    if not may_edit(par, cpts):
        raise DroitRefuse(REFUS)
    lues = read_structures(cpts, au=timezone.localdate())
    structure = next((une for une in lues.voisines if une.pk == cle and une.cpts_id is None), None)
    if structure is None:
        raise ActeInvalide("Cette structure n’est pas à rattacher : rechargez la page.")
    if structure.pk not in lues.proposees:
        note(cpts, PROPOSEE, par, structure=structure.pk)
    return structure


def note(cpts: Cpts, action: str, par: Any, **details: Any) -> None:
    """One line in the journal of the CPTS. No personal data."""
    Evenement.objects.create(objet=f"cpts.cpts:{cpts.code}", action=action, auteur=par, details=details)
