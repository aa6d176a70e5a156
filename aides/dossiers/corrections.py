"""What an answer to a correction changes in the proof: the same day, the corrected answers, the documents of now.

The rule is read on the day of the deposit: answering later neither closes nor opens a scheme (docs/adr/0176).
"""

import json
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from aides.dossiers.erreurs import ActeInvalide
from aides.dossiers.preuves import freeze_preuve, read_regle
from aides.models import Demande
from aides.recus import digest, dump_canonique
from aides.regles.faits import FAITS

PROPOSITION = ("propose_par_id", "propose_le", "montant_propose", "seuil")


def correct_preuve(demande: Demande, faits: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that the answer writes and what the journal says of them. `faits` None: the answers stay.

    Raises ActeInvalide when the rule of the day of the deposit refuses the corrected answers.
    """
    lignes = demande.pieces.filter(retiree_le=None).select_related("document").order_by("pk")[:100]
    pieces = [(piece.nature, piece.document.empreinte) for piece in lignes]
    if faits is None or dict(faits) == demande.faits:
        return replace_pieces(demande, pieces)
    if demande.deposee_le is None:
        raise ValueError("a draft has no proof to correct")
    changees = [code for code in FAITS if demande.faits.get(code) != faits.get(code)]
    demande.faits = dict(faits)
    regle = read_regle(demande, au=timezone.localdate(demande.deposee_le))
    if regle.resultat is None or not regle.recevable:
        raise ActeInvalide(
            "Avec ces réponses, la règle du jour du dépôt ne permet pas cette aide : "
            f"{' ; '.join(regle.raisons)}. Vérifiez-les. Si elles sont exactes, retirez votre demande, ou laissez les "
            "réponses déposées et dites-le dans votre message : l'agent décidera."
        )
    texte, empreinte = freeze_preuve(demande, regle, pieces)
    minimum, maximum = regle.montants
    champs = {
        "faits": demande.faits,
        "dispositif_version": regle.resultat.version.code,
        "preuve": texte,
        "preuve_empreinte": empreinte,
        "zone_niveau": regle.zone_niveau,
        "zone_arrete": regle.zone_arrete,
        "montant_minimum": minimum,
        "montant_maximum": maximum,
        **dict.fromkeys(PROPOSITION),
    }
    return champs, {"preuve_sha256": empreinte, "reponses_corrigees": changees}


def replace_pieces(demande: Demande, pieces: list[tuple[str, str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same proof with the documents of now: nothing is read again, so that nothing else can change."""
    contenu = json.loads(demande.preuve)
    jointes = sorted([nature, empreinte] for nature, empreinte in pieces)
    if contenu.get("pieces", []) == jointes:
        return {}, {}
    texte = dump_canonique({**contenu, "pieces": jointes})
    return {"preuve": texte, "preuve_empreinte": digest(texte)}, {"preuve_sha256": digest(texte)}
