"""Every public address of the portal, one example each: a route without an example stops the drill."""

import json
import re
from pathlib import Path

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from aides.codes_recus import format_code
from aides.models import Suivi
from aides.regles.faits import FAITS
from aides.services import check
from aides.services_recus import keep_recu
from aides.suivi.depot import file_suivi
from aides.suivi.jetons import ARRET, CONFIRMATION, PAGE, make_jeton
from cpts.models import Cpts, Structure
from portal.core.models import Execution
from portal.pilotage.enums import Cause
from portal.pilotage.services.calcul import compute_jour
from prevention.models import ActionPrevention, Bulletin, Campagne, Releve
from prevention.services.bulletins import SEL
from zonage.models import Commune

REPONSES = "profession=medecin&specialite=generaliste&statut=projet&type_cabinet=principal&premiere_installation=oui"
SANS_EXEMPLE = {"api_adresse_inconnue", "pret", "metriques"}  # those that say what goes wrong
AVEC_COMPTE = ("compte/", "praticiens/", "dossiers/", "contrats/", "courriers/", "espace/", "pilotage/")
"""Addresses of people who signed in, or of a letter: the matrix of rights and the browser have them."""


def list_routes(motifs: list[URLPattern | URLResolver] | None = None) -> list[str]:
    """The names of the routes, those of the agents and of an account left out: they are not public."""
    noms: list[str] = []
    for motif in get_resolver().url_patterns if motifs is None else motifs:
        if isinstance(motif, URLResolver):
            prive = motif.app_name == "admin" or str(motif.pattern) in AVEC_COMPTE
            noms += [] if prive else list_routes(motif.url_patterns)
        else:
            noms.append(motif.name or str(motif.pattern))
    return noms


