"""The life of a structure, type by type: states, acts, and what each act asks. The database holds the same table.

« Validée » is said of what was validated and is not closed: open + validated not open = validated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cpts.enums import StatutStructure as S
from cpts.enums import TypeStructure as T


class Action(StrEnum):
    DEPOSER = "deposer"
    AJOURNER = "ajourner"
    VALIDER = "valider"
    OUVRIR = "ouvrir"
    SIGNER = "signer"
    RESILIER = "resilier"
    FERMER = "fermer"
    ABANDONNER = "abandonner"
    RELANCER = "relancer"
    LABELLISER = "labelliser"
    ECARTER = "ecarter"
    RETIRER = "retirer"
    RECANDIDATER = "recandidater"


CREATION: Final = "creation"
REPRISE: Final = "reprise"
"""A structure that lived before the portal knew it enters it in the state it has."""


@dataclass(frozen=True, slots=True)
class Etape:
    """`champ`: the date of the structure that the act writes. `finess`: the act needs the number of the site.

    `motif`: the act says why. `fait`: what the history says.
    """

    libelle: str
    fait: str
    sources: tuple[S, ...]
    cible: S
    champ: str = ""
    finess: bool = False
    motif: bool = False


def _coordonnee(projet: str, contrat: str, *, finess: bool, ouvrir: str = "Ouvrir") -> dict[Action, Etape]:
    """The life of a MSP, a CDS, an ESP or a DAC. `contrat` empty: none is signed. `projet`: the act of filing it."""
    ouvertes = (S.OUVERTE, S.ACI_SIGNE) if contrat else (S.OUVERTE,)
    etapes = {
        Action.DEPOSER: Etape(projet, "Projet déposé", (S.REPEREE,), S.PROJET_DEPOSE),
        Action.AJOURNER: Etape(
            "Renvoyer le projet", "Projet renvoyé à ses porteurs", (S.PROJET_DEPOSE,), S.REPEREE, motif=True
        ),
        Action.VALIDER: Etape(
            "Valider le projet", "Projet validé", (S.PROJET_DEPOSE,), S.PROJET_VALIDE, "projet_valide_le"
        ),
        Action.OUVRIR: Etape(ouvrir, "Ouverture", (S.PROJET_VALIDE,), S.OUVERTE, "ouverte_le", finess=finess),
        Action.FERMER: Etape("Fermer", "Fermeture", ouvertes, S.FERMEE, "fermee_le", motif=True),
        Action.ABANDONNER: Etape(
            "Abandonner le projet",
            "Projet abandonné",
            (S.REPEREE, S.PROJET_DEPOSE, S.PROJET_VALIDE),
            S.ABANDONNEE,
            motif=True,
        ),
        Action.RELANCER: Etape("Relancer le projet", "Projet relancé", (S.ABANDONNEE,), S.REPEREE, motif=True),
    }
    if contrat:
        etapes[Action.SIGNER] = Etape(f"Signer {contrat}", "Contrat signé", (S.OUVERTE,), S.ACI_SIGNE, "aci_signe_le")
        etapes[Action.RESILIER] = Etape(
            f"Mettre fin à {contrat}", "Fin du contrat", (S.ACI_SIGNE,), S.OUVERTE, motif=True
        )
    return etapes


_CENTRE = _coordonnee("Déposer le projet", "l'accord national", finess=True)
ETAPES: Final[dict[T, dict[Action, Etape]]] = {
    T.MSP: _coordonnee("Déposer le projet", "l'ACI", finess=True),
    T.CDS_POLYVALENT: _CENTRE,
    T.CDS_MEDICAL: _CENTRE,
    T.CDS_AUTRE: _CENTRE,
    T.ESP: _coordonnee("Transmettre le projet à l'ARS", "", finess=False, ouvrir="Déclarer active"),
    T.DAC: _coordonnee("Déposer le projet", "", finess=False, ouvrir="Ouvrir"),
    T.HOPITAL_PROXIMITE: {
        Action.LABELLISER: Etape(
            "Inscrire sur la liste", "Label accordé", (S.CANDIDATE,), S.LABELLISEE, "ouverte_le", finess=True
        ),
        Action.ECARTER: Etape("Refuser le label", "Label refusé", (S.CANDIDATE,), S.ABANDONNEE, motif=True),
        Action.RETIRER: Etape("Retirer le label", "Label retiré", (S.LABELLISEE,), S.RETIREE, "fermee_le", motif=True),
        Action.RECANDIDATER: Etape(
            "Enregistrer une nouvelle candidature", "Nouvelle candidature", (S.ABANDONNEE, S.RETIREE), S.CANDIDATE
        ),
    },
}
CENTRES: Final = (T.CDS_POLYVALENT, T.CDS_MEDICAL, T.CDS_AUTRE)
VALIDEES: Final = (S.PROJET_VALIDE, S.OUVERTE, S.ACI_SIGNE)
OUVERTES: Final = (S.OUVERTE, S.ACI_SIGNE)
VIVANTES: Final = (*OUVERTES, S.LABELLISEE)
FINIES: Final = (S.FERMEE, S.ABANDONNEE, S.RETIREE)
LIBELLES: Final[dict[tuple[T, S], str]] = {
    (T.ESP, S.PROJET_DEPOSE): "Projet transmis à l'ARS",
    (T.ESP, S.PROJET_VALIDE): "Projet validé, pas encore active",
    (T.ESP, S.OUVERTE): "Active",
    (T.HOPITAL_PROXIMITE, S.ABANDONNEE): "Candidature refusée",
    **{(type_, S.ACI_SIGNE): "Ouvert, accord national signé" for type_ in CENTRES},
    **{(type_, S.OUVERTE): "Ouvert" for type_ in CENTRES},
    **{(type_, S.FERMEE): "Fermé" for type_ in CENTRES},
}
DATES: Final = ("projet_valide_le", "ouverte_le", "aci_signe_le", "fermee_le")
"""In the order in which a life writes them."""


def name_statut(type_: str, statut: str) -> str:
    """The state in the words of this type."""
    return LIBELLES.get((T(type_), S(statut))) or S(statut).label


def first_statut(type_: str) -> S:
    return S.CANDIDATE if type_ == T.HOPITAL_PROXIMITE else S.REPEREE


def list_statuts(type_: str) -> list[S]:
    """The states that a structure of this type may have, in the order of its life."""
    etapes = ETAPES[T(type_)].values()
    admis = {first_statut(type_), *(etape.cible for etape in etapes)}
    return [statut for statut in S if statut in admis]


def list_actions(type_: str, statut: str) -> list[Action]:
    """What may be done now, in the order of the table."""
    return [action for action, etape in ETAPES[T(type_)].items() if statut in etape.sources]


def find_etape(type_: str, action: str) -> Etape | None:
    """None: the act is not of this type."""
    try:
        return ETAPES[T(type_)].get(Action(action))
    except ValueError:
        return None


def list_triplets() -> Iterator[tuple[str, str, str]]:
    """(type, state before, state after): what the database holds. An empty state before: entering the portal."""
    for type_, etapes in ETAPES.items():
        for statut in list_statuts(type_):
            yield type_.value, "", statut.value
        for etape in etapes.values():
            for source in etape.sources:
                yield type_.value, source.value, etape.cible.value


def name_action(type_: str, action: str) -> str:
    """An act as the history names it."""
    etape = find_etape(type_, action)
    if etape is not None:
        return etape.fait
    connus = {CREATION: "Entrée dans le portail", REPRISE: "Reprise de l'existant"}
    return connus.get(action, action)
