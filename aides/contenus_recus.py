"""From an answer to what its receipt holds: the decision, what it was read from, and the words shown that day."""

from collections.abc import Sequence
from datetime import date

from aides.pdf import describe_fermeture, describe_zone
from aides.recus import FORMAT, Contenu, dump_decision, dump_regles, dump_situation
from aides.regles.conditions import Preuve
from aides.regles.evaluation import LIBELLES_MANQUANTS, Resultat
from aides.regles.faits import FAITS, format_valeur
from aides.services import Bilan
from zonage.lecture import Zone

A_INSTRUIRE = "À instruire : "


class ReponseIncomplete(ValueError):
    """Nothing to keep: without a commune and a profession there is no answer."""


def build_contenu(bilan: Bilan, *, nsp: Sequence[str] = ()) -> Contenu:
    """No name, no address: facts of the vocabulary, a commune, a day. Raises ReponseIncomplete."""
    if bilan.commune is None or "profession" not in bilan.faits:
        raise ReponseIncomplete("Donnez une commune et une profession avant de garder la réponse.")
    fermes = [fermeture.dispositif for fermeture in bilan.fermes]
    return {
        "format": FORMAT,
        "au": bilan.au.isoformat(),
        "commune": {
            "code": bilan.commune.code_insee,
            "nom": bilan.commune.nom,
            "departement": bilan.commune.departement_id,
        },
        "situation": dump_situation(bilan.situation),
        "nsp": [code for code in FAITS if code in nsp],
        "zones": {jour.isoformat(): _dump_zone(zone) for jour, zone in sorted(bilan.zones.items())},
        "catalogue": bilan.catalogue,
        "regles": dump_regles([*(resultat.dispositif for resultat in bilan.resultats), *fermes]),
        "decision": dump_decision(bilan.resultats, [dispositif.code for dispositif in fermes]),
        "affichage": {
            "reponses": [
                [fait.libelle, format_valeur(fait, bilan.faits[code]) if code in bilan.faits else "Je ne sais pas"]
                for code, fait in FAITS.items()
                if code in bilan.faits or code in nsp
            ],
            "dispositifs": [describe_resultat(resultat) for resultat in bilan.resultats],
            "fermes": [describe_fermeture(fermeture) for fermeture in bilan.fermes],
            "avertissements": list(bilan.avertissements),
        },
    }


def _dump_zone(zone: Zone) -> Contenu:
    """What the arrêté said of the commune; its sentence is the one of the PDF."""
    arrete, lieu = zone.arrete, zone.territoire
    return {
        **describe_zone(zone),
        "statut": str(zone.statut),
        "origine": zone.origine,
        "arrete": arrete
        and {
            "numero": arrete.numero,
            "titre": arrete.titre,
            "publie_le": _dump_date(arrete.date_publication),
            "debut": _dump_date(arrete.debut),
            "fin": _dump_date(arrete.fin),
            "source": arrete.source,
            "lien": arrete.lien,
        },
        "territoire": lieu and {"type": lieu.type_libelle, "code": lieu.code, "libelle": lieu.libelle},
    }


def _dump_date(jour: date | None) -> str | None:
    return jour.isoformat() if jour else None


def describe_resultat(resultat: Resultat) -> Contenu:
    """The words of one scheme: answer, amount, reasons, texts of law."""
    montant = resultat.montant
    return {
        "code": resultat.dispositif.code,
        "sigle": resultat.dispositif.sigle,
        "nom": resultat.dispositif.nom,
        "issue": resultat.issue.value,
        "libelle": resultat.issue.libelle,
        "montant": montant.texte if montant else "",
        "lignes": [f"{ligne.libelle} : {ligne.texte}" for ligne in montant.lignes] if montant else [],
        "raisons": list_raisons(resultat),
        "textes": list(dict.fromkeys(reference.texte for reference in resultat.version.references)),
    }


def list_raisons(resultat: Resultat) -> list[str]:
    """Why not, what is missing, what the portal does not decide."""
    refus = [f"Condition non remplie : {preuve.libelle}" for preuve in resultat.refus]
    noms = [libelle for code in resultat.manquants if (libelle := name_manque(code))]
    manques = [f"Il manque : {' ; '.join(noms)}"] if noms else []
    return [*refus, *manques, *(describe_point(point) for point in resultat.points_a_instruire)]


def describe_point(point: Preuve) -> str:
    constat = point.constat.removeprefix(A_INSTRUIRE)
    return f"{A_INSTRUIRE}{point.libelle}{f' ({constat})' if constat else ''}"


def name_manque(code: str) -> str:
    """Empty for what only the portal lacks, such as a list of communes: a point « à instruire » says it."""
    return FAITS[code].libelle if code in FAITS else LIBELLES_MANQUANTS.get(code, "")
