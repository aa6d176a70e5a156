"""What the worker and an agent do during the journey of an applicant, in processes of their own."""

from aides.dossiers.instruction import ask_pieces
from aides.models import Demande
from portal.accounts.models import User
from portal.core.models import Envoi
from tests.aides.suivis_essai import run_envoi
from tests.people import make_agent

TACHES = ("accounts.inscription", "aides.courriel_dossier")


def work() -> None:
    """Send the mails that wait."""
    while envoi := Envoi.objects.filter(tache__in=TACHES, statut="a_envoyer").order_by("pk").first():
        run_envoi(envoi)
        envoi.refresh_from_db()
        assert envoi.statut == "fait", envoi.erreur


def ask_correction(numero: str, phrase: str) -> None:
    demande = Demande.objects.get(numero=numero)
    agent = User.objects.filter(email="instructeur.dossiers@exemple.fr").first()
    agent = agent or make_agent("instructeur", "national", courriel="instructeur.dossiers@exemple.fr")
    ask_pieces(demande, par=agent, version=demande.version, commentaire=phrase)
    work()
