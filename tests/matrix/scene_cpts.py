"""The CPTS of the matrix and what each keeps for itself: A, B and one of another région.

`coordinateur` coordinates A, `coordinateur_b` B. « dans_71 » is B, « dans_69 » the one elsewhere. « croisee »: the
address of A with the key of a row of B, which nobody may open.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.enums import StatutCpts
from cpts.models import (
    Cpts,
    DonneeTerritoire,
    ExerciceAci,
    IndicateurMission,
    LigneAci,
    Membre,
    Mission,
    PieceCpts,
    Preuve,
    Reunion,
    Structure,
)
from cpts.services.argent_ecriture import refresh_argent
from portal.core.documents import store_document
from prevention.models import ActionPrevention, Bulletin, Campagne
from tests.cpts.factories import make_cpts, make_perimetre
from tests.people import make_commune

A, B, AILLEURS = "71-1", "71-2", "69-1"
COORDINATEURS = {"coordinateur": A, "coordinateur_b": B}
DEPUIS = DateRange(date(2024, 10, 1), None)


def build_cpts(scene: Any) -> None:
    """Three CPTS with a signed ACI, and for each kind of row the four relations and « croisee »."""
    toutes = {
        code: make_cpts(code, StatutCpts.ACI_SIGNE, departement=departement, communes=[make_commune(departement)])
        for code, departement in ((A, "71"), (B, "71"), (AILLEURS, "69"))
    }
    for objet, make in {
        "cpts": None,
        "cpts_acte": make_acte,
        "cpts_csv": make_csv,
        "cpts_type": make_type,
        **LIGNES,
    }.items():
        cles = {code: " ".join([code, *([make(cpts)] if make else [])]) for code, cpts in toutes.items()}
        scene.objets[objet] = {"dans_71": cles[B], "dans_69": cles[AILLEURS]}
        scene.siens[objet] = {acteur: cles[code] for acteur, code in COORDINATEURS.items()}
        if objet in LIGNES:
            scene.objets[objet]["croisee"] = f"{A} {cles[B].split(' ', 1)[1]}"
    build_administration(scene)


def build_administration(scene: Any) -> None:
    """The missions and the years of the ACI by their own keys; nobody owns one in the administration."""
    for objet, make in (("mission", make_mission), ("exerciceaci", make_exercice)):
        lues = {relation: Cpts.objects.get(pk=code) for relation, code in (("dans_71", B), ("dans_69", AILLEURS))}
        scene.objets[objet] = {relation: make(cpts) for relation, cpts in lues.items()}
        scene.siens[objet] = {}


def make_exercice(cpts: Cpts) -> str:
    refresh_argent(cpts)
    return str(ExerciceAci.objects.get(cpts=cpts, rang=1).pk)


def make_acte(cpts: Cpts) -> str:
    return "avenant"


def make_csv(cpts: Cpts) -> str:
    return "csv"


def make_piece_cpts(cpts: Cpts) -> str:
    document = store_document(
        b"%PDF-1.7 essai",
        nom="essai.pdf",
        type_mime="application/pdf",
        region_code=cpts.region_code,
        departement_code=cpts.departement_code,
        guichet="cpam",
        perimetre=f"cpts:{cpts.code}",
    )
    return str(PieceCpts.objects.create(cpts=cpts, document=document, nature="statuts").pk)


def make_brouillon(cpts: Cpts) -> str:
    return str(make_perimetre(cpts, [make_commune(cpts.departement_code)]).pk)


def make_membre(cpts: Cpts) -> str:
    return str(Membre.objects.create(cpts=cpts, nom="Camille Essai", profession="infirmier", periode=DEPUIS).pk)


def make_reunion(cpts: Cpts) -> str:
    return str(Reunion.objects.create(cpts=cpts, titre="Réunion d'essai", jour=date(2026, 1, 15)).pk)


def make_mission(cpts: Cpts) -> str:
    return str(find_mission(cpts).pk)


def make_donnee(cpts: Cpts) -> str:
    donnee = DonneeTerritoire.objects.create(
        code="sans_medecin_traitant_17",
        territoire_type="cpts",
        territoire_code=cpts.code,
        jour=date(2026, 1, 1),
        valeur=12,
        source="Source d'essai",
    )
    return str(donnee.pk)


def make_action(cpts: Cpts | None, structure: Structure | None = None) -> str:
    """Announced, and its day is past: it may be changed, held or cancelled."""
    porteur = cpts or structure
    assert porteur is not None
    commune = make_commune(porteur.departement_code)
    action = ActionPrevention.objects.create(
        cpts=cpts,
        structure=structure,
        theme="vaccination",
        titre="Action d'essai",
        commune=commune,
        region_code=porteur.region_code,
        departement_code=porteur.departement_code,
        jour=date(2026, 1, 15),
        lieu="Salle d'essai",
        statut="annoncee",
        publique=False,
    )
    return str(action.pk)


def make_bulletin(cpts: Cpts) -> str:
    saison = DateRange(date(2026, 1, 1), date(2026, 12, 31))
    campagne, _ = Campagne.objects.get_or_create(
        code="essai",
        defaults={"nom": "Campagne d'essai", "theme": "vaccination", "periode": saison, "statut": "ouverte"},
    )
    bulletin = Bulletin.objects.create(cpts=cpts, campagne=campagne, objet="Bulletin d'essai", texte="Un texte.")
    return str(bulletin.pk)


def make_type(cpts: Cpts) -> str:
    return find_mission(cpts).type


def find_mission(cpts: Cpts) -> Mission:
    return Mission.objects.get_or_create(cpts=cpts, type="prevention")[0]


def make_indicateur(cpts: Cpts) -> str:
    mission = find_mission(cpts)
    return f"{mission.type} {IndicateurMission.objects.create(mission=mission, annee=2026, libelle='Essai').pk}"


def make_preuve(cpts: Cpts) -> str:
    mission, piece = find_mission(cpts), PieceCpts.objects.get(pk=make_piece_cpts(cpts))
    document, jour = piece.document, date(2026, 1, 15)
    preuve = Preuve.objects.create(mission=mission, genre="document", document=document, libelle="Essai", jour=jour)
    piece.delete()
    return f"{mission.type} {preuve.pk}"


def make_compte_rendu(cpts: Cpts) -> str:
    piece = PieceCpts.objects.get(pk=make_piece_cpts(cpts))
    reunion = Reunion.objects.create(
        cpts=cpts, titre="Réunion d'essai", jour=date(2026, 1, 15), compte_rendu=piece.document
    )
    piece.delete()
    return str(reunion.pk)


def make_ligne_aci(cpts: Cpts) -> str:
    refresh_argent(cpts)
    return str(LigneAci.objects.get(exercice__cpts=cpts, exercice__rang=1, mission="").pk)


LIGNES: dict[str, Callable[[Cpts], str]] = {
    "cpts_piece": make_piece_cpts,
    "cpts_perimetre": make_brouillon,
    "cpts_membre": make_membre,
    "cpts_reunion": make_reunion,
    "cpts_mission": make_mission,
    "cpts_indicateur": make_indicateur,
    "cpts_preuve": make_preuve,
    "cpts_compte_rendu": make_compte_rendu,
    "cpts_ligne_aci": make_ligne_aci,
    "cpts_action": make_action,
    "cpts_bulletin": make_bulletin,
    "cpts_donnee": make_donnee,
}
"""Rows of a CPTS, in addresses « code cle »: each part of the space adds its own here."""
CROISABLES = frozenset(LIGNES) | {"structure_action"}
