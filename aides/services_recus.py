"""Keeping an answer, finding it again, and telling whether it is still the one that was kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from aides.archives import archive_catalogue
from aides.codes_recus import clean_code, format_code, new_code
from aides.contenus_recus import build_contenu
from aides.models import Recu
from aides.recus import ORIGINE, Contenu, RecuIllisible, compute_empreinte, digest, dump_canonique, load_contenu
from aides.regles.dispositifs import Catalogue
from aides.rejeux import Rejeu, replay_actuel, replay_connu
from aides.services import Bilan

LOT = 500
FAUTES_MAX = 100
ALTERE = "Ce reçu n'est plus celui qui a été gardé : son empreinte ne correspond pas à son contenu."
ILLISIBLE = "Le contenu de ce reçu n'est pas lisible par cette version du portail."
SANS_PRECEDENT = "Le reçu qui précède celui-ci manque, ou n'est plus le même : la chaîne est rompue."
SANS_SUITE = "Le reçu qui suit celui-ci ne le reconnaît pas : la chaîne est rompue."


class RecuInconnu(LookupError):
    """No receipt has this code. The message is French."""


def keep_recu(bilan: Bilan, *, nsp: Sequence[str] = (), envoi: str, connu_le: datetime) -> Recu:
    """One receipt for one sending of the form: the same sending of the same answers gives the same receipt.

    `connu_le` is an instant taken before the answer was read. Raises ReponseIncomplete.
    """
    contenu = build_contenu(bilan, nsp=nsp)
    cle = digest(
        dump_canonique([envoi, *(contenu[nom] for nom in ("commune", "au", "nsp")), contenu["situation"]["faits"]])
    )
    if deja := Recu.objects.filter(cle=cle).first():
        return deja
    lus = [*(resultat.dispositif for resultat in bilan.resultats), *(ferme.dispositif for ferme in bilan.fermes)]
    with transaction.atomic():
        archive_catalogue(Catalogue(tuple(lus), bilan.catalogue))
        return append_recu(dump_canonique(contenu), cle=cle, garde_le=connu_le)


@transaction.atomic
def append_recu(contenu: str, *, cle: str, garde_le: datetime) -> Recu:
    """Add to the end of the chain. One writer at a time: the lock is held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('aides.recus'))")
    if deja := Recu.objects.filter(cle=cle).first():
        return deja
    dernier = Recu.objects.order_by("-rang").only("rang", "empreinte").first()
    champs: dict[str, Any] = {
        "rang": dernier.rang + 1 if dernier else 1,
        "code": new_code(),
        "cle": cle,
        "garde_le": garde_le,
        "precedente": dernier.empreinte if dernier else ORIGINE,
        "contenu": contenu,
    }
    return Recu.objects.create(**champs, empreinte=compute_empreinte(**champs))


def find_recu(texte: str) -> Recu:
    """The receipt of a code, however it was typed. Raises CodeInvalide and RecuInconnu."""
    code = clean_code(texte)
    recu = Recu.objects.filter(code=code).first()
    if recu is None:
        raise RecuInconnu(
            "Ce code est bien formé, mais aucun reçu de ce portail ne le porte. Vérifiez que le reçu vient bien de ce "
            "portail."
        )
    return recu


def compute_own(recu: Recu) -> str:
    """The digest that this row should have."""
    return compute_empreinte(
        rang=recu.rang,
        code=recu.code,
        cle=recu.cle,
        garde_le=recu.garde_le,
        precedente=recu.precedente,
        contenu=recu.contenu,
    )


def list_anomalies(recu: Recu) -> tuple[str, ...]:
    """Its own digest, then its place between its neighbours. Empty: it is what was kept."""
    anomalies = []
    if compute_own(recu) != recu.empreinte:
        anomalies.append(ALTERE)
    else:
        try:
            load_contenu(recu.contenu)
        except RecuIllisible:
            anomalies.append(ILLISIBLE)
    voisins = dict(
        Recu.objects.filter(rang__in=(recu.rang - 1, recu.rang + 1)).order_by("rang").values_list("rang", "empreinte")
    )
    suivante = Recu.objects.filter(rang=recu.rang + 1).values_list("precedente", flat=True).first()
    if recu.precedente != voisins.get(recu.rang - 1, ORIGINE if recu.rang == 1 else None):
        anomalies.append(SANS_PRECEDENT)
    if suivante is not None and suivante != recu.empreinte:
        anomalies.append(SANS_SUITE)
    return tuple(anomalies)


