"""The life of a CPTS: which act leads where, who does it, with which documents; and what is missing for the next one.

Source: domaine.md §4.1 (steps in Bourgogne-Franche-Comté: lettre d'intention, joint letter of the ARS and the
Assurance maladie, projet de santé, ACI of five years). No text read gives a time limit between two steps: none is
held. The database holds the same table (`cpts_transition`, migration 0006).
"""

from dataclasses import dataclass
from datetime import date

from cpts.enums import ActeurCpts, ActionCpts, NaturePieceCpts, StatutCpts

DUREE_ACI = 5
"""Years (domaine.md §4.1)."""


@dataclass(frozen=True, slots=True)
class Transition:
    """`sources` lead to `cible` (None: the state stays). `pieces`: mandatory documents.

    `motif`: a comment is mandatory; `decideur`: the bodies that decided are mandatory; `effet`: the first day without
    contract is mandatory.
    """

    sources: frozenset[StatutCpts]
    cible: StatutCpts | None
    acteurs: frozenset[ActeurCpts]
    pieces: tuple[NaturePieceCpts, ...] = ()
    motif: bool = False
    decideur: bool = False
    effet: bool = False


A, S, P = ActionCpts, StatutCpts, NaturePieceCpts
PREPARE = frozenset({ActeurCpts.COORDINATEUR, ActeurCpts.INSTRUCTEUR})
DECIDE = frozenset({ActeurCpts.VALIDEUR})
AVANT_ACI = frozenset(
    {S.EMERGENCE, S.LETTRE_DEPOSEE, S.LETTRE_VALIDEE, S.PROJET_REDACTION, S.PROJET_DEPOSE, S.PROJET_VALIDE}
)


def _de(*sources: StatutCpts) -> frozenset[StatutCpts]:
    return frozenset(sources)


TRANSITIONS: dict[ActionCpts, Transition] = {
    A.DEPOSER_LETTRE: Transition(_de(S.EMERGENCE), S.LETTRE_DEPOSEE, PREPARE, (P.LETTRE,)),
    A.RENVOYER_LETTRE: Transition(_de(S.LETTRE_DEPOSEE), S.EMERGENCE, DECIDE, motif=True),
    A.VALIDER_LETTRE: Transition(
        _de(S.LETTRE_DEPOSEE), S.LETTRE_VALIDEE, DECIDE, (P.COURRIER_CONJOINT,), decideur=True
    ),
    A.COMMENCER_PROJET: Transition(_de(S.LETTRE_VALIDEE), S.PROJET_REDACTION, PREPARE),
    A.DEPOSER_PROJET: Transition(_de(S.PROJET_REDACTION), S.PROJET_DEPOSE, PREPARE, (P.PROJET,)),
    A.RENVOYER_PROJET: Transition(_de(S.PROJET_DEPOSE), S.PROJET_REDACTION, DECIDE, motif=True),
    A.VALIDER_PROJET: Transition(_de(S.PROJET_DEPOSE), S.PROJET_VALIDE, DECIDE, (P.DECISION_PROJET,), decideur=True),
    A.SIGNER_ACI: Transition(_de(S.PROJET_VALIDE), S.ACI_SIGNE, DECIDE, (P.ACI,), decideur=True),
    A.AVENANT: Transition(_de(S.ACI_SIGNE), None, DECIDE, (P.AVENANT,), motif=True),
    A.RENOUVELER: Transition(_de(S.ACI_SIGNE), None, DECIDE, (P.ACI,), decideur=True),
    A.RESILIER: Transition(_de(S.ACI_SIGNE), S.RESILIE, DECIDE, motif=True, decideur=True, effet=True),
    A.ABANDONNER: Transition(AVANT_ACI, S.ABANDONNE, PREPARE, motif=True),
    A.REPRENDRE: Transition(_de(S.ABANDONNE, S.RESILIE), S.EMERGENCE, PREPARE, motif=True),
}
CHEMIN: tuple[tuple[StatutCpts, ActionCpts | None], ...] = (
    (S.EMERGENCE, A.DEPOSER_LETTRE),
    (S.LETTRE_DEPOSEE, A.VALIDER_LETTRE),
    (S.LETTRE_VALIDEE, A.COMMENCER_PROJET),
    (S.PROJET_REDACTION, A.DEPOSER_PROJET),
    (S.PROJET_DEPOSE, A.VALIDER_PROJET),
    (S.PROJET_VALIDE, A.SIGNER_ACI),
    (S.ACI_SIGNE, None),
)
"""The straight way: each state, and the act that leads to the next one."""
FAITS: dict[ActionCpts, str] = {
    A.DEPOSER_LETTRE: "Lettre d'intention déposée",
    A.RENVOYER_LETTRE: "Autre lettre d'intention demandée",
    A.VALIDER_LETTRE: "Lettre d'intention validée",
    A.COMMENCER_PROJET: "Rédaction du projet de santé commencée",
    A.DEPOSER_PROJET: "Projet de santé déposé",
    A.RENVOYER_PROJET: "Complément au projet de santé demandé",
    A.VALIDER_PROJET: "Projet de santé validé",
    A.SIGNER_ACI: "ACI signé",
    A.AVENANT: "Avenant signé",
    A.RENOUVELER: "ACI renouvelé",
    A.RESILIER: "ACI résilié",
    A.ABANDONNER: "Projet abandonné",
    A.REPRENDRE: "Projet repris",
}
"""The acts once they are done."""
AVEC_PERIMETRE = frozenset({A.SIGNER_ACI, A.RENOUVELER})
"""Acts that ask for a perimeter in force: its population gives the size, thus the money, of the contract."""
FINS = frozenset({A.RESILIER, A.ABANDONNER})
"""Acts after which the CPTS has no territory: its communes are white again."""