def build_exemples() -> dict[str, str]:
    """An address by route; the follow-up and the receipt that they show are written first."""
    commune = Commune.objects.filter(type="COM").order_by("code_insee").first().code_insee
    requete = f"commune={commune}&{REPONSES}"
    with transaction.atomic():
        suivi = file_suivi(commune, {"profession": "medecin"}, adresse="exemple@exemple.invalid").suivi
    suivi = Suivi.objects.select_related("destinataire").get(pk=suivi.pk)
    jetons = {usage: make_jeton(usage, suivi.cle) for usage in (PAGE, CONFIRMATION)}
    arret = make_jeton(ARRET, suivi.destinataire.cle)
    bilan = check(commune, {"profession": "medecin"}, au=timezone.localdate())
    code = format_code(keep_recu(bilan, nsp=(), envoi="exemple-" * 4, connu_le=timezone.now()).code)
    carte = Client(headers={"host": "localhost"}).get(reverse("carte")).content.decode()
    contours = re.search(r"/zones/contours/([\w.-]+)\.([0-9a-f]+)\.json", carte)
    donnees = Client(headers={"host": "localhost"}).get(reverse("donnees")).content.decode()
    lien = re.search(r'href="/donnees/([^/"]+)/([^/"]+)"', donnees)
    execution = Execution.objects.order_by("pk").first()
    campagne = Campagne.objects.publiques().order_by("pk").values_list("code", flat=True).first() or "absente"
    action = ActionPrevention.objects.publiques().order_by("pk").first()
    bulletin = Bulletin.objects.publies().order_by("pk").first()
    releve = Releve.objects.diffusables().order_by("pk").first()
    compute_jour(timezone.localdate(), cause=Cause.NUIT, codes=["communes"])
    arguments: dict[str, tuple[list[object], str]] = {
        "resultat": ([], requete),
        "resultat_pdf": ([], requete),
        "verifier": ([], REPONSES),
        "plan": ([], requete),
        "ou_obtenir": ([], "profession=medecin"),
        "ou_obtenir_csv": ([], "profession=medecin"),
        "ou_obtenir_geojson": ([], "profession=medecin"),
        "ou_obtenir_comparer": ([], "profession=medecin"),
        "dispositif_detail": (["cptm"], ""),
        "commune_detail": ([commune], ""),
        "commune_suggestions": ([], "q=aja"),
        "contours": (list(contours.groups()) if contours else ["france", "0"], ""),
        "valeurs": (["france"], "profession=medecin"),
        "recu_new": ([], requete),
        "recu_detail": ([code], ""),
        "recu_pdf": ([code], ""),
        "suivi_new": ([], requete),
        "suivi_confirmer": ([jetons[CONFIRMATION]], ""),
        "suivi_detail": ([jetons[PAGE]], ""),
        "suivi_stop": ([jetons[PAGE]], ""),
        "suivi_changement": ([jetons[PAGE], 1], ""),
        "suivi_arret": ([arret], ""),
        "travail": ([execution.pk], ""),
        "campagne_detail": ([campagne], ""),
        "campagne_csv": ([campagne], ""),
        "prevention_bulletin": ([bulletin.pk if bulletin else 1], ""),
        "prevention_bulletin_arret": ([signing.Signer(salt=SEL).sign(0)], ""),
        "prevention_action": ([action.pk if action else 1], ""),
        "releve_detail": ([releve.pk if releve else 1], ""),
        "api_commune_list": ([], "q=aja"),
        "api_commune_detail": ([commune], ""),
        "api_commune_contour": ([commune], ""),
        "api_zone_list": ([], f"commune={commune}"),
        "api_dispositif_detail": (["cptm"], ""),
        "api_recu_detail": ([code], ""),
        "donnees_fichier": (list(lien.groups()) if lien else ["lot", "fichier.csv"], ""),
        "api_ou_obtenir_list": ([], "profession=medecin"),
        "api_eligibilite_list": ([], f"commune={commune}"),
        "structure_detail": ([find_structure(commune)], ""),
        "cpts_detail": ([find_cpts(commune)], ""),
        "api_cpts_detail": ([find_cpts(commune)], ""),
        "api_cpts_contour": ([find_cpts(commune)], ""),
        "chiffres_mesures": (["csv"], "maille=region"),
        "diagnostic": ([], f"communes={commune}"),
        "diagnostic_fichier": (["json"], f"communes={commune}"),
        "chiffre_recu": (["communes", "france", "france"], ""),
        "chiffre_recu_csv": (["communes", "france", "france"], ""),
    }
    exemples = {}
    for nom in list_routes():
        if nom not in SANS_EXEMPLE:
            places, question = arguments.get(nom, ([], ""))
            exemples[nom] = reverse(nom, args=places) + (f"?{question}" if question else "")
    return exemples


def find_structure(commune: str) -> int:
    """One of the directory, written first when there is none."""
    trouvee = Structure.objects.order_by("pk").first()
    if trouvee is None:
        lieu = Commune.objects.select_related("departement").get(pk=commune)
        codes = {"region_code": lieu.departement.region_id, "departement_code": lieu.departement_id}
        trouvee = Structure.objects.create(type="msp", nom="Exemple", statut="reperee", commune=lieu, **codes)
    return trouvee.pk


def find_cpts(commune: str) -> str:
    trouvee = Cpts.objects.order_by("pk").first()
    if trouvee is None:
        lieu = Commune.objects.select_related("departement").get(pk=commune)
        codes = {"region_code": lieu.departement.region_id, "departement_code": lieu.departement_id}
        trouvee = Cpts.objects.create(code="exemple", nom="CPTS d'exemple", **codes)
    return trouvee.pk


def write_exemples(dossier: str) -> None:
    """In « adresses.json »: the addresses, and what the acts send."""
    assert FAITS, settings.DEBUG is False
    exemples = build_exemples()
    commune = Commune.objects.filter(type="COM").order_by("code_insee").first().code_insee
    contenu = {"adresses": exemples, "requete": f"commune={commune}&{REPONSES}"}
    (Path(dossier) / "adresses.json").write_text(json.dumps(contenu))
