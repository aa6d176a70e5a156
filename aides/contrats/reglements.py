"""The lines of a campaign: what the holder declares, what the scheme makes of it, what an agent grants."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from aides.contrats.campagnes import OUVERTES, describe_etat, format_instant, is_ouverte, read_horloge
from aides.contrats.erreurs import explain
from aides.contrats.lecture import read_cadre, read_faits, read_granularite
from aides.contrats.paiements import lock_contrat
from aides.dossiers.droits import may_act
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse, DroitRefuse, TransitionImpossible, VersionPerimee
from aides.dossiers.etats import Action, Statut
from aides.models import Contrat, Echeance, LigneCampagne, PieceDossier, StatutEcheance
from aides.regles.calculs import Forfait, ParTranche, ParUnite, Pourcentage, round_centime
from aides.regles.echeancier_regles import Granularite
from aides.regles.faits import FAITS, FaitInvalide, clean_fait
from aides.regles.lecteur import open_contexte
from aides.regles.montants import Composante, format_euros
from aides.regles.prorata import part_annee
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.models import Evenement

LOT_MAX = 500


@dataclass(frozen=True, slots=True)
class Base:
    """What the holder declares for a line: the fact that its calculation reads. `code` empty: nothing to declare."""

    code: str
    libelle: str
    aide: str = ""


@dataclass(frozen=True, slots=True)
class Calcul:
    """The amount asked, and how it was found. `a_instruire`: what an agent has to settle."""

    montant: Decimal
    phrase: str
    a_instruire: str = ""


def _find_composante(contrat: Contrat, echeance: Echeance) -> tuple[Any, Composante]:
    cadre = read_cadre(contrat.demande)
    trouvee = next((c for c in cadre.version.bareme.composantes if c.code == echeance.code), None)
    if trouvee is None:
        raise ActeInvalide(
            f"Le calcul de la ligne « {echeance.libelle} » n'est plus lisible dans la version du contrat. "
            "Prévenez l'administrateur technique."
        )
    return cadre, trouvee


def find_base(ligne: LigneCampagne) -> Base:
    """The question put to the holder. Raises ActeInvalide when the scheme cannot be read."""
    if ligne.echeance.montant is not None:
        return Base("", "")
    cadre, composante = _find_composante(ligne.echeance.contrat, ligne.echeance)
    calcul = composante.calcul
    if isinstance(calcul, Pourcentage | ParUnite | ParTranche):
        return _describe(calcul.fait)
    secteur = read_faits(ligne.echeance.contrat).get("secteur", cadre.situation.faits.get("secteur"))
    if isinstance(calcul, Forfait) and calcul.prorata_opposable and secteur != "secteur_1":
        return _describe("taux_opposable")
    return Base("", "")


def _describe(code: str) -> Base:
    return Base(code, FAITS[code].libelle, "Pour la seule période de la ligne.")


def compute_demande(ligne: LigneCampagne, base: Decimal | None) -> Calcul:
    """What the scheme pays for this declaration, never above the potential. Raises ActeInvalide."""
    echeance = ligne.echeance
    if echeance.montant is not None:
        return Calcul(echeance.montant, "montant fixe du contrat")
    cadre, composante = _find_composante(echeance.contrat, echeance)
    attendue = find_base(ligne)
    faits = {**cadre.situation.faits, **read_faits(echeance.contrat)}
    if attendue.code:
        faits[attendue.code] = _clean_base(attendue, base)
    contexte = open_contexte(cadre.version, replace(cadre.situation, faits=faits), cadre.au)
    lue = replace(composante, si=None).compute(contexte)
    maximum = ligne.potentiel if lue.maximum is None else _apply_part(composante, echeance, lue.maximum)
    montant = min(round_centime(maximum), ligne.potentiel)
    doute = ""
    if lue.minimum != lue.maximum:
        doute = f"de {format_euros(lue.minimum)} à {format_euros(maximum)} selon la lecture du texte"
    return Calcul(montant, _explain_calcul(composante, base, montant, ligne.potentiel), doute)


def _apply_part(composante: Composante, echeance: Echeance, montant: Decimal) -> Decimal:
    """A fixed amount follows the part of the year; an activity declared is that of the part already."""
    periode = echeance.periode
    if periode is None or isinstance(composante.calcul, Pourcentage | ParUnite):
        return montant
    contrat = echeance.contrat
    part = part_annee(periode.lower.year, contrat.periode.lower, contrat.periode.upper or periode.upper)
    if part.entiere:
        return montant
    choix = read_granularite(contrat.dispositif)
    return max(part.apply(montant, unite) for unite in ((choix,) if choix else Granularite))


def _explain_calcul(composante: Composante, base: Decimal | None, montant: Decimal, potentiel: Decimal) -> str:
    calcul, plafonne = composante.calcul, " (plafond de la ligne)" if montant == potentiel else ""
    if isinstance(calcul, Pourcentage) and base is not None:
        taux = f"{calcul.taux * 100:f}".rstrip("0").rstrip(".").replace(".", ",")
        return f"{format_euros(base)} × {taux} % → {format_euros(montant)}{plafonne}"
    if isinstance(calcul, ParUnite) and base is not None:
        return f"{base:f} × {format_euros(calcul.montant)} → {format_euros(montant)}{plafonne}".replace(".", ",")
    return f"{format_euros(montant)}{plafonne}"


def _clean_base(attendue: Base, base: Decimal | None) -> Any:
    if base is None:
        phrase = f"Donnez : {attendue.libelle}."
        raise ActeInvalide(phrase, {"base": phrase})
    if base < 0 or base != round_centime(base):
        raise ActeInvalide("Un nombre positif, deux décimales au plus.", {"base": "Vérifiez ce nombre."})
    try:
        valeur = clean_fait(FAITS[attendue.code], f"{base.normalize():f}")
    except FaitInvalide as refus:
        raise ActeInvalide(str(refus), {"base": str(refus)}) from refus
    if valeur is None:
        raise ActeInvalide("Vérifiez ce nombre.", {"base": "Vérifiez ce nombre."})
    return valeur


def lock_ligne(ligne: LigneCampagne) -> LigneCampagne:
    """The contract first, as the payments do: a grant and a payment come one after the other."""
    lock_contrat(ligne.echeance.contrat_id)
    lues = LigneCampagne.objects.select_related("campagne", "echeance__contrat__demande", "piece")
    return lues.get(pk=ligne.pk)


@transaction.atomic
def declare_ligne(
    ligne: LigneCampagne,
    *,
    par: User,
    base: Decimal | None,
    version: int | None = None,
    piece: PieceDossier | None = None,
) -> LigneCampagne:
    """The holder's declaration, as often as needed within the window. Late, it is refused to the second."""
    tenue = lock_ligne(ligne)
    if par.pk != tenue.proprietaire_id:
        raise DroitRefuse("La déclaration est celle du titulaire du contrat.")
    _check_fenetre(tenue)
    _check_version(tenue, version)
    calcul = compute_demande(tenue, base)
    retenue = base if find_base(tenue).code else None
    valeurs: dict[str, Any] = {
        "base_declaree": retenue,
        "demande": calcul.montant,
        "calcul": " ; ".join(filter(None, (calcul.phrase, calcul.a_instruire)))[:300],
        "declare_le": timezone.now(),
        "version": tenue.version + 1,
    }
    if piece is not None:
        if piece.demande_id != tenue.echeance.contrat.demande_id:
            raise ActeInvalide("Cette pièce est d'un autre dossier.")
        valeurs["piece"] = piece
    _write(tenue, valeurs)
    _write_evenement(tenue, "declarer", par, demande=f"{calcul.montant:.2f}")
    tenue.refresh_from_db()
    return tenue


