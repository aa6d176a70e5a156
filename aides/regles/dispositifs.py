"""A scheme and its versions by date. A name is not an identity: PTMA is two schemes, of 2015 and of 2026.

Schemes compare by identity (`eq=False`): hashing a whole tree at each look-up of a cache costs more than reading it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache

from aides.regles.calculs import ParParametre
from aides.regles.conditions import Condition, DansListe, DansPerimetre, Incertitude, facts_of, walk
from aides.regles.echeancier_regles import ReglesEcheancier
from aides.regles.montants import Bareme
from aides.regles.references import Reference
from aides.regles.situation import Valeur


class JourReference(StrEnum):
    """The day on which zone and durations are read. It differs from one scheme to another."""

    DEMANDE = "demande"
    INSTALLATION = "installation"
    OUVERTURE_SECONDAIRE = "ouverture_secondaire"


LIBELLES_JOUR = {
    JourReference.DEMANDE: "le jour de la demande",
    JourReference.INSTALLATION: "le jour de l'installation",
    JourReference.OUVERTURE_SECONDAIRE: "le jour de l'ouverture du cabinet secondaire",
}
# The fact that gives the day, the fact that says whether it already happened, and the value which says so.
JOURS_PASSES = {
    JourReference.INSTALLATION: ("date_installation", "statut", "installe"),
    JourReference.OUVERTURE_SECONDAIRE: ("date_ouverture_secondaire", "type_cabinet", "secondaire_ouvert"),
}


@dataclass(frozen=True, slots=True)
class Enonce:
    """A sentence and the text it comes from."""

    texte: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class LienCumul:
    """Whether a scheme goes with others. `accord`: True together, False never together, None: nobody verified it.

    `raison` says why it stays open when `accord` is None. A link holds both ways, whichever file writes it.
    """

    dispositifs: tuple[str, ...]
    accord: bool | None
    reference: Reference
    raison: str = ""


@dataclass(frozen=True, slots=True)
class ReglesCumul:
    """What the plan reads: how long, how often, and with which other schemes.

    `duree_mois` None: no duration (a single payment, or a measure without term). `renouvellements`: how many times a
    contract may follow itself (None: without limit). `une_fois`: once in a career. `delai`: months before the same
    category of aid may come again (ten years: 120), counted from the decision.
    """

    duree_mois: int | None = None
    renouvellements: int | None = 0
    une_fois: bool = False
    categorie: str = ""
    delai_mois: int | None = None
    liens: tuple[LienCumul, ...] = ()


@dataclass(frozen=True, eq=False)
class Version:
    """The scheme for contracts asked from `ouvert_du` (included) to `ferme_le` (excluded; None: still open)."""

    dispositif: str
    code: str
    ouvert_du: date
    ferme_le: date | None
    motif_fermeture: str
    jour_reference: JourReference
    conditions: Condition
    bareme: Bareme
    duree: Enonce
    renouvellement: Enonce
    obligations: tuple[Enonce, ...]
    documents: tuple[Enonce, ...]
    cumul: tuple[Enonce, ...]
    incertitudes: tuple[Incertitude, ...]
    references: tuple[Reference, ...]
    note: str = ""
    regles_cumul: ReglesCumul = ReglesCumul()
    echeancier: ReglesEcheancier | None = None
    """None: the scheme does not say how it is paid (a local one); its contracts have no schedule of their own."""

    def is_open(self, au: date) -> bool:
        return self.ouvert_du <= au and (self.ferme_le is None or au < self.ferme_le)

    def noeuds(self) -> Iterator[Condition]:
        """Every node of the conditions, then of the conditions of the amounts."""
        yield from walk(self.conditions)
        for composante in self.bareme.composantes:
            if composante.si is not None:
                yield from walk(composante.si)

    @cached_property
    def faits(self) -> tuple[str, ...]:
        """The facts of the conditions and of the reference day, in the order of the text."""
        jour = JOURS_PASSES.get(self.jour_reference)
        return tuple(dict.fromkeys([*facts_of(self.conditions), *([jour[1], jour[0]] if jour else [])]))

    def find_reference(self, faits: Mapping[str, Valeur], au: date) -> tuple[date | None, tuple[str, ...]]:
        """The reference day, or None and the facts that would give it."""
        if self.jour_reference is JourReference.DEMANDE:
            return au, ()
        code_jour, code_etat, passe = JOURS_PASSES[self.jour_reference]
        etat = faits.get(code_etat)
        if etat is None:
            return None, (code_etat,)
        if etat != passe:
            return au, ()
        jour = faits.get(code_jour)
        return (jour, ()) if isinstance(jour, date) else (None, (code_jour,))


@dataclass(frozen=True, eq=False)
class Dispositif:
    code: str
    sigle: str
    nom: str
    resume: str
    payeur: str
    guichet: str
    demarche: str
    professions: tuple[str, ...]
    versions: tuple[Version, ...]
    statut: str = ""
    """« annonce » (texts still expected), « historique » (closed for good), « local »; empty: ordinary."""
    perimetre: tuple[str, ...] = ()
    """The places of a local scheme (« departement:71 »); empty: national."""
    empreinte: str = ""
    """The digest of the text that it was read from."""

    def concerns(self, profession: Valeur | None) -> bool:
        """Whether it is worth showing to this profession; an unknown one is concerned by everything."""
        return profession is None or profession in self.professions

    def version_au(self, au: date) -> Version | None:
        return next((version for version in self.versions if version.is_open(au)), None)

    def version(self, code: str) -> Version | None:
        return next((version for version in self.versions if version.code == code), None)

    def find_fin(self, version: Version) -> date | None:
        """The first day without this scheme: a version that follows without a gap only carries it on."""
        fin = version.ferme_le
        for suivante in self.versions:
            if fin is not None and suivante.ouvert_du == fin:
                fin = suivante.ferme_le
        return fin


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Every scheme, in a stable order, and the digest of the files they were read from."""

    dispositifs: tuple[Dispositif, ...]
    empreinte: str

    def dispositif(self, code: str) -> Dispositif | None:
        return next((dispositif for dispositif in self.dispositifs if dispositif.code == code), None)

    @cached_property
    def lieux(self) -> frozenset[str]:
        """The places that some rule names (« departement:71 »…): the only ones that tell two communes apart."""
        noeuds = (noeud for noeud in self._noeuds() if isinstance(noeud, DansPerimetre))
        return frozenset(lieu for noeud in noeuds for lieu in noeud.lieux)

    @cached_property
    def listes(self) -> frozenset[str]:
        """The official lists of communes that some rule names."""
        return frozenset(noeud.liste for noeud in self._noeuds() if isinstance(noeud, DansListe))

    @cached_property
    def parametres(self) -> frozenset[str]:
        """The regional amounts that some rule names."""
        calculs = (c.calcul for d in self.dispositifs for v in d.versions for c in v.bareme.composantes)
        return frozenset(code for c in calculs if isinstance(c, ParParametre) for _, code in c.tranches)

    def _noeuds(self) -> Iterator[Condition]:
        return (noeud for d in self.dispositifs for version in d.versions for noeud in version.noeuds())

    def versions_au(self, au: date) -> tuple[tuple[Dispositif, Version], ...]:
        """The open schemes of that day, each with its version."""
        return _open_versions(self, au)


@lru_cache(maxsize=512)
def _open_versions(catalogue: Catalogue, au: date) -> tuple[tuple[Dispositif, Version], ...]:
    versions = ((dispositif, dispositif.version_au(au)) for dispositif in catalogue.dispositifs)
    return tuple((dispositif, version) for dispositif, version in versions if version is not None)
