"""Who may do an act on a file: the one place where it is said, for pages, administration, tasks and exports."""

from aides.dossiers.etats import TRANSITIONS, Acteur, Action
from aides.models import Demande
from portal.accounts.enums import Role
from portal.accounts.portee import Portee

GUICHET_CPAM = "cpam"


def list_acteurs(demande: Demande, portee: Portee) -> frozenset[Acteur]:
    """What somebody is to a file. One's own file is never instructed nor decided, whatever the mandats."""
    if portee.personne is not None and portee.personne == demande.proprietaire_id:
        return frozenset({Acteur.DEMANDEUR})
    lieu = (demande.region_code, demande.departement_code)
    acteurs = set()
    if portee.covers(*lieu, Role.INSTRUCTEUR, Role.VALIDEUR):
        acteurs.add(Acteur.INSTRUCTEUR)
    if demande.guichet == GUICHET_CPAM and portee.covers(*lieu, Role.AGENT_CPAM):
        acteurs.add(Acteur.INSTRUCTEUR)
    if portee.covers(*lieu, Role.VALIDEUR):
        acteurs.add(Acteur.VALIDEUR)
    return frozenset(acteurs)


def may_act(action: Action, demande: Demande, portee: Portee) -> bool:
    return not TRANSITIONS[action].acteurs.isdisjoint(list_acteurs(demande, portee))


def list_actions(demande: Demande, portee: Portee) -> list[Action]:
    """The acts that this person may do on the file in its state, in the order of the table."""
    acteurs = list_acteurs(demande, portee)
    return [
        action
        for action, transition in TRANSITIONS.items()
        if demande.statut in transition.sources and not transition.acteurs.isdisjoint(acteurs)
    ]
