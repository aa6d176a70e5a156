"""What is done beside the browser in the journeys of a file: people, a deposit of last year, the worker, a year gone.

Run by `manage.py shell` in a process of its own, on the database of the server of the tests.
"""

from datetime import date

import time_machine
from django.db import connection
from django.utils import timezone

from aides.contrats.signature import start_contrats
from aides.dossiers.depot import open_brouillon, read_version, save_brouillon, submit_demande
from aides.dossiers.formulaires import Saisie, list_attestations, list_pieces
from aides.models import Demande
from portal.accounts.enums import Role
from portal.accounts.models import User
from portal.core.models import Envoi
from tests.aides.suivis_essai import run_envoi
from tests.people import make_agent, make_user
from tests.profils import JEUNE_GENERALISTE

ETE = "2025-06-10 10:00+02:00"
TACHES = ("aides.courriel_dossier", "aides.courrier_pdf", "core.analyse_document")
AGENTS = {
    "instruction.parcours@exemple.fr": (Role.INSTRUCTEUR, "departement:70"),
    "collegue.parcours@exemple.fr": (Role.INSTRUCTEUR, "departement:70"),
    "voisine.parcours@exemple.fr": (Role.INSTRUCTEUR, "departement:21"),
    "validation.parcours@exemple.fr": (Role.VALIDEUR, "region:27"),
}
# A year goes by: every day of the file and of its contract moves back together, with the triggers aside.
UN_AN = """
SET LOCAL session_replication_role = replica;
UPDATE aides_demande SET cree_le = cree_le - interval '1 year', deposee_le = deposee_le - interval '1 year',
       propose_le = propose_le - interval '1 year', decision_le = decision_le - interval '1 year' WHERE id = %(id)s;
UPDATE aides_actedossier SET survenu_le = survenu_le - interval '1 year' WHERE demande_id = %(id)s;
UPDATE aides_contrat SET date_signature = date_signature - interval '1 year',
       terme_initial = terme_initial - interval '1 year',
       periode = daterange((lower(periode) - interval '1 year')::date, (upper(periode) - interval '1 year')::date)
 WHERE demande_id = %(id)s;
UPDATE aides_echeance SET le = le - interval '1 year', payee_le = payee_le - interval '1 year',
       periode = daterange((lower(periode) - interval '1 year')::date, (upper(periode) - interval '1 year')::date)
 WHERE contrat_id = (SELECT id FROM aides_contrat WHERE demande_id = %(id)s);
"""


def open_equipe() -> None:
    """Three agents of the département, of the région and of another département."""
    for adresse, (role, perimetre) in AGENTS.items():
        if not User.objects.filter(email=adresse).exists():
            make_agent(role, perimetre, courriel=adresse, first_name=adresse.split(".")[0].capitalize())


def file_caim(adresse: str) -> str:
    """A young doctor asked for the CAIM in June 2025, three days a week. Returns the number of the file."""
    with time_machine.travel(ETE):
        medecin = make_user(adresse, first_name="Camille", last_name="Essai")
        faits = {**JEUNE_GENERALISTE, "profession": "medecin", "jours_semaine": "3"}
        demande = open_brouillon(medecin, dispositif="caim", commune="70198", faits=faits, cle=adresse)
        version = read_version(demande, au=date(2025, 6, 10))
        saisie = Saisie(
            demande.faits,
            {"nom": "Essai", "prenom": "Camille", "courriel": adresse, "adresse": "1 rue de l'Essai"},
            "",
            {
                "sans_objet": {piece.nature: "Donné dans les coordonnées." for piece in list_pieces(version)},
                "attestations": list(list_attestations(version)),
            },
        )
        save_brouillon(demande, par=medecin, version=demande.version, saisie=saisie)
        demande.refresh_from_db()
        submit_demande(demande, par=medecin, version=demande.version)
        demande.refresh_from_db()
    return str(demande.numero)


def work() -> None:
    """What a worker does: contracts that begin today, then messages and letters that wait."""
    start_contrats(timezone.localdate())
    while envoi := Envoi.objects.filter(tache__in=TACHES, statut="a_envoyer").order_by("pk").first():
        run_envoi(envoi)
        envoi.refresh_from_db()
        assert envoi.statut == "fait", envoi.erreur


def pass_a_year(numero: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"BEGIN; {UN_AN} COMMIT", {"id": Demande.objects.get(numero=numero).pk})
