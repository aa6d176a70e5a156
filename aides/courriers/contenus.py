"""What a letter says, frozen when it is issued: texts of the région, facts of the file, schedule of the contract."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from aides.catalogue import catalogue
from aides.courriers.champs import fill_texte
from aides.courriers.textes import (
    EXPEDITEURS,
    INTRODUCTIONS,
    OBJETS,
    SANS_MODELE,
    SIGNATAIRES,
    find_recours_defaut,
)
from aides.models import Contrat, Demande, Echeance, ModeleCourrier, Nature, TypeCourrier
from aides.regles.faits import format_jour
from aides.regles.montants import format_euros

ECHEANCES_MAX = 400
PIECES_MAX = 100
REFERENCES_MAX = 8
GUICHET_DEFAUT = "ars"

Contenu = dict[str, Any]
Section = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Textes:
    """What the région wrote (or the portal for it), before the placeholders are put in."""

    expediteur: str
    adresse: str
    contact: str
    introduction: str
    recours: str
    signataire: str
    note: str = ""


def find_modele(region_code: str, guichet: str, type_courrier: str, *, au: date) -> ModeleCourrier | None:
    """The text in force on that day: the last one begun."""
    modeles = ModeleCourrier.objects.filter(
        region_id=region_code, guichet=guichet, type=type_courrier, a_partir_du__lte=au
    )
    return modeles.order_by("-a_partir_du").first()


def read_textes(modele: ModeleCourrier | None, guichet: str, type_courrier: str) -> Textes:
    """What the région left empty is the portal's own."""
    defaut = find_recours_defaut(guichet, type_courrier)
    if modele is None:
        return Textes(
            EXPEDITEURS.get(guichet, EXPEDITEURS[GUICHET_DEFAUT]),
            "",
            "",
            INTRODUCTIONS[type_courrier],
            defaut,
            SIGNATAIRES.get(guichet, SIGNATAIRES[GUICHET_DEFAUT]),
            SANS_MODELE,
        )
    return Textes(
        modele.expediteur,
        modele.adresse,
        modele.contact,
        modele.introduction.strip() or INTRODUCTIONS[type_courrier],
        modele.recours.strip() or defaut,
        modele.signataire,
    )


def build_contenu(
    demande: Demande, type_courrier: str, *, numero: str, le: date, donnees: Mapping[str, Any] | None = None
) -> Contenu:
    """`donnees`: what the act knows and the file does not keep (« texte », « remboursement »)."""
    contrat = Contrat.objects.filter(demande_id=demande.pk).first()
    modele = find_modele(demande.region_code, demande.guichet, type_courrier, au=le)
    textes = read_textes(modele, demande.guichet, type_courrier)
    valeurs = read_valeurs(demande, contrat, numero=numero, le=le)
    references = list_references(demande)
    contenu = compose(textes, type_courrier, valeurs, destinataire=list_destinataire(demande))
    contenu["acte"] = dict(donnees or {})
    contenu["references"] = list_lignes_reference(demande, valeurs, contrat)
    contenu["sections"] = [
        *list_sections(demande, type_courrier, contrat, dict(donnees or {})),
        *build_recours(demande, type_courrier, textes, valeurs),
        *([{"titre": "Textes appliqués", "liste": references, "petit": True}] if references else []),
    ]
    return contenu


def compose(textes: Textes, type_courrier: str, valeurs: Mapping[str, str], *, destinataire: Iterable[str]) -> Contenu:
    """What every letter has, whoever it is for."""
    return {
        "type": str(TypeCourrier(type_courrier).label),
        "numero": valeurs["courrier"],
        "jour": valeurs["jour"],
        "objet": fill_texte(OBJETS[type_courrier], valeurs),
        "expediteur": [fill_texte(textes.expediteur, valeurs), *split_lignes(fill_texte(textes.adresse, valeurs))],
        "contact": fill_texte(textes.contact, valeurs) if textes.contact else "",
        "destinataire": list(destinataire),
        "introduction": split_paragraphes(fill_texte(textes.introduction, valeurs)),
        "signataire": fill_texte(textes.signataire, valeurs),
        "note": textes.note,
        "references": [],
        "sections": [],
    }


