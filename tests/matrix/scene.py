"""The people and the objects of the matrix: fourteen actors, and for each kind of object four relations."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone

from aides.courriers.emission import issue_courrier
from aides.dossiers.etats import Statut
from aides.models import Contrat, Demande, PieceDossier, TypeCourrier
from cpts.models import Rattachement
from portal.accounts.enums import Role
from portal.accounts.models import User
from portal.core.documents import store_document
from tests.matrix.scene_cpts import COORDINATEURS, build_cpts
from tests.matrix.scene_perimetres import build_perimetres
from tests.matrix.scene_pilotage import build_chiffres
from tests.matrix.scene_structures import build_structures
from tests.people import make_agent, make_commune, make_demande, make_praticien_user, make_user

AGENTS = {
    **{acteur: (Role.COORDINATEUR_CPTS, f"cpts:{code}") for acteur, code in COORDINATEURS.items()},
    "instructeur_71": (Role.INSTRUCTEUR, "departement:71"),
    "instructeur_21": (Role.INSTRUCTEUR, "departement:21"),
    "valideur_27": (Role.VALIDEUR, "region:27"),
    "cpam_71": (Role.AGENT_CPAM, "departement:71"),
    "lecteur": (Role.LECTEUR, "national"),
    "administrateur": (Role.ADMINISTRATEUR, "national"),
    "auditeur": (Role.AUDITEUR, "national"),
}
ACTEURS = ("anonyme", "praticien", "autre_praticien", *AGENTS, "desactive", "superutilisateur")
RELATIONS = ("sien", "dans_71", "dans_69", "inexistant")
VERBES = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass
class Scene:
    """`objets[kind][relation]` is the key in the address; « sien » depends on the actor (`siens`)."""

    clients: dict[str, Client] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    objets: dict[str, dict[str, str]] = field(default_factory=dict)
    siens: dict[str, dict[str, str]] = field(default_factory=dict)

    def find_cle(self, objet: str, relation: str, acteur: str) -> str | None:
        """None: this actor owns nothing of the kind."""
        if relation == "sien":
            return self.siens[objet].get(acteur)
        return self.objets[objet].get(relation)


def build_scene() -> Scene:
    """Everybody owns a deposited file in the département 71, agents too: an agent may be a practitioner."""
    scene = Scene()
    communes = {departement: make_commune(departement) for departement in ("71", "69")}
    for acteur in ACTEURS:
        client = Client(raise_request_exception=False)
        scene.clients[acteur] = client
        if acteur == "anonyme":
            continue
        user = scene.users[acteur] = _make(acteur)
        client.force_login(user)
        client.get("/compte/")  # the session writes what it writes once
    User.objects.filter(pk=scene.users["desactive"].pk).update(is_active=False)
    tiers = {departement: make_praticien_user(departement) for departement in communes}
    demandes: dict[str, Any] = {f"dans_{d}": make_demande(tiers[d], commune=communes[d]) for d in communes}
    scene.objets["demande"] = {relation: str(demande.pk) for relation, demande in demandes.items()}
    scene.siens["demande"] = {
        acteur: str(make_demande(user, commune=communes["71"]).pk) for acteur, user in scene.users.items()
    }
    scene.objets["courrier"] = {relation: make_courrier(demande) for relation, demande in demandes.items()}
    scene.siens["courrier"] = {
        acteur: make_courrier(Demande.objects.get(pk=cle)) for acteur, cle in scene.siens["demande"].items()
    }
    for objet, make in (("piece", make_piece), ("contrat", make_contrat)):
        scene.objets[objet] = {relation: make(demande) for relation, demande in demandes.items()}
        scene.siens[objet] = {
            acteur: make(Demande.objects.get(pk=cle)) for acteur, cle in scene.siens["demande"].items()
        }
    scene.objets["rattachement"] = {
        relation: str(Rattachement.objects.get(proprietaire=demande.proprietaire).pk)
        for relation, demande in demandes.items()
    }
    scene.siens["rattachement"] = {
        acteur: str(lu.pk)
        for acteur, user in scene.users.items()
        if (lu := Rattachement.objects.filter(proprietaire=user).first())
    }
    scene.objets["compte"] = {relation: str(demande.proprietaire_id) for relation, demande in demandes.items()}
    scene.siens["compte"] = {acteur: str(user.pk) for acteur, user in scene.users.items()}
    build_cpts(scene)
    build_structures(scene)
    build_perimetres(scene)
    build_chiffres(scene)
    assert Demande.objects.count() == 2 * (len(ACTEURS) + 1)
    return scene


def make_courrier(demande: Demande) -> str:
    """A letter of the file, whose PDF is not made."""
    with transaction.atomic():
        return str(issue_courrier(demande, TypeCourrier.ACCUSE, par=None).pk)


def make_piece(demande: Demande) -> str:
    """A document of the file, analysed: the two arguments of its address."""
    document = store_document(
        b"%PDF-1.7 essai",
        nom="essai.pdf",
        type_mime="application/pdf",
        proprietaire=demande.proprietaire,
        region_code=demande.region_code,
        departement_code=demande.departement_code,
        guichet=demande.guichet,
    )
    return f"{demande.pk} {PieceDossier.objects.create(demande=demande, document=document).pk}"


def make_contrat(demande: Demande) -> str:
    """A contract on a second file of the same person, in the same commune."""
    signee = make_demande(demande.proprietaire, commune=demande.commune, statut=Statut.SIGNEE)
    contrat = Contrat.objects.create(
        demande=signee,
        numero=f"C-{signee.numero}",
        dispositif=signee.dispositif,
        dispositif_version=signee.dispositif_version,
        date_signature=timezone.localdate(),
        periode=DateRange(timezone.localdate(), timezone.localdate() + timedelta(days=365)),
        proprietaire=demande.proprietaire,
        region_code=demande.region_code,
        departement_code=demande.departement_code,
        guichet=demande.guichet,
    )
    return str(contrat.pk)


def _make(acteur: str) -> User:
    if acteur in AGENTS:
        role, perimetre = AGENTS[acteur]
        return make_agent(role, perimetre, is_staff=role != Role.COORDINATEUR_CPTS)
    if acteur == "superutilisateur":
        return make_user(is_staff=True, is_superuser=True)
    return make_praticien_user("71")
