"""The rule read again for a file, and the proof that the deposit freezes: canonical text and its digest.

The proof holds facts, a place, zones and a decision: no name, no address. It can be replayed like a receipt, since the
text of its rule is archived with it (docs/adr/0087).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from aides.archives import archive_catalogue
from aides.contenus_recus import describe_resultat, list_raisons
from aides.models import Demande
from aides.pdf import describe_zone
from aides.recus import digest, dump_canonique, dump_decision, dump_regles, dump_situation
from aides.regles.dispositifs import Catalogue
from aides.regles.evaluation import Issue, Resultat
from aides.regles.faits import format_jour
from aides.regles.montants import Periodicite
from aides.services import Bilan, Fermeture, check, diff_bilans
from zonage.lecture import Zone

FORMAT = "maillage.dossier/1"


@dataclass(frozen=True, slots=True)
class RegleLue:
    """What the rule answers for a file on a day. `resultat` None: the scheme is closed, or not for this place."""

    bilan: Bilan
    dispositif: str
    resultat: Resultat | None
    fermeture: Fermeture | None

    @property
    def zone_niveau(self) -> str:
        return (self.bilan.zone.niveau or "") if self.bilan.zone else ""

    @property
    def zone_arrete(self) -> int | None:
        zone = self.bilan.zone
        return zone.arrete.id if zone and zone.arrete else None

    @property
    def recevable(self) -> bool:
        """« Éligible » and « à instruire » may be filed: an agent closes what is open."""
        return self.resultat is not None and self.resultat.issue is not Issue.NON_ELIGIBLE

    @property
    def montants(self) -> tuple[Decimal | None, Decimal | None]:
        """The range of an aid paid once. What is paid by month or by year has no total here: the proof holds it."""
        montant = self.resultat.montant if self.resultat else None
        if montant is None or montant.periodicite is not Periodicite.UNIQUE:
            return None, None
        return montant.minimum, montant.maximum

    @property
    def raisons(self) -> list[str]:
        """Why it cannot be filed, in French. Empty when it can."""
        if self.resultat is not None:
            return list_raisons(self.resultat) if self.resultat.issue is Issue.NON_ELIGIBLE else []
        if self.fermeture is not None:
            debut = "fermé depuis le" if self.fermeture.etat == "ferme" else "pas encore ouvert : il le sera le"
            return [f"Ce dispositif est {debut} {format_jour(self.fermeture.depuis)}. {self.fermeture.motif}".strip()]
        return ["Ce dispositif n'est pas ouvert dans cette commune."]


def read_regle(demande: Demande, *, au: date) -> RegleLue:
    """Raises FaitsInvalides when the vocabulary changed so that an answer kept can no longer be read."""
    return read_regle_de(demande.dispositif, demande.commune_id, demande.faits, au=au)


def read_regle_de(dispositif: str, commune: str, faits: dict[str, Any], *, au: date) -> RegleLue:
    bilan = check(commune, faits, au=au)
    fermeture = next((f for f in bilan.fermes if f.dispositif.code == dispositif), None)
    return RegleLue(bilan, dispositif, bilan.resultat(dispositif), fermeture)


def describe_niveau(zone: Zone | None) -> str:
    """« ZIP », or why there is none: what a sentence about a change names."""
    if zone is None:
        return "non lue"
    return zone.abrege or zone.libelle or str(zone.statut.label).lower()


def list_changements(demande: Demande, regle: RegleLue) -> list[str]:
    """What changed since the draft was opened: the zone, the opening of the scheme, the answer, the amount."""
    ouvert = timezone.localdate(demande.cree_le)
    if ouvert == regle.bilan.au:
        return []
    depart = read_regle(demande, au=ouvert)
    ecarts = diff_bilans(depart.bilan, regle.bilan)
    return [e.phrase for e in ecarts if e.dispositif is None or e.dispositif.code == demande.dispositif]


def describe_changement_zone(demande: Demande, regle: RegleLue, avant: str) -> str:
    """« Le zonage a changé depuis le … : votre commune passe de ZIP à ZAC. »"""
    zone = regle.bilan.zone
    debut = zone.arrete.debut if zone and zone.arrete else None
    depuis = f" le {format_jour(debut)}" if debut else ""
    actuel = describe_niveau(zone)
    if avant == actuel:
        return (
            f"Un autre arrêté de zonage s'applique à {demande.commune.nom}{depuis} : elle reste « {actuel} ». "
            "Vérifiez, puis déposez."
        )
    return (
        f"Le zonage a changé depuis l'ouverture de votre brouillon : {demande.commune.nom} est passée de « {avant} » "
        f"à « {actuel} »{depuis}. Vérifiez, puis déposez."
    )


def freeze_preuve(demande: Demande, regle: RegleLue, pieces: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The canonical text and its digest; the text of the rule is archived. Inside the transaction of the deposit."""
    resultat, bilan = regle.resultat, regle.bilan
    if resultat is None or bilan.commune is None:
        raise ValueError("a closed scheme has no proof")
    archive_catalogue(Catalogue((resultat.dispositif,), bilan.catalogue))
    texte = dump_canonique(
        {
            "format": FORMAT,
            "au": bilan.au.isoformat(),
            "dispositif": resultat.dispositif.code,
            "commune": {
                "code": bilan.commune.code_insee,
                "nom": bilan.commune.nom,
                "departement": bilan.commune.departement_id,
            },
            "situation": dump_situation(bilan.situation),
            "zones": {jour.isoformat(): _dump_zone(zone) for jour, zone in sorted(bilan.zones.items())},
            "catalogue": bilan.catalogue,
            "regles": dump_regles([resultat.dispositif]),
            "decision": dump_decision([resultat], []),
            "affichage": describe_resultat(resultat),
            "pieces": sorted([nature, empreinte] for nature, empreinte in pieces),
        }
    )
    return texte, digest(texte)


def _dump_zone(zone: Zone) -> dict[str, Any]:
    arrete = zone.arrete
    return {
        **describe_zone(zone),
        "niveau": zone.niveau,
        "statut": str(zone.statut),
        "origine": zone.origine,
        "arrete": arrete and {"id": arrete.id, "numero": arrete.numero, "titre": arrete.titre},
    }