def read_valeurs(demande: Demande, contrat: Contrat | None, *, numero: str, le: date) -> dict[str, str]:
    """The placeholders of this file; "" for what it does not have."""
    dispositif = catalogue().dispositif(demande.dispositif)
    commune = demande.commune
    valeurs = {
        "demandeur": name_demandeur(demande),
        "courrier": numero,
        "dossier": demande.numero or "",
        "jour": format_jour(le),
        "jour_depot": format_jour(timezone.localdate(demande.deposee_le)) if demande.deposee_le else "",
        "dispositif": dispositif.nom if dispositif else demande.dispositif,
        "sigle": dispositif.sigle if dispositif else demande.dispositif,
        "commune": commune.nom,
        "departement": commune.departement.nom,
        "region": commune.departement.region.nom,
        "jour_decision": _dump_jour(demande.decision_le),
        "montant": "" if demande.montant_accorde is None else format_euros(demande.montant_accorde),
    }
    if contrat is not None:
        valeurs |= {
            "contrat": contrat.numero,
            "jour_signature": format_jour(contrat.date_signature),
            "jour_effet": _dump_jour(contrat.periode.lower),
            "terme": _dump_jour(contrat.periode.upper),
        }
    return valeurs


def _dump_jour(jour: date | None) -> str:
    return format_jour(jour) if jour else ""


def name_demandeur(demande: Demande) -> str:
    """As the applicant wrote it in the file; else as the account knows it."""
    ecrites = demande.coordonnees
    nom = " ".join(filter(None, [ecrites.get("prenom"), ecrites.get("nom")]))
    return nom or demande.proprietaire.get_full_name() or f"Titulaire du dossier {demande.numero or ''}".strip()


def list_destinataire(demande: Demande) -> list[str]:
    return [name_demandeur(demande), *split_lignes(str(demande.coordonnees.get("adresse", "")))]


def list_lignes_reference(
    demande: Demande, valeurs: Mapping[str, str], contrat: Contrat | None
) -> list[tuple[str, str]]:
    lignes = [("Courrier", valeurs["courrier"]), ("Dossier", valeurs["dossier"])]
    if contrat is not None:
        lignes.append(("Contrat", contrat.numero))
    lignes.append(
        ("Dispositif", f"{valeurs['dispositif']} ({valeurs['sigle']}), version {demande.dispositif_version}")
    )
    return lignes


def list_references(demande: Demande) -> list[str]:
    """The texts of the version frozen in the file; what nobody read says so."""
    dispositif = catalogue().dispositif(demande.dispositif)
    version = dispositif.version(demande.dispositif_version) if dispositif else None
    if version is None:
        return []
    return [
        lue.texte if lue.verifie_le else f"{lue.texte} (à instruire : texte non vérifié)"
        for lue in version.references[:REFERENCES_MAX]
    ]


def list_sections(
    demande: Demande, type_courrier: str, contrat: Contrat | None, donnees: dict[str, Any]
) -> list[Section]:
    """What is proper to a type."""
    match type_courrier:
        case TypeCourrier.ACCUSE:
            return build_pieces(demande)
        case TypeCourrier.CORRECTION:
            return build_correction(demande, str(donnees.get("texte", "")))
        case TypeCourrier.DECISION:
            return build_decision(demande, str(donnees.get("texte", "")))
        case TypeCourrier.REFUS:
            return [{"titre": "Motif du refus", "paragraphes": split_paragraphes(demande.motif)}]
        case TypeCourrier.CONTRAT if contrat is not None:
            return build_contrat(contrat)
        case TypeCourrier.RESILIATION if contrat is not None:
            return build_fin(contrat, donnees)
    return []


def build_pieces(demande: Demande) -> list[Section]:
    pieces = demande.pieces.filter(retiree_le=None).select_related("document").order_by("nature", "pk")[:PIECES_MAX]
    noms = [piece.intitule or piece.document.nom for piece in pieces]
    if not noms:
        return [{"titre": "Pièces reçues", "paragraphes": ["Aucune pièce n'est jointe à cette demande."]}]
    return [{"titre": "Pièces reçues", "liste": noms}]


def build_correction(demande: Demande, texte: str) -> list[Section]:
    refusees = demande.pieces.filter(retiree_le=None, verdict="refusee").select_related("document").order_by("pk")
    noms = [
        " : ".join(filter(None, [piece.intitule or piece.document.nom, piece.remarque]))
        for piece in refusees[:PIECES_MAX]
    ]
    sections: list[Section] = [{"titre": "Ce qui est demandé", "paragraphes": split_paragraphes(texte)}]
    return [*sections, *([{"titre": "Pièces à remplacer", "liste": noms}] if noms else [])]