def _check_fenetre(ligne: LigneCampagne) -> None:
    maintenant = read_horloge()
    if not is_ouverte(ligne.campagne, maintenant.date()):
        etat = describe_etat(ligne.campagne, maintenant.date())
        raise TransitionImpossible(
            f"Rien n'est enregistré : la campagne est {etat}, et votre envoi est arrivé le "
            f"{format_instant(maintenant)}. Écrivez à votre caisse ou à l'ARS pour demander sa réouverture."
        )


def _check_version(ligne: LigneCampagne, version: int | None) -> None:
    if version is not None and version != ligne.version:
        raise VersionPerimee(
            "Cette ligne a changé depuis que vous avez ouvert la page : relisez-la, puis recommencez."
        )


def _write(ligne: LigneCampagne, valeurs: dict[str, Any]) -> None:
    """The condition decides between two people, the database keeps the window."""
    try:
        with transaction.atomic():
            if not LigneCampagne.objects.filter(pk=ligne.pk, version=ligne.version).update(**valeurs):
                raise VersionPerimee("Cette ligne vient d'être changée par quelqu'un d'autre : rouvrez la page.")
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur


@transaction.atomic
def grant_ligne(
    ligne: LigneCampagne, *, par: User, montant: Decimal | None = None, motif: str = "", version: int | None = None
) -> LigneCampagne:
    """Grant a line, at most its potential; lower than asked, for a reason. The payment takes the amount at once."""
    tenue = lock_ligne(ligne)
    echeance = tenue.echeance
    if not may_act(Action.PAYER, echeance.contrat.demande, read_portee(par)):
        raise DroitRefuse("Accorder un règlement : vous n'avez pas ce droit sur ce dossier.")
    _check_version(tenue, version)
    if echeance.statut not in OUVERTES:
        raise TransitionImpossible(f"Cette échéance est « {echeance.get_statut_display()} » : elle ne s'accorde plus.")
    somme = _check_montant(tenue, montant, motif)
    _write(tenue, {"accorde": somme, "accorde_par": par, "motif": motif.strip()[:300], "version": tenue.version + 1})
    try:
        with transaction.atomic():
            Echeance.objects.filter(pk=echeance.pk, version=echeance.version).update(
                montant=somme, a_instruire="", statut=_find_statut(echeance, somme), version=echeance.version + 1
            )
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur
    _write_evenement(tenue, "accorder", par, accorde=f"{somme:.2f}", demande=f"{tenue.demande:.2f}")
    tenue.refresh_from_db()
    return tenue


