"""What the ARS answered to a CPTS, and what its coordinators do next: the words of the mails.

A mail says the fact and the next step; the reason of a refusal stays on the page, behind the account.
"""

from dataclasses import dataclass

from cpts.enums import ActeurCpts, ActionCpts, StatutPerimetre
from cpts.regles.etapes import TRANSITIONS


@dataclass(frozen=True, slots=True)
class Reponse:
    """`page`: the name of the address where the next step is done; it takes the code of the CPTS."""

    titre: str
    suite: str
    page: str = "espace_parcours"


ETAPES: dict[ActionCpts, Reponse] = {
    ActionCpts.RENVOYER_LETTRE: Reponse(
        "L’ARS demande une autre lettre d’intention",
        "Lisez ce qui est demandé, puis déposez une nouvelle lettre d’intention.",
    ),
    ActionCpts.VALIDER_LETTRE: Reponse(
        "Votre lettre d’intention est validée",
        "Commencez la rédaction du projet de santé, et dessinez le périmètre : l’ACI ne se signe pas sans lui.",
    ),
    ActionCpts.RENVOYER_PROJET: Reponse(
        "L’ARS demande un complément au projet de santé",
        "Lisez ce qui est demandé, complétez le projet de santé, puis déposez-le à nouveau.",
    ),
    ActionCpts.VALIDER_PROJET: Reponse(
        "Votre projet de santé est validé",
        "Préparez la signature de l’ACI avec l’ARS et la caisse : il y faut un périmètre approuvé.",
    ),
    ActionCpts.SIGNER_ACI: Reponse(
        "La signature de votre ACI est enregistrée",
        "Les missions sont ouvertes, avec leurs échéances : décrivez-les et démarrez la première.",
        "espace_missions",
    ),
    ActionCpts.AVENANT: Reponse(
        "Un avenant à votre ACI est enregistré", "Relisez le parcours : il porte l’avenant et ce qu’il change."
    ),
    ActionCpts.RENOUVELER: Reponse(
        "Votre ACI est renouvelé", "Vérifiez le nouveau terme et les années ouvertes.", "espace_argent"
    ),
    ActionCpts.RESILIER: Reponse(
        "La résiliation de votre ACI est enregistrée",
        "Lisez le motif dans le parcours, puis vérifiez dans « Argent » le jour de fin et ce qui reste à régler.",
    ),
    ActionCpts.ABANDONNER: Reponse(
        "L’abandon de votre projet est enregistré",
        "Lisez le motif. Le projet peut être repris depuis le parcours.",
    ),
}
"""Every act that an agent alone may do, and the end of a project, which both may enter: a test holds it."""
PERIMETRES: dict[str, Reponse] = {
    StatutPerimetre.APPROUVE: Reponse(
        "Votre périmètre est approuvé", "Vérifiez son jour d’effet et ses communes.", "espace_perimetre_detail"
    ),
    StatutPerimetre.REFUSE: Reponse(
        "Votre périmètre est refusé",
        "Lisez la réponse de l’ARS, corrigez un nouveau brouillon, puis soumettez-le.",
        "espace_perimetre_detail",
    ),
}
STRUCTURE = Reponse(
    "Une structure est rattachée à votre CPTS", "Vérifiez ce que l’annuaire en montre.", "espace_structures"
)


def is_annoncee(action: ActionCpts) -> bool:
    """Whether the coordinators are told of an act: what they cannot have done themselves."""
    return action in ETAPES and (
        action is ActionCpts.ABANDONNER or ActeurCpts.COORDINATEUR not in TRANSITIONS[action].acteurs
    )
