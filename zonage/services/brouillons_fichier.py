"""The file of a draft: kept as received, read in the background, its rows sorted into kept, elsewhere and to mend.

Reading is one transaction, under the fence of the outbox: killed at any line, it begins again or ends « interrompu »,
and the draft never holds half of a file.
"""

import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.core.examen import clean_nom
from portal.core.executions import Marche, run_execution
from portal.core.fichiers import MO, FichierRefuse
from portal.core.models import Envoi
from portal.core.outbox import post
from zonage.enums import NatureRejet, StatutArrete, StatutFichier
from zonage.models import Arrete, Commune, Departement, FichierArrete, RejetArrete, list_niveaux
from zonage.services.arretes import PublicationImpossible, log_arrete
from zonage.services.brouillons import Ligne, hold_brouillon, read_noms, write_lignes
from zonage.services.codes import Codes, read_codes
from zonage.services.niveaux import ensure_niveaux
from zonage.sources.brouillon import FichierLu, LigneLue, read_fichier

TACHE = "zonage.fichier_arrete"
NATURE = "zonage.fichier_arrete"
TAILLE_MAX = 20 * MO
REJETS_MAX = 1000
NOTES_MAX = 50
Ouvre = Callable[[], AbstractContextManager[None]]


class FichierDejaRecu(PublicationImpossible):
    """The same bytes were read before: `arrete` is the draft that they made."""

    def __init__(self, message: str, arrete: int) -> None:
        super().__init__(message)
        self.arrete = arrete


@transaction.atomic
def receive_fichier(arrete: Arrete, *, nom: str, octets: bytes, par: User, motif: str = "") -> FichierArrete:
    """Keep a file and ask for its reading, which replaces the rows of the draft.

    Raises FichierRefuse, PublicationImpossible (another reading under way), FichierDejaRecu unless `motif` says why.
    """
    tenu = hold_brouillon(arrete)
    close_interrompus(tenu)
    if not octets:
        raise FichierRefuse("Fichier vide : téléchargez-le à nouveau.")
    if len(octets) > TAILLE_MAX:
        raise FichierRefuse(f"Fichier trop volumineux : {TAILLE_MAX // MO} Mo au plus.")
    en_cours = tenu.fichiers.filter(statut=StatutFichier.EN_ATTENTE).select_related("depose_par").first()
    if en_cours is not None:
        qui = en_cours.depose_par.get_full_name() or "un autre agent"
        raise PublicationImpossible(f"Un import est déjà en cours (par {qui}) : attendez qu’il se termine.")
    empreinte = sha256(octets).hexdigest()
    _refuse_deja(empreinte, motif)
    fichier = FichierArrete.objects.create(
        arrete=tenu,
        nom=clean_nom(nom),
        octets=zlib.compress(octets, 6),
        taille=len(octets),
        empreinte=empreinte,
        motif=motif[:300],
        depose_par=par,
    )
    post(TACHE, fichier.pk, cle=f"fichier:{fichier.pk}")
    log_arrete(tenu, "deposer_fichier", par, fichier=fichier.pk, empreinte=empreinte, motif=motif[:300])
    return fichier


def _refuse_deja(empreinte: str, motif: str) -> None:
    deja = FichierArrete.objects.filter(empreinte=empreinte, statut=StatutFichier.LU).order_by("-pk").first()
    if deja is not None and not motif.strip():
        jour = timezone.localtime(deja.depose_le)
        raise FichierDejaRecu(
            f"Ce fichier a déjà été importé le {jour:%d/%m/%Y à %H h %M}, pour l’arrêté n° {deja.arrete_id} du "
            "portail. Ouvrez cet arrêté, ou dites pourquoi ce fichier doit être lu à nouveau.",
            deja.arrete_id,
        )


