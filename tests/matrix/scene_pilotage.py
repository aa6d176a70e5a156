"""The figures of the matrix: what is kept to those of a territory, and each coordinator's own."""

from datetime import date
from typing import Any

from portal.pilotage.models import Constat, Objectif, Territoire, Vue
from tests.matrix.scene_cpts import AILLEURS, COORDINATEURS, A, B
from tests.people import make_user

LIEUX = (
    *(("departement", code, region, code) for code, region in (("71", "27"), ("69", "84"))),
    *(("cpts", code, "27", "71") for code in (A, B)),
    ("cpts", AILLEURS, "84", "69"),
)


def build_chiffres(scene: Any) -> None:
    """« dans_71 » is a figure of the département, which the coordinators of its CPTS read too."""
    Territoire.objects.bulk_create(
        Territoire(type=type_, code=code, nom=code, region_code=region, departement_code=departement)
        for type_, code, region, departement in LIEUX
    )
    scene.objets["chiffre"] = {f"dans_{code}": f"montant_verse departement {code}" for code in ("71", "69")}
    scene.siens["chiffre"] = {acteur: f"missions_deployees cpts {code}" for acteur, code in COORDINATEURS.items()}
    build_constats(scene)
    build_objectifs(scene)
    build_vues(scene)


def build_constats(scene: Any) -> None:
    """A contradiction of each département; nobody owns one."""
    scene.objets["constat"] = {
        f"dans_{code}": str(
            Constat.objects.create(
                controle="mesure_bornes", cle=code, region_code=region, departement_code=code, jour=date(2026, 3, 10),
                constat="Un taux de 112 %.",
            ).pk
        )
        for code, region in (("71", "27"), ("69", "84"))
    }  # fmt: skip
    scene.siens["constat"] = {}


def build_objectifs(scene: Any) -> None:
    """A target of a figure that is not public, in each département."""
    scene.objets["objectif"] = {
        f"dans_{code}": str(
            Objectif.objects.create(
                indicateur="montant_verse", territoire=Territoire.objects.get(type="departement", code=code),
                debut=date(2026, 3, 10), valeur=1000, source="Texte d'essai",
            ).pk
        )
        for code in ("71", "69")
    }  # fmt: skip
    scene.siens["objectif"] = {}


def build_vues(scene: Any) -> None:
    """Everybody has a view of the dashboard; those of two other people are shared with nobody."""
    tiers = {f"dans_{code}": make_user() for code in ("71", "69")}
    requete = "territoire=departement:71"

    def make(user: Any) -> str:
        return str(Vue.objects.create(proprietaire=user, nom="Essai", requete=requete).pk)

    scene.objets["vue"] = {relation: make(user) for relation, user in tiers.items()}
    scene.siens["vue"] = {acteur: make(user) for acteur, user in scene.users.items()}