def build_decision(demande: Demande, texte: str) -> list[Section]:
    montant = (
        "Le montant dépend d'une activité qui n'est pas encore connue : il sera calculé selon le contrat."
        if demande.montant_accorde is None
        else f"Montant accordé : {format_euros(demande.montant_accorde)}."
    )
    return [{"titre": "Montant", "paragraphes": [montant, *split_paragraphes(texte)]}]


def build_contrat(contrat: Contrat) -> list[Section]:
    fin = format_jour(contrat.periode.upper) if contrat.periode.upper else "sans terme fixé"
    faits = [
        f"Signature : {format_jour(contrat.date_signature)}.",
        f"Premier jour du contrat : {_dump_jour(contrat.periode.lower)}.",
        f"Premier jour après le contrat : {fin}.",
        f"Total : {describe_total(contrat.montant, contrat.plafond)}.",
        *contrat.notes,
    ]
    lignes = list(contrat.echeances.filter(~Q(statut="annulee")).order_by("le", "pk")[:ECHEANCES_MAX])
    sections: list[Section] = [{"titre": "Le contrat", "liste": faits}]
    for nature, titre in ((Nature.VERSEMENT, "Versements"), (Nature.OBLIGATION, "Engagements")):
        if retenues := [ligne for ligne in lignes if ligne.nature == nature]:
            sections.append({"titre": titre, "tableau": build_tableau(retenues, avec_montant=nature == "versement")})
    notes = list(dict.fromkeys(ligne.a_instruire for ligne in lignes if ligne.a_instruire))
    return [*sections, *([{"titre": "À instruire", "liste": notes}] if notes else [])]


def build_tableau(lignes: list[Echeance], *, avec_montant: bool) -> dict[str, Any]:
    entetes = ["Échéance", "Objet", "Montant"] if avec_montant else ["Échéance", "Engagement"]
    rangs = []
    for ligne in lignes:
        debut = [format_jour(ligne.le), f"{ligne.libelle}{' (à instruire)' if ligne.a_instruire else ''}"]
        rangs.append([*debut, describe_total(ligne.montant, ligne.plafond)] if avec_montant else debut)
    return {"entetes": entetes, "lignes": rangs}


def describe_total(montant: Decimal | None, plafond: Decimal | None) -> str:
    if montant is not None:
        return format_euros(montant)
    return f"à calculer, au plus {format_euros(plafond)}" if plafond is not None else "à calculer"


def build_fin(contrat: Contrat, donnees: dict[str, Any]) -> list[Section]:
    """`donnees`: « texte » (why), « remboursement » (an amount, or "" when an agent decides), « a_instruire »."""
    faits = [
        f"Résiliation demandée par : {contrat.get_resiliation_par_display()}.",
        f"Notifiée le : {_dump_jour(contrat.resiliation_notifiee_le)}.",
        f"Premier jour sans contrat : {_dump_jour(contrat.resiliation_effet_le)}.",
    ]
    sections: list[Section] = [{"titre": "La fin du contrat", "liste": faits}]
    if texte := str(donnees.get("texte", "")):
        sections.append({"titre": "Motif", "paragraphes": split_paragraphes(texte)})
    if "remboursement" in donnees:
        montant = donnees["remboursement"]
        dit = f"Somme à rendre : {montant}." if montant else "Somme à rendre : à instruire."
        raisons = [str(donnees["a_instruire"])] if donnees.get("a_instruire") else []
        sections.append(
            {"titre": "Ce qui est à rendre", "paragraphes": [f"Versé : {donnees['verse']}. {dit}", *raisons]}
        )
    return sections


def build_recours(demande: Demande, type_courrier: str, textes: Textes, valeurs: Mapping[str, str]) -> list[Section]:
    """A refusal carries the text that its decision froze."""
    recours = demande.voies_recours if type_courrier == TypeCourrier.REFUS else ""
    recours = recours.strip() or fill_texte(textes.recours, valeurs)
    return [{"titre": "Voies et délais de recours", "paragraphes": split_paragraphes(recours)}] if recours else []


def split_paragraphes(texte: str) -> list[str]:
    """What an empty line separates."""
    morceaux = texte.replace("\r\n", "\n").split("\n\n")
    return [" ".join(morceau.split("\n")).strip() for morceau in morceaux if morceau.strip()]


def split_lignes(texte: str) -> list[str]:
    return [ligne.strip() for ligne in texte.replace("\r\n", "\n").split("\n") if ligne.strip()]
