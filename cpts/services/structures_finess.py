"""Accepting a proposal of FINESS, or putting it aside: an agent of its territory, once."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from cpts.droits import INSTRUIRE
from cpts.enums import GenreProposition, StatutProposition, StatutStructure, TypeStructure
from cpts.models import PropositionFiness, Structure
from cpts.regles.vie_structures import CENTRES, VIVANTES, Action
from cpts.services.structures import Acte, apply_acte, create_structure, name_objet, propose_cpts
from cpts.services.structures_refus import ActeImpossible, DroitRefuse, StructureRefusee
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.models import Evenement
from zonage.models import Commune

SOURCE = "FINESS"
CHAMPS = ("nom", "finess_ej", "siret", "adresse", "code_postal", "telephone", "longitude", "latitude", "commune")


def may_decide(user: Any, proposition: PropositionFiness) -> bool:
    return read_portee(user).covers(proposition.region_code, proposition.departement_code, *INSTRUIRE)


def explain_refus(proposition: PropositionFiness, type_: str = "") -> str:
    """Why it cannot be accepted now; "" when it can."""
    if proposition.statut != StatutProposition.A_TRAITER:
        return "Cette proposition est déjà décidée."
    if proposition.genre == GenreProposition.CREATION:
        if not (proposition.apres.get("type") or type_ in CENTRES):
            return "FINESS ne dit pas de quel type est ce centre de santé : choisissez-le."
        if not proposition.apres.get("ouverte_le"):
            return "FINESS ne donne pas de jour d'ouverture : créez la structure à la main."
    return ""


@transaction.atomic
def accept_proposition(cle: int, *, par: User, type_: str = "") -> str:
    """Do what it says. Returns the sentence of what was done. Raises StructureRefusee, DroitRefuse, ActeImpossible.

    `type_`: of a centre of health, that FINESS does not tell. A field that an agent wrote since is left, and said.
    """
    proposition = _lock(cle, par)
    if refus := explain_refus(proposition, type_):
        raise StructureRefusee(refus)
    if proposition.genre == GenreProposition.CREATION:
        proposition.structure, phrase = _create(proposition, par, type_), "Structure créée."
    elif proposition.genre == GenreProposition.CHANGEMENT:
        phrase = _change(proposition, par)
    else:
        phrase = _close(proposition, par)
    _decide(proposition, StatutProposition.ACCEPTEE, par, "")
    return phrase


@transaction.atomic
def reject_proposition(cle: int, *, par: User, motif: str) -> None:
    """Put it aside: the same one is not proposed again. Raises StructureRefusee, DroitRefuse, ActeImpossible."""
    if not motif.strip():
        raise StructureRefusee("Écrivez pourquoi la proposition est écartée.", {"motif": "Ce champ est obligatoire."})
    _decide(_lock(cle, par), StatutProposition.ECARTEE, par, motif.strip()[:300])


def _lock(cle: int, par: User) -> PropositionFiness:
    proposition = PropositionFiness.objects.select_for_update(no_key=True, of=("self",)).get(pk=cle)
    if not may_decide(par, proposition):
        raise DroitRefuse("Cette proposition n'est pas de votre territoire.")
    if proposition.statut != StatutProposition.A_TRAITER:
        raise ActeImpossible(f"Cette proposition est déjà {proposition.get_statut_display().lower()}.")
    return proposition


def _decide(proposition: PropositionFiness, statut: str, par: User, motif: str) -> None:
    proposition.statut, proposition.decide_par, proposition.motif = statut, par, motif
    proposition.decide_le = timezone.now()
    proposition.save(update_fields=["statut", "decide_par", "decide_le", "motif", "structure"])
    Evenement.objects.create(
        objet=f"cpts.propositionfiness:{proposition.pk}",
        action="accepter" if statut == StatutProposition.ACCEPTEE else "ecarter",
        auteur=par,
        details={"genre": proposition.genre, "structure": proposition.structure_id},
    )


def _create(proposition: PropositionFiness, par: User, type_: str) -> Structure:
    apres = proposition.apres
    commune = Commune.objects.select_related("departement").get(pk=apres["commune"])
    champs = {nom: apres[nom] for nom in CHAMPS if nom in apres and nom != "commune"}
    return create_structure(
        {
            **champs,
            "type": apres.get("type") or type_,
            "finess": proposition.finess,
            "commune": commune,
            "cpts": propose_cpts(commune.pk, au=timezone.localdate()),
            "source": SOURCE,
        },
        par=par,
        statut=StatutStructure.OUVERTE,
        jours={"ouverte_le": date.fromisoformat(apres["ouverte_le"])},
        commentaire="Reprise du répertoire FINESS.",
        publie=True,
    )


def _change(proposition: PropositionFiness, par: User) -> str:
    """Only what is still as it was when FINESS was read, and that no agent wrote since."""
    structure = Structure.objects.select_for_update(no_key=True, of=("self",)).get(propositions=proposition)
    gardes = []
    for nom, valeur in proposition.apres.items():
        attribut = "commune_id" if nom == "commune" else nom
        if nom in structure.saisi or getattr(structure, attribut) != proposition.avant.get(nom):
            gardes.append(nom)
        elif nom == "commune":
            structure.commune = Commune.objects.select_related("departement").get(pk=valeur)
            structure.departement_code = structure.commune.departement_id
            structure.region_code = structure.commune.departement.region_id
        elif nom in CHAMPS:
            setattr(structure, nom, valeur)
    changes = [nom for nom in proposition.apres if nom not in gardes]
    structure.version += 1
    structure.save()
    Evenement.objects.create(
        objet=name_objet(structure), action="finess", auteur=par, details={"champs": changes, "gardes": gardes}
    )
    if gardes:
        champs: list[Any] = [Structure._meta.get_field(nom) for nom in gardes]
        noms = ", ".join(str(champ.verbose_name) for champ in champs)
        return f"Structure mise à jour, sauf ce qu'un agent a écrit depuis : {noms}."
    return "Structure mise à jour."


def _close(proposition: PropositionFiness, par: User) -> str:
    structure = Structure.objects.get(propositions=proposition)
    if structure.statut not in VIVANTES:
        raise ActeImpossible("Cette structure n'est déjà plus ouverte : écartez la proposition.")
    hopital = structure.type == TypeStructure.HOPITAL_PROXIMITE
    acte = Acte(
        Action.RETIRER if hopital else Action.FERMER,
        date.fromisoformat(proposition.apres["fermee_le"]),
        "Absente de l'extraction complète de FINESS.",
    )
    apply_acte(structure, acte, par=par)
    return "Structure fermée au jour de l'extraction."