def list_couples() -> frozenset[tuple[str, str]]:
    """The changes of state allowed, (from, to): what the trigger of the database compares with."""
    return frozenset(
        (source.value, transition.cible.value)
        for transition in TRANSITIONS.values()
        if transition.cible is not None
        for source in transition.sources
    )


def find_suivante(statut: str) -> ActionCpts | None:
    return dict(CHEMIN).get(StatutCpts(statut))


def list_actions(statut: str) -> list[ActionCpts]:
    return [action for action, transition in TRANSITIONS.items() if statut in transition.sources]


def add_annees(jour: date, annees: int) -> date:
    """The same day of another year; the 29 of February becomes the 1 of March, so that no day of contract is lost."""
    try:
        return jour.replace(year=jour.year + annees)
    except ValueError:
        return date(jour.year + annees, 3, 1)


@dataclass(frozen=True, slots=True)
class Faits:
    """What is known of a CPTS. `pieces`: natures deposited and not used by an act. `missions`: how many are open."""

    statut: StatutCpts
    pieces: frozenset[str]
    perimetre_approuve: bool
    perimetre_soumis: bool
    missions: int
    aci_fin_le: date | None = None


@dataclass(frozen=True, slots=True)
class Manque:
    """`code`: « piece:projet », « perimetre », « decision », « missions », « terme ». `acteur`: who can bring it."""

    code: str
    libelle: str
    acteur: ActeurCpts


def list_manques(faits: Faits, *, au: date) -> list[Manque]:
    """What the next step waits for, in the order in which it is brought."""
    suivante = find_suivante(faits.statut)
    if suivante is None:
        return _list_manques_aci(faits, au) if faits.statut == S.ACI_SIGNE else []
    transition = TRANSITIONS[suivante]
    qui = ActeurCpts.VALIDEUR if transition.acteurs == DECIDE else ActeurCpts.COORDINATEUR
    manques = [
        Manque(f"piece:{nature}", nature.label, qui)
        for nature in transition.pieces
        if nature.value not in faits.pieces
    ]
    if suivante in AVEC_PERIMETRE:
        manques += _list_manques_perimetre(faits)
    return [*manques, Manque("decision", suivante.label, qui)]


def _list_manques_perimetre(faits: Faits) -> list[Manque]:
    if faits.perimetre_approuve:
        return []
    if faits.perimetre_soumis:
        return [Manque("perimetre", "Réponse de l'ARS sur le périmètre soumis", ActeurCpts.VALIDEUR)]
    return [Manque("perimetre", "Périmètre à dessiner et à soumettre à l'ARS", ActeurCpts.COORDINATEUR)]


def _list_manques_aci(faits: Faits, au: date) -> list[Manque]:
    manques = _list_manques_perimetre(faits)
    if not faits.missions:
        manques.append(Manque("missions", "Missions de l'ACI à ouvrir", ActeurCpts.INSTRUCTEUR))
    if faits.aci_fin_le and faits.aci_fin_le <= au:
        manques.append(
            Manque("terme", f"Renouvellement : terme passé le {faits.aci_fin_le:%d/%m/%Y}", ActeurCpts.VALIDEUR)
        )
    return manques


def check_effet(effet_le: date | None, *, acte_le: date, signe_le: date | None, fin_le: date | None) -> str:
    """Why a contract cannot end that day; empty: it can. `effet_le` is its first day without contract."""
    if effet_le is None:
        return "Donnez le premier jour sans contrat : il est dans le courrier de résiliation."
    if effet_le < acte_le:
        return f"La résiliation est du {acte_le:%d/%m/%Y} : elle prend effet ce jour-là ou après."
    if signe_le and effet_le <= signe_le:
        return f"L'ACI est signé le {signe_le:%d/%m/%Y} : il finit après ce jour."
    if fin_le and effet_le > fin_le:
        return f"L'ACI finit déjà le {fin_le:%d/%m/%Y} : choisissez ce jour ou un jour d'avant."
    return ""


def is_aci_en_cours(statut: str, fin_le: date | None, au: date) -> bool:
    """Whether a contract runs that day. A term that is past does not end it: the renewal is awaited."""
    if statut == S.RESILIE:
        return fin_le is not None and au < fin_le
    return statut == S.ACI_SIGNE


def check_jour(jour: date, *, precedent: date | None, au: date) -> str:
    """Why an act cannot be dated so; empty: it can."""
    if jour > au:
        return "Un acte ne se date pas dans l'avenir : choisissez aujourd'hui ou un jour passé."
    if precedent and jour < precedent:
        return f"L'acte précédent est du {precedent:%d/%m/%Y} : choisissez ce jour ou un jour qui le suit."
    return ""