def close_interrompus(arrete: Arrete) -> int:
    """A reading that nobody will take up again is « interrompu »: the file may be handed in again."""
    attendus = list(arrete.fichiers.filter(statut=StatutFichier.EN_ATTENTE).order_by("pk")[:10])
    vivants = Envoi.objects.filter(tache=TACHE, statut__in=[Envoi.Statut.A_ENVOYER, Envoi.Statut.ENVOYE])
    perdus = [lu.pk for lu in attendus if not vivants.filter(arguments=[lu.pk]).exists()]
    return FichierArrete.objects.filter(pk__in=perdus, statut=StatutFichier.EN_ATTENTE).update(
        statut=StatutFichier.INTERROMPU, lu_le=timezone.now()
    )


def read_octets(fichier: FichierArrete) -> bytes:
    return zlib.decompress(bytes(fichier.octets))


@dataclass(slots=True)
class Tri:
    """The rows of a file, sorted for a région."""

    retenues: dict[str, Ligne] = field(default_factory=dict)
    lignes: dict[str, int] = field(default_factory=dict)
    rejets: list[RejetArrete] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ailleurs: int = 0
    repetees: int = 0


def load_fichier(cle: int, *, ouvre: Ouvre = transaction.atomic) -> None:
    """Read a file that waits, sort its rows, write the draft. Run again after a kill: it begins again."""
    fichier = FichierArrete.objects.select_related("arrete").filter(pk=cle, statut=StatutFichier.EN_ATTENTE).first()
    if fichier is None:
        return
    libelle = f"Lecture du fichier de l’arrêté n° {fichier.arrete_id}"
    with run_execution(NATURE, libelle, cause=f"zonage.fichier:{cle}", etapes=4) as marche:
        FichierArrete.objects.filter(pk=cle).update(execution=marche.execution)
        marche.begin("Lecture du fichier")
        try:
            noms = _ensure_noms(fichier.arrete.profession)
            lu = read_fichier(read_octets(fichier), fichier.arrete.profession, noms)
            marche.add(lues=len(lu.lignes))
            marche.begin("Rapprochement des communes")
            tri = sort_lignes(fichier, lu, read_codes())
            if len(tri.rejets) > REJETS_MAX:
                raise FichierRefuse(
                    f"{len(tri.rejets)} lignes ne se lisent pas : ce n’est sans doute pas le bon fichier. Première "
                    f"ligne : {tri.rejets[0].ligne}, {tri.rejets[0].message}"
                )
            if not tri.retenues and not tri.rejets:
                raise FichierRefuse("Aucune commune de la région dans ce fichier : vérifiez la région de l’arrêté.")
        except FichierRefuse as refus:
            with ouvre():
                _close(fichier, StatutFichier.REFUSE, erreur=_format(refus))
            return
        with ouvre():
            _write(fichier, lu, tri, marche)


def _ensure_noms(profession: str) -> dict[str, str]:
    if not list_niveaux(profession):
        with transaction.atomic():
            ensure_niveaux()
    return read_noms(profession)


def _write(fichier: FichierArrete, lu: FichierLu, tri: Tri, marche: Marche) -> None:
    arrete = Arrete.objects.select_for_update(no_key=True, of=("self",)).get(pk=fichier.arrete_id)
    if arrete.statut != StatutArrete.BROUILLON:
        _close(fichier, StatutFichier.REFUSE, erreur="L’arrêté n’était plus un brouillon quand le fichier a été lu.")
        return
    marche.begin("Écriture du brouillon")
    arrete.classements.filter(publie=False).delete()
    ecrites = write_lignes(arrete, tri.retenues.values())
    marche.add(ecrites=ecrites)
    marche.begin("Lignes à corriger")
    RejetArrete.objects.bulk_create(tri.rejets)
    _close(
        fichier,
        StatutFichier.LU,
        lignes_lues=len(lu.lignes),
        lignes_retenues=len(tri.retenues),
        lignes_ailleurs=tri.ailleurs,
        avertissements=[*lu.notes, *tri.notes][:NOTES_MAX],
    )


def _close(fichier: FichierArrete, statut: StatutFichier, **champs: object) -> None:
    FichierArrete.objects.filter(pk=fichier.pk, statut=StatutFichier.EN_ATTENTE).update(
        statut=statut, lu_le=timezone.now(), **champs
    )