@dataclass(frozen=True, slots=True)
class Faute:
    """What is wrong at a place of the chain. The code is not said: it is the secret of who holds the receipt."""

    rang: int
    motif: str


@dataclass(slots=True)
class EtatChaine:
    """`tete`: the last rank and its digest, to be noted elsewhere: only that shows a chain cut at its end."""

    recus: int = 0
    octets: int = 0
    rejoues: int = 0
    tete: tuple[int, str] = (0, ORIGINE)
    fautes: list[Faute] = field(default_factory=list)

    def blame(self, rang: int, motif: str) -> None:
        if len(self.fautes) < FAUTES_MAX:
            self.fautes.append(Faute(rang, motif))


def verify_chaine(*, rejouer: bool = False, attendue: tuple[int, str] | None = None) -> EtatChaine:
    """Every receipt, from the first: rank without a gap, predecessor, digest; and its answer again when `rejouer`.

    `attendue`: a rank and its digest noted before, that the chain must still hold.
    """
    etat, vue = EtatChaine(), attendue is None
    for recu in iter_recus():
        rang, precedente = etat.tete
        if recu.rang != rang + 1:
            etat.blame(recu.rang, f"{recu.rang - rang - 1} reçu(s) manquent juste avant celui-ci.")
        elif recu.precedente != precedente:
            etat.blame(recu.rang, SANS_PRECEDENT)
        if compute_own(recu) != recu.empreinte:
            etat.blame(recu.rang, ALTERE)
        elif rejouer:
            _replay(recu, etat)
        vue = vue or attendue == (recu.rang, recu.empreinte)
        etat.recus += 1
        etat.octets += len(recu.contenu)
        etat.tete = (recu.rang, recu.empreinte)
    if not vue and attendue is not None:
        etat.blame(attendue[0], "La chaîne ne contient plus le reçu noté : elle a été coupée ou refaite.")
    return etat


def _replay(recu: Recu, etat: EtatChaine) -> None:
    try:
        rejeu = replay_connu(load_contenu(recu.contenu))
    except RecuIllisible:
        etat.blame(recu.rang, ILLISIBLE)
        return
    etat.rejoues += 1
    if not rejeu.identique:
        etat.blame(recu.rang, rejeu.empechement or "Le rejeu ne redonne pas la réponse gardée.")


def iter_recus() -> Iterator[Recu]:
    """Every receipt in the order of the chain, a few hundred at a time."""
    rang = 0
    while lot := list(Recu.objects.filter(rang__gt=rang).order_by("rang")[:LOT]):
        yield from lot
        rang = lot[-1].rang


@dataclass(frozen=True, slots=True)
class Verification:
    """A receipt read again. Without anomaly, `contenu` and both replays are there; with one, nothing is shown."""

    recu: Recu
    anomalies: tuple[str, ...]
    contenu: Contenu | None = None
    connu: Rejeu | None = None
    actuel: Rejeu | None = None

    @property
    def code(self) -> str:
        return format_code(self.recu.code)


def verify_recu(texte: str) -> Verification:
    """Raises CodeInvalide and RecuInconnu."""
    recu = find_recu(texte)
    anomalies = list_anomalies(recu)
    if anomalies:
        return Verification(recu, anomalies)
    contenu = load_contenu(recu.contenu)
    return Verification(recu, (), contenu, replay_connu(contenu), replay_actuel(contenu))


def read_recu(code: str) -> dict[str, Any]:
    """For the API: what the page shows. Raises CodeInvalide and RecuInconnu; an altered receipt shows no content."""
    lue = verify_recu(code)
    corps: dict[str, Any] = {
        "code": lue.code,
        "juste": not lue.anomalies,
        "anomalies": list(lue.anomalies),
        "rang": lue.recu.rang,
        "empreinte": lue.recu.empreinte,
        "precedente": lue.recu.precedente,
        "connu_le": lue.recu.garde_le.isoformat(),
    }
    if lue.contenu is None:
        return corps
    return corps | {
        "contenu": lue.contenu,
        "tel_que_connu": _dump_rejeu(lue.connu),
        "aujourd_hui": _dump_rejeu(lue.actuel),
    }


def _dump_rejeu(rejeu: Rejeu | None) -> dict[str, Any] | None:
    if rejeu is None:
        return None
    return {
        "identique": rejeu.identique,
        "empreinte": rejeu.empreinte,
        "empechement": rejeu.empechement,
        "ecarts": [{"nature": ecart.nature, "code": ecart.code, "phrase": ecart.phrase} for ecart in rejeu.ecarts],
    }
