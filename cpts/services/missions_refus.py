"""What the database refuses about missions, members and money, in words (`cpts.erreurs` has the life of a CPTS)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction

from cpts.erreurs import CHANGE, ActeInvalide, ActeRefuse, TransitionImpossible, VersionPerimee, explain_base
from cpts.models import Cpts
from portal.core.examen import contains_nir
from portal.core.models import Evenement
from portal.core.outbox import emit

SUJET = "cpts.missions"
"""Something of the missions, the members or the money of a CPTS changed: emitted with its code."""
SANS_NIR = "Retirez le numéro de sécurité sociale : le portail ne garde aucune donnée de patient."
CLOS = "Cet exercice est clos : rouvrez-le pour changer ses montants."
REFUS: dict[str, ActeRefuse] = {
    "mission_transition": TransitionImpossible("Cette mission ne peut pas passer à cet état depuis le sien."),
    "mission_version": VersionPerimee(CHANGE),
    "mission_figee": ActeInvalide("Une mission ne change ni de CPTS ni de nature."),
    "mission_une_par_type": ActeInvalide("Cette mission est déjà ouverte."),
    "mission_dates_de_l_etat": ActeInvalide("Une mission porte le jour de chacun des états qu'elle a passés."),
    "mission_dates_ordonnees": ActeInvalide(
        "Ces jours ne se suivent pas.", {"jour": "Choisissez un jour après celui de l'état d'avant."}
    ),
    "indicateurmission_unique": ActeInvalide(
        "Cette mission a déjà cet indicateur.", {"libelle": "Cette mission a déjà cet indicateur cette année-là."}
    ),
    "indicateurmission_source": ActeInvalide(
        "Une valeur saisie dit d'où elle vient.", {"source": "Dites d'où vient la valeur."}
    ),
    "membre_praticien_une_fois": ActeInvalide(
        "Ce professionnel est déjà membre sur une partie de la période.",
        {"debut": "Ce professionnel est déjà membre ce jour-là."},
    ),
    "membre_structure_une_fois": ActeInvalide(
        "Cette structure est déjà membre sur une partie de la période.",
        {"debut": "Cette structure est déjà membre ce jour-là."},
    ),
    "membre_quelqu_un": ActeInvalide("Écrivez un nom.", {"nom": "Écrivez un nom."}),
    "membre_periode": ActeInvalide(
        "La période finit avant de commencer.", {"fin": "Le dernier jour vient après le premier."}
    ),
    "presence_une_par_membre": ActeInvalide("Ce membre est déjà sur la feuille de présence."),
    "presence_indemnite": ActeInvalide("Une indemnité n'est jamais négative."),
    "ligneaci_exercice_clos": ActeInvalide(CLOS),
    "ligneaci_positive": ActeInvalide("Un montant prévu, accordé ou avancé n'est jamais négatif."),
    "ligneaci_verse_date": ActeInvalide(
        "Une avance versée porte son montant et son jour.", {"avance_le": "Donnez le montant et le jour."}
    ),
    "ligneaci_solde_date": ActeInvalide(
        "Un solde versé porte son montant et son jour.", {"solde_le": "Donnez le montant et le jour."}
    ),
    "ligneaci_pas_plus_que_l_accorde": ActeInvalide(
        "L'avance et le solde versés dépassent le montant accordé.",
        {"solde": "Avec l'avance, ce solde dépasse le montant accordé."},
    ),
}


def explain(erreur: IntegrityError) -> ActeRefuse | None:
    """The refusal in words; None when it is about something else (raise the error again)."""
    nom = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", None) or ""
    refus = REFUS.get(nom)
    if refus is None:
        return explain_base(erreur)
    if isinstance(refus, ActeInvalide):
        return ActeInvalide(str(refus), dict(refus.erreurs))
    return type(refus)(str(refus))


@contextmanager
def act() -> Iterator[None]:
    """One transaction; what the database refuses is said in French, and nothing was written."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur


def refuse_nir(**textes: str) -> None:
    """Raises ActeInvalide when a text holds what looks like a social security number."""
    if fautes := {champ: SANS_NIR for champ, texte in textes.items() if contains_nir(texte)}:
        raise ActeInvalide(SANS_NIR, fautes)


def write_evenement(cpts: Cpts | str, action: str, par: Any, **details: Any) -> None:
    """One line in the journal of the CPTS, and the intent that its figures be read again. No personal data."""
    code = cpts if isinstance(cpts, str) else cpts.code
    Evenement.objects.create(objet=f"cpts.cpts:{code}", action=action, auteur=par, details=details)
    emit(SUJET, code, cle=f"missions:{code}")
