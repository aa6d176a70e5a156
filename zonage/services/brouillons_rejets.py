"""The rows that a file got wrong, mended on screen: another commune, another class, the merger, or dropped."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.accounts.models import User
from zonage.enums import NatureRejet, SortRejet, StatutFichier
from zonage.models import Arrete, Classement, FichierArrete, RejetArrete
from zonage.services.arretes import PublicationImpossible, log_arrete
from zonage.services.brouillons import Ligne, SaisieRefusee, find_faute, hold_brouillon, list_classes, write_lignes
from zonage.services.codes import read_codes

DEJA_LA = "La commune a sa propre ligne dans le fichier."


def find_fichier(arrete: Arrete) -> FichierArrete | None:
    """The file that the rows of the draft come from: the last one read."""
    return arrete.fichiers.filter(statut=StatutFichier.LU).order_by("-pk").first()


def list_rejets(arrete: Arrete) -> QuerySet[RejetArrete]:
    """The rows to mend, in the order of the file."""
    fichier = find_fichier(arrete)
    rejets = RejetArrete.objects.filter(fichier=fichier) if fichier else RejetArrete.objects.none()
    return rejets.filter(sort=SortRejet.A_CORRIGER).select_related("proposition").order_by("ligne", "pk")


@transaction.atomic
def mend_rejet(rejet: RejetArrete, *, commune: str, classe: str, par: User) -> None:
    """Give the row its commune and its class. Raises SaisieRefusee, PublicationImpossible."""
    arrete, tenu = _hold(rejet)
    ligne = Ligne(commune.strip().upper(), classe, tenu.valeur)
    faute = find_faute(arrete, ligne, read_codes(), {connue for connue, _ in list_classes(arrete.profession)})
    if not faute and tenu.nature != NatureRejet.DOUBLON and (deja := _find_ligne(arrete, ligne.code)):
        faute = (
            f"{deja.territoire} a déjà une ligne dans le brouillon "
            f"({deja.niveau or deja.get_statut_display()}) : écartez celle-ci, ou changez l’autre dans « Lignes »."
        )
    if faute:
        raise SaisieRefusee(faute)
    write_lignes(arrete, [ligne])
    _decide(tenu, SortRejet.CORRIGEE, par, commune_id=ligne.code)
    log_arrete(arrete, "corriger_ligne", par, ligne=tenu.ligne, commune=ligne.code, classe=classe)


@transaction.atomic
def drop_rejet(rejet: RejetArrete, *, motif: str, par: User) -> None:
    """Leave the row out, and say why."""
    arrete, tenu = _hold(rejet)
    if not motif.strip():
        raise SaisieRefusee("Dites pourquoi cette ligne est écartée.")
    _decide(tenu, SortRejet.ECARTEE, par, motif=motif.strip()[:300])
    log_arrete(arrete, "ecarter_ligne", par, ligne=tenu.ligne, code=tenu.code)


@transaction.atomic
def apply_fusions(arrete: Arrete, *, par: User) -> tuple[int, int]:
    """Read each merged commune as the one that took it over; drop it where that one has its own row.

    Returns (rows applied, rows dropped). Those whose class is unknown, or that split, stay to be mended by hand.
    """
    tenu = hold_brouillon(arrete)
    fusions = (
        list_rejets(tenu).filter(nature=NatureRejet.COMMUNE_FUSIONNEE, proposition__isnull=False).exclude(classe="")
    )
    presentes = set(tenu.classements.filter(territoire__type="commune").values_list("territoire__code", flat=True))
    appliquees = ecartees = 0
    for rejet in fusions[:1000]:
        code = str(rejet.proposition_id)
        if code in presentes:
            _decide(rejet, SortRejet.ECARTEE, par, motif=DEJA_LA)
            ecartees += 1
            continue
        write_lignes(tenu, [Ligne(code, rejet.classe, rejet.valeur)])
        presentes.add(code)
        _decide(rejet, SortRejet.CORRIGEE, par, commune_id=code)
        appliquees += 1
    log_arrete(tenu, "appliquer_fusions", par, appliquees=appliquees, ecartees=ecartees)
    return appliquees, ecartees


def _hold(rejet: RejetArrete) -> tuple[Arrete, RejetArrete]:
    arrete = hold_brouillon(rejet.fichier.arrete)
    tenu = RejetArrete.objects.select_for_update(no_key=True, of=("self",)).get(pk=rejet.pk)
    if tenu.sort != SortRejet.A_CORRIGER or find_fichier(arrete) != rejet.fichier:
        raise PublicationImpossible("Cette ligne a déjà été traitée, ou son fichier remplacé : rechargez la page.")
    return arrete, tenu


def _find_ligne(arrete: Arrete, code: str) -> Classement | None:
    siennes = arrete.classements.filter(territoire__type="commune", territoire__code=code)
    return siennes.select_related("territoire", "niveau").order_by("pk").first()


def _decide(rejet: RejetArrete, sort: SortRejet, par: User, **champs: object) -> None:
    RejetArrete.objects.filter(pk=rejet.pk).update(sort=sort, decide_par=par, decide_le=timezone.now(), **champs)