def _format(refus: FichierRefuse) -> str:
    lieu = f"Ligne {refus.ligne} : " if refus.ligne else ""
    return f"{lieu}{refus}"[:400]


def sort_lignes(fichier: FichierArrete, lu: FichierLu, codes: Codes) -> Tri:
    """Each row is kept, of another région, said twice alike, or to mend. None is lost."""
    tri = Tri()
    region, departements = fichier.arrete.region_id, _read_departements()
    for ligne in lu.lignes:
        nature, message, proposition = _judge(ligne, codes, region, departements, tri)
        if nature is None:
            continue
        if nature:
            colonne = lu.colonnes.nom_classe if nature == NatureRejet.CLASSE_INCONNUE else lu.colonnes.nom_code
            tri.rejets.append(
                RejetArrete(
                    fichier=fichier,
                    ligne=ligne.numero,
                    colonne="" if nature == NatureRejet.ILLISIBLE else colonne[:80],
                    code=ligne.code or ligne.code_lu,
                    libelle=ligne.libelle,
                    valeur=ligne.valeur,
                    classe=ligne.classe or "",
                    nature=nature,
                    message=message[:300],
                    proposition_id=proposition,
                )
            )
            continue
        code = str(ligne.code)
        tri.retenues[code] = Ligne(code, str(ligne.classe), ligne.valeur)
        tri.lignes[code] = ligne.numero
    if tri.repetees:
        tri.notes.append(f"{tri.repetees} lignes répètent une commune avec la même classe : lues une fois.")
    return tri


def _judge(
    ligne: LigneLue, codes: Codes, region: str, departements: Mapping[str, str], tri: Tri
) -> tuple[NatureRejet | str | None, str, str | None]:
    """(nature, message, proposed commune): an empty nature is a row to keep, None one to leave aside (counted)."""
    if ligne.faute:
        return NatureRejet.ILLISIBLE, ligne.faute, None
    if ligne.code is None:
        return (
            NatureRejet.COMMUNE_INCONNUE,
            f"« {ligne.code_lu[:20]} » n’est pas un code INSEE (cinq caractères, par exemple 71076 ou 2A004).",
            None,
        )
    communes = codes.resolve(ligne.code)
    lieu = codes.actuels[communes[0]] if communes else departements.get(find_departement(ligne.code))
    if lieu is not None and lieu != region:
        tri.ailleurs += 1
        return None, "", None
    if not communes:
        return NatureRejet.COMMUNE_INCONNUE, f"Aucune commune n’a jamais eu le code {ligne.code}.", None
    if communes[0] != ligne.code:
        return _judge_ancienne(ligne.code, communes)
    deja = tri.retenues.get(ligne.code)
    if deja is not None and deja.classe == ligne.classe:
        tri.repetees += 1
        return None, "", None
    if ligne.classe is None:
        return NatureRejet.CLASSE_INCONNUE, f"La classe « {ligne.valeur[:40]} » n’existe pas.", ligne.code
    if deja is not None:
        numero = tri.lignes[ligne.code]
        return NatureRejet.DOUBLON, f"La ligne {numero} donne à cette commune une autre classe.", ligne.code
    return "", "", None


def _judge_ancienne(code: str, heritieres: tuple[str, ...]) -> tuple[NatureRejet, str, str | None]:
    if len(heritieres) > 1:
        noms = ", ".join(heritieres)
        return NatureRejet.COMMUNE_FUSIONNEE, f"{code} s’est partagée entre {noms} : choisissez la commune.", None
    nom = Commune.objects.get(pk=heritieres[0])
    return NatureRejet.COMMUNE_FUSIONNEE, f"{code} n’est plus une commune : elle est dans {nom}.", heritieres[0]


def find_departement(code: str) -> str:
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def _read_departements() -> dict[str, str]:
    return dict(Departement.objects.order_by("code").values_list("code", "region_id"))