def _find_statut(echeance: Echeance, somme: Decimal) -> str:
    """What is granted in a running contract is to be paid at once; nothing granted is nothing to pay."""
    payable = somme > 0 and echeance.contrat.demande.statut == Statut.EN_COURS
    return StatutEcheance.A_PAYER if payable else echeance.statut


def _check_montant(ligne: LigneCampagne, montant: Decimal | None, motif: str) -> Decimal:
    if ligne.demande is None:
        raise ActeInvalide("Le titulaire n'a rien déclaré : il n'y a pas de montant à accorder.")
    somme = min(ligne.demande, ligne.potentiel) if montant is None else montant
    if somme < 0 or somme != round_centime(somme):
        raise ActeInvalide("Un montant positif, au centime.", {"montant": "Vérifiez ce montant."})
    if somme > ligne.potentiel:
        phrase = f"Le montant potentiel de cette ligne est de {format_euros(ligne.potentiel)}."
        raise ActeInvalide(phrase, {"montant": phrase})
    if somme < ligne.demande and not motif.strip():
        phrase = f"Le montant demandé est de {format_euros(ligne.demande)} : dites pourquoi vous accordez moins."
        raise ActeInvalide(phrase, {"motif": phrase})
    return somme


@dataclass(frozen=True, slots=True)
class Rendu:
    """What became of a line of a batch: granted, or why not."""

    ligne: LigneCampagne
    montant: Decimal | None
    refus: str = ""


def preview_lot(lignes: Iterable[LigneCampagne], *, par: User) -> list[Rendu]:
    """What granting these lines as asked would do, line by line. Writes nothing."""
    portee, rendus = read_portee(par), []
    for ligne in lignes:
        refus = ""
        if not may_act(Action.PAYER, ligne.echeance.contrat.demande, portee):
            refus = "vous n'avez pas ce droit sur ce dossier"
        elif ligne.accorde is not None:
            refus = "déjà accordée"
        elif ligne.demande is None:
            refus = "rien n'est déclaré"
        elif ligne.echeance.statut not in OUVERTES:
            refus = f"l'échéance est « {ligne.echeance.get_statut_display()} »"
        elif ligne.demande > ligne.potentiel:
            refus = "le montant demandé dépasse le potentiel : accordez-la une par une"
        rendus.append(Rendu(ligne, None if refus else ligne.demande, refus))
    return rendus


def grant_lot(lignes: Iterable[tuple[LigneCampagne, int]], *, par: User) -> list[Rendu]:
    """Grant each line as asked, each in its own transaction. `int`: the version that the preview showed."""
    rendus = []
    for ligne, version in lignes:
        try:
            if ligne.accorde is not None:
                raise TransitionImpossible("déjà accordée")
            rendue = grant_ligne(ligne, par=par, version=version)
            rendus.append(Rendu(rendue, rendue.accorde))
        except ActeRefuse as refus:
            rendus.append(Rendu(ligne, None, str(refus)))
    return rendus


def _write_evenement(ligne: LigneCampagne, action: str, par: User, **details: Any) -> None:
    Evenement.objects.create(
        objet=f"aides.lignecampagne:{ligne.pk}",
        action=action,
        auteur=par,
        details={"campagne": ligne.campagne_id, "echeance": ligne.echeance_id, **details},
    )
