"""What a supervision reads at « /metriques/ », in the text format of Prometheus. Nobody's data, bounded names.

A base or a queue that is down is one of the figures, not a fault.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import DatabaseError, InterfaceError
from django.db.models import Count
from django.utils import timezone

from portal.core.creneaux import read_periodiques
from portal.core.exploitation_horaires import is_late, read_reussites
from portal.core.exploitation_machine import read_version
from portal.core.metriques_demandes import compteurs, write_demandes
from portal.core.models import Execution
from portal.core.outbox import read_etat
from portal.core.sante import count_migrations_en_attente

EXECUTIONS_DEPUIS = timedelta(days=1)
Valeurs = list[tuple[str, float]]


def write_metriques() -> str:
    demandes = compteurs.read()
    lignes = _write("maillage_portail_info", "Version qui sert.", [(f'{{version="{read_version()}"}}', 1)])
    lignes += _write("maillage_valkey_repond", "1 si Valkey répond.", [("", int(demandes is not None))])
    try:
        base = write_base()
    except (DatabaseError, InterfaceError):
        lignes += _write("maillage_base_repond", "1 si PostgreSQL répond.", [("", 0)])
    else:
        lignes += _write("maillage_base_repond", "1 si PostgreSQL répond.", [("", 1)]) + base
    return "\n".join([*lignes, *write_demandes(demandes or {}), ""])


def write_base() -> list[str]:
    """What PostgreSQL alone knows. Raises DatabaseError."""
    etat = read_etat()
    statuts = [("a_envoyer", etat.a_envoyer), ("envoye", etat.envoyes), ("quarantaine", etat.quarantaine)]
    lignes = _write("maillage_envois", "Envois qui ne sont pas faits, par statut.", _label("statut", statuts))
    age = round(etat.plus_ancien or 0, 1)
    lignes += _write("maillage_envois_age_secondes", "Âge du plus ancien envoi qui attend.", [("", age)])
    lignes += _write("maillage_executions", "Exécutions commencées depuis un jour, par statut.", read_executions())
    lignes += write_horaires()
    en_attente = count_migrations_en_attente()
    return lignes + _write("maillage_migrations_en_attente", "Migrations à appliquer.", [("", en_attente)])


def read_executions() -> Valeurs:
    depuis = timezone.now() - EXECUTIONS_DEPUIS
    lues = Execution.objects.filter(commencee_le__gte=depuis).order_by().values_list("statut").annotate(Count("pk"))
    comptes = dict(lues)
    return _label("statut", [(str(statut), comptes.get(statut, 0)) for statut in Execution.Statut.values])


def write_horaires() -> list[str]:
    """The instant of each last success, 0 when none is kept; and whether it is late, by the rule of the page."""
    maintenant = timezone.now()
    reussites = read_reussites()
    instants, retards = [], []
    for un in read_periodiques():
        reussite = reussites.get(un.nom)
        instants.append((un.nom, round(reussite.timestamp()) if reussite else 0))
        retards.append((un.nom, int(is_late(un, reussite, maintenant))))
    dit = "Instant de la dernière réussite d'une tâche de l'horaire."
    lignes = _write("maillage_periodique_reussite_secondes", dit, _label("nom", instants))
    return lignes + _write("maillage_periodique_en_retard", "1 si elle est en retard.", _label("nom", retards))


def _label(cle: str, valeurs: Sequence[tuple[str, float]]) -> Valeurs:
    return [(f'{{{cle}="{nom}"}}', valeur) for nom, valeur in valeurs]


def _write(nom: str, dit: str, valeurs: Valeurs) -> list[str]:
    return [f"# HELP {nom} {dit}", f"# TYPE {nom} gauge", *(f"{nom}{etiquettes} {v}" for etiquettes, v in valeurs)]
