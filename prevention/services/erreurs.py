"""Why an act of prevention was refused: a French sentence for the person, a status for the page."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError

from cpts.erreurs import CHANGE, ActeInvalide, ActeRefuse, DroitRefuse, TransitionImpossible, VersionPerimee

__all__ = [
    "CHANGE",
    "ActeInvalide",
    "ActeRefuse",
    "DroitRefuse",
    "TransitionImpossible",
    "VersionPerimee",
    "explained",
]

SAISON_CLOSE = (
    "Cette saison est close : rien ne s'y modifie. Un relevé faux se corrige depuis sa fiche, avec un motif, et "
    "l'ancien est gardé."
)
REFUS_BASE: dict[str, ActeRefuse] = {
    "campagne_saison_close": TransitionImpossible(SAISON_CLOSE),
    "campagne_transition": TransitionImpossible("Une campagne s'ouvre, puis se clôt : pas de retour."),
    "campagne_nait_ouverte": ActeInvalide("Une campagne ne naît pas close : enregistrez-la, puis clôturez la saison."),
    "campagne_prevention_close_datee": ActeInvalide("Une saison close porte le jour de sa clôture."),
    "releve_saison_close": TransitionImpossible(SAISON_CLOSE),
    "releve_ne_change_pas": ActeInvalide("Un relevé ne se modifie pas : un autre le remplace et dit pourquoi."),
    "releve_ne_s_efface_pas": ActeInvalide("Un relevé ne s'efface pas : un autre le remplace et dit pourquoi."),
    "releve_nait_courant": ActeInvalide("Un relevé neuf est celui qui vaut."),
    "releve_cible_de_la_campagne": ActeInvalide("Cette population cible est celle d'une autre campagne."),
    "releve_remplace_le_courant": VersionPerimee(
        "Ce relevé vient d'être remplacé, ou n'est pas celui du même territoire et de la même période : rouvrez-le."
    ),
    "releve_un_courant": TransitionImpossible("Ce territoire a déjà un relevé pour cette période : corrigez-le."),
    "releve_numerateur_borne": ActeInvalide(
        "Plus de personnes comptées que de personnes visées : vérifiez ces nombres.",
        {"numerateur": "Ce nombre dépasse la population visée, exclusions retirées."},
    ),
    "releve_correction_motivee": ActeInvalide(
        "Dites pourquoi ce relevé remplace l'ancien.", {"motif": "Dites pourquoi."}
    ),
    "bulletin_publie": TransitionImpossible("Ce bulletin est publié : il ne change plus. Écrivez-en un autre."),
    "bulletin_version": VersionPerimee(CHANGE),
    "bulletin_fige": ActeInvalide("Un bulletin reste celui de sa CPTS."),
    "action_transition": TransitionImpossible("Cette action ne peut pas passer à cet état depuis celui où elle est."),
    "action_version": VersionPerimee(CHANGE),
    "action_figee": ActeInvalide("Une action reste celle de sa CPTS."),
    "action_ne_s_efface_pas": TransitionImpossible("Une action annoncée ne s'efface pas : elle s'annule."),
    "action_tenue_comptee": ActeInvalide(
        "Une action tenue porte son nombre de participants.", {"participants": "Écrivez un nombre, zéro compris."}
    ),
    "action_annulee_motivee": ActeInvalide("Dites pourquoi l'action est annulée.", {"motif": "Dites pourquoi."}),
    "action_orientes_bornes": ActeInvalide(
        "Plus de personnes orientées que de participants.", {"orientes": "Pas plus que de participants."}
    ),
}
"""What the database refuses, by the name of the constraint: the last belt, when an act let something through."""


@contextmanager
def explained() -> Iterator[None]:
    """The refusal of the database in words. Put it around the transaction, so that it is rolled back first."""
    try:
        yield
    except IntegrityError as erreur:
        nom = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", None) or ""
        refus = REFUS_BASE.get(nom)
        if refus is None:
            raise
        if isinstance(refus, ActeInvalide):
            raise ActeInvalide(str(refus), dict(refus.erreurs)) from erreur
        raise type(refus)(str(refus)) from erreur
