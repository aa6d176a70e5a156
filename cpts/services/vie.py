"""The one way a CPTS moves: a conditional UPDATE decides between two people, and the act is written with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pghistory
from django.db import IntegrityError, transaction
from django.utils import timezone

from cpts.droits import may_edit
from cpts.enums import ActionCpts, NaturePieceCpts, StatutCpts
from cpts.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible, VersionPerimee, explain_base
from cpts.models import ActeCpts, Cpts, PieceCpts
from cpts.regles.etapes import (
    AVEC_PERIMETRE,
    DUREE_ACI,
    FINS,
    TRANSITIONS,
    add_annees,
    check_effet,
    check_jour,
)
from cpts.regles.reponses import is_annoncee
from cpts.services.argent_ecriture import refresh_argent
from cpts.services.missions import open_missions
from cpts.services.perimetres import end_perimetre
from cpts.services.vie_courriels import announce
from cpts.services.vie_lecture import has_perimetre, may_act
from portal.core.documents import receive_document
from portal.core.examen import FichierAccepte
from portal.core.models import Evenement
from portal.core.outbox import emit

SUJET_VIE = "cpts.cpts"
"""Something of a CPTS changed: emitted with its code (`MAILLAGE_ABONNEMENTS`)."""
SUJET_ACI = "cpts.aci"
"""An ACI was signed, renewed, amended or terminated: emitted with the code of the CPTS."""
CONTRACTUELS = {ActionCpts.SIGNER_ACI, ActionCpts.AVENANT, ActionCpts.RENOUVELER, ActionCpts.RESILIER}
OBLIGATOIRE = "Ce champ est obligatoire."


@dataclass(frozen=True, slots=True)
class SaisieActe:
    """What is written of an act. `decide_par`: bodies, never a person. `effet_le`: the first day without contract."""

    date_acte: date
    commentaire: str = ""
    decide_par: str = ""
    pieces: Mapping[NaturePieceCpts, FichierAccepte] = field(default_factory=dict)
    effet_le: date | None = None


def apply_acte(
    cpts: Cpts, action: ActionCpts, saisie: SaisieActe, *, par: Any, version: int | None = None
) -> ActeCpts:
    """Do one act. `version`: the one of the form (None: the one of `cpts`). `cpts` is read again.

    Raises DroitRefuse, ActeInvalide (a value or a document is missing), VersionPerimee (somebody acted since),
    TransitionImpossible. Nothing is written then.
    """
    if not may_act(par, cpts, action):
        raise DroitRefuse(f"{action.label} : vous n'avez pas ce droit sur cette CPTS.")
    attendue = cpts.version if version is None else version
    source, transition = StatutCpts(cpts.statut), TRANSITIONS[action]
    if cpts.version != attendue or source not in transition.sources:
        raise _explain(cpts, action, attendue)
    _check(cpts, action, saisie)
    valeurs = {"statut": transition.cible or source, "version": attendue + 1, **_date_aci(cpts, action, saisie)}
    try:
        with transaction.atomic(), pghistory.context(acte=action.value):
            if not Cpts.objects.filter(pk=cpts.pk, version=attendue, statut=source).update(**valeurs):
                raise _explain(cpts, action, attendue)
            acte = _write_acte(cpts, action, saisie, par, source, attendue + 1)
            cpts.refresh_from_db()
            _follow(cpts, action, saisie, par)
    except IntegrityError as erreur:
        raise explain_base(erreur) or erreur from erreur
    return acte


def _follow(cpts: Cpts, action: ActionCpts, saisie: SaisieActe, par: Any) -> None:
    """What an act entails at once: the missions of a contract, its years, the territory of a CPTS that ends."""
    if action is ActionCpts.SIGNER_ACI:
        open_missions(cpts)
    elif action in CONTRACTUELS:
        refresh_argent(cpts)
    if action in FINS:
        end_perimetre(cpts, le=saisie.effet_le or saisie.date_acte, par=par)


def _check(cpts: Cpts, action: ActionCpts, saisie: SaisieActe) -> None:
    """Everything that is wrong at once, so that the form says it all."""
    transition, erreurs = TRANSITIONS[action], {}
    dernier = ActeCpts.objects.filter(cpts=cpts).order_by("-date_acte", "-pk").first()
    au = timezone.localdate()
    if faute := check_jour(saisie.date_acte, precedent=dernier.date_acte if dernier else None, au=au):
        erreurs["date_acte"] = faute
    if transition.motif and not saisie.commentaire.strip():
        erreurs["commentaire"] = OBLIGATOIRE
    if transition.decideur and not saisie.decide_par.strip():
        erreurs["decide_par"] = OBLIGATOIRE
    if transition.effet:
        faute = check_effet(
            saisie.effet_le, acte_le=saisie.date_acte, signe_le=cpts.aci_signe_le, fin_le=cpts.aci_fin_le
        )
        erreurs.update({"effet_le": faute} if faute else {})
    deposees = set(
        PieceCpts.objects.filter(cpts=cpts, acte=None).order_by("pk").values_list("nature", flat=True)[:200]
    )
    for nature in transition.pieces:
        if nature not in saisie.pieces and nature.value not in deposees:
            erreurs[f"piece_{nature.value}"] = f"{nature.label} : joignez ce document."
    phrase = f"{action.label} : corrigez ce qui est signalé."
    if action in AVEC_PERIMETRE and not has_perimetre(cpts, au=saisie.date_acte):
        phrase = (
            f"{action.label} : aucun périmètre approuvé n'est en vigueur ce jour-là. Sa population donne la taille du "
            "contrat : approuvez d'abord un périmètre."
        )
        erreurs.setdefault("date_acte", "Aucun périmètre approuvé ce jour-là.")
    if erreurs:
        raise ActeInvalide(phrase, erreurs)


def _date_aci(cpts: Cpts, action: ActionCpts, saisie: SaisieActe) -> dict[str, date | None]:
    if action is ActionCpts.SIGNER_ACI:
        return {"aci_signe_le": saisie.date_acte, "aci_fin_le": add_annees(saisie.date_acte, DUREE_ACI)}
    if action is ActionCpts.RENOUVELER:
        return {"aci_fin_le": add_annees(cpts.aci_fin_le or saisie.date_acte, DUREE_ACI)}
    if action is ActionCpts.RESILIER:
        return {"aci_fin_le": saisie.effet_le}
    if action is ActionCpts.REPRENDRE:
        return {"aci_signe_le": None, "aci_fin_le": None}
    return {}


def _write_acte(
    cpts: Cpts, action: ActionCpts, saisie: SaisieActe, par: Any, source: StatutCpts, version: int
) -> ActeCpts:
    cible = TRANSITIONS[action].cible or source
    acte = ActeCpts.objects.create(
        cpts_id=cpts.pk,
        action=action.value,
        source=source,
        cible=cible,
        date_acte=saisie.date_acte,
        auteur=par,
        decide_par=saisie.decide_par.strip(),
        commentaire=saisie.commentaire.strip(),
    )
    natures = TRANSITIONS[action].pieces
    PieceCpts.objects.filter(cpts_id=cpts.pk, acte=None, nature__in=natures).update(acte=acte)
    for nature, fichier in saisie.pieces.items():
        _keep_piece(cpts, fichier, nature, par=par, acte=acte)
    empreinte = hashlib.sha256(acte.commentaire.encode()).hexdigest() if acte.commentaire else ""
    record(
        cpts, action.value, par, de=source.value, vers=str(cible), version=version,
        le=saisie.date_acte.isoformat(), commentaire_sha256=empreinte,
        **({"effet_le": saisie.effet_le.isoformat()} if saisie.effet_le else {}),
    )  # fmt: skip
    if action in CONTRACTUELS:
        emit(SUJET_ACI, cpts.pk, cle=f"cpts:{cpts.pk}")
    if is_annoncee(action):
        announce("acte", acte.pk)
    return acte


def record(cpts: Cpts, action: str, par: Any, **details: Any) -> Evenement:
    """The line of the journal, and the word to whoever follows the CPTS."""
    emit(SUJET_VIE, cpts.pk, cle=f"cpts:{cpts.pk}")
    return Evenement.objects.create(objet=f"cpts.cpts:{cpts.pk}", action=action, auteur=par, details=details)


@transaction.atomic
def add_piece(
    cpts: Cpts, fichier: FichierAccepte, nature: NaturePieceCpts, *, par: Any, libelle: str = ""
) -> PieceCpts:
    """Deposit a document before the act that uses it, or beside. Raises DroitRefuse."""
    if not may_edit(par, cpts):
        raise DroitRefuse("Vous ne pouvez pas déposer de document pour cette CPTS.")
    piece = _keep_piece(cpts, fichier, nature, par=par, libelle=libelle)
    record(cpts, "piece", par, nature=nature.value, piece=piece.pk)
    return piece


def _keep_piece(
    cpts: Cpts,
    fichier: FichierAccepte,
    nature: NaturePieceCpts,
    *,
    par: Any,
    acte: ActeCpts | None = None,
    libelle: str = "",
) -> PieceCpts:
    document = receive_document(
        fichier,
        proprietaire=par,
        region_code=cpts.region_code,
        departement_code=cpts.departement_code,
        guichet="cpam",  # the caisse signs the contract: it reads its documents, beside the agency
        perimetre=f"cpts:{cpts.code}",
        depose_par=par,
    )
    return PieceCpts.objects.create(cpts_id=cpts.pk, document=document, acte=acte, nature=nature, libelle=libelle)


def _explain(cpts: Cpts, action: ActionCpts, attendue: int) -> TransitionImpossible | VersionPerimee:
    """Why nothing was written: somebody acted since, or this is not a state from which the act starts."""
    cpts.refresh_from_db()
    if cpts.version != attendue:
        depuis = Evenement.objects.filter(objet=f"cpts.cpts:{cpts.pk}", details__version__gt=attendue)
        return VersionPerimee(
            f"Cette CPTS a changé depuis que vous avez ouvert la page : elle est « {cpts.get_statut_display()} ». "
            "Relisez ce qui a changé, puis recommencez.",
            list(depuis.order_by("survenu_le", "pk")[:20]),
        )
    etats = ", ".join(f"« {StatutCpts(s).label} »" for s in sorted(TRANSITIONS[action].sources))
    return TransitionImpossible(
        f"{action.label} : impossible, cette CPTS est « {cpts.get_statut_display()} » (il faut : {etats})."
    )
