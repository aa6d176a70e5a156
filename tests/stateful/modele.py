"""The life of a file in plain Python, written from the domain: it shares nothing with the code that it checks.

`predict` says what an act must do (« fait », « refus », « rien » when sending again changes nothing, « libre » when
only the rights are foretold); `apply` does it to the model.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

SEUIL = Decimal(10_000)
CENTIME = Decimal("0.01")
OUVERTS = ("deposee", "recevable", "en_instruction")
SIGNES = ("signee", "en_cours", "suspendue", "a_l_echeance", "resiliee", "remboursement_du", "soldee")
TOUS = ("deposee", "incomplete", "recevable", "en_instruction", "avis", "accordee", "refusee", "retiree", "caduque")

# The act: from which states, to which one (None: it stays), by whom (d: applicant, i: instructor, v: validator).
TABLE: dict[str, tuple[tuple[str, ...], str | None, str]] = {
    "deposer": (("brouillon",), "deposee", "d"),
    "demander_pieces": (OUVERTS, "incomplete", "i"),
    "completer": (("incomplete",), "deposee", "d"),
    "declarer_recevable": (("deposee",), "recevable", "i"),
    "instruire": (("recevable",), "en_instruction", "i"),
    "demander_avis": (("en_instruction",), "avis", "i"),
    "rendre_avis": (("avis",), "en_instruction", "i"),
    "proposer": (("en_instruction",), None, "i"),
    "accorder": (("en_instruction",), "accordee", "v"),
    "refuser": (OUVERTS, "refusee", "v"),
    "retirer": (("brouillon", *OUVERTS, "incomplete", "avis"), "retiree", "d"),
    "rendre_caduque": (("accordee", "incomplete"), "caduque", "v"),
    "signer": (("accordee",), "signee", "i"),
    "suspendre": (("en_cours",), "suspendue", "i"),
    "reprendre": (("suspendue",), "en_cours", "i"),
    "notifier": (("en_cours", "suspendue"), None, "di"),
    "resilier": (("signee", "en_cours", "suspendue"), "resiliee", "v"),
    "constater": (("resiliee", "a_l_echeance"), "remboursement_du", "v"),
    "rembourser": (("remboursement_du",), None, "i"),
    "annuler": (("resiliee", "a_l_echeance"), None, "i"),
    "solder": (("resiliee", "a_l_echeance", "remboursement_du"), "soldee", "i"),
    "payer": (("en_cours", "a_l_echeance", "resiliee"), None, "iv"),
    "observer": (SIGNES, None, "i"),
    "avenant": (("signee", "en_cours", "suspendue"), None, "v"),
    "noter": ((*TOUS, *SIGNES), None, "i"),
    "affecter": ((*OUVERTS, "incomplete", "avis"), None, "i"),
}
MOTIVES = {
    *("demander_pieces", "completer", "demander_avis", "rendre_avis", "refuser", "rendre_caduque", "suspendre"),
    *("notifier", "resilier", "constater", "annuler", "avenant", "noter"),
}
SUR_CONTRAT = {
    *("suspendre", "reprendre", "notifier", "resilier", "constater", "rembourser", "annuler", "solder", "payer"),
    *("observer", "avenant"),
}
SANS_VERSION = frozenset({"payer", "observer"})
"""Their form carries the version of the line, not of the file."""
MARCHE = {
    "brouillon": "deposer",
    "deposee": "declarer_recevable",
    "incomplete": "completer",
    "recevable": "instruire",
    "avis": "rendre_avis",
    "accordee": "signer",
    "en_cours": "payer",
    "suspendue": "reprendre",
    "a_l_echeance": "payer",
    "resiliee": "payer",
    "remboursement_du": "rembourser",
}
FINIS = ("en_cours", "suspendue", "a_l_echeance", "resiliee", "remboursement_du")
"""A contract that may end, or that is ending."""
DETOURS = {"deposee": "demander_pieces", "accordee": "rendre_caduque", "en_cours": "suspendre"}
"""What else happens now and then."""
ROLES = {"instructeur": "i", "valideur": "iv", "second": "iv", "double": "iv"}
DEMANDEURS = ("alice", "bruno", "double")
PERSONNES = (*DEMANDEURS, "instructeur", "valideur", "second", "caisse", "voisin")


@dataclass
class Acte:
    """Who does what, and what was typed."""

    nom: str
    par: str
    montant: Decimal | None = None
    le: date | None = None
    signature: date | None = None
    effet: date | None = None
    ligne: int = 0
    initiateur: str = "titulaire"
    collegue: str = "instructeur"
    muet: bool = False
    perime: bool = False


@dataclass
class Ligne:
    cle: int
    nature: str
    montant: Decimal | None
    plafond: Decimal | None
    statut: str

    @property
    def ouverte(self) -> bool:
        return self.statut in ("prevue", "a_payer")


@dataclass
class Enveloppe:
    annee: int
    montant: Decimal
    engage: Decimal = Decimal(0)


@dataclass
class Contrat:
    signature: date
    debut: date
    fin: date | None = None
    borne: Decimal | None = None
    lignes: list[Ligne] = field(default_factory=list)
    effet_fin: date | None = None
    du: Decimal | None = None
    rembourse: Decimal = Decimal(0)

    @property
    def versements(self) -> list[Ligne]:
        return [ligne for ligne in self.lignes if ligne.nature == "versement"]

    @property
    def verse(self) -> Decimal:
        return sum((li.montant or Decimal(0) for li in self.versements if li.statut == "payee"), Decimal(0))


@dataclass
class Dossier:
    titulaire: str
    dispositif: str
    guichet: str
    statut: str = "brouillon"
    version: int = 1
    actes: int = 0
    depose: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    propose_par: str = ""
    accorde: Decimal | None = None
    decision_le: date | None = None
    enveloppe: Enveloppe | None = None
    contrat: Contrat | None = None

    def roles(self, personne: str) -> str:
        if personne == self.titulaire:
            return "d"
        return "i" if personne == "caisse" and self.guichet == "cpam" else ROLES.get(personne, "")

    def has_motif(self, acte: Acte) -> bool:
        return not (acte.muet and acte.nom in MOTIVES)


class Modele:
    """The files of one example, the envelopes, and the day."""

    def __init__(self, jour: date, enveloppes: list[Enveloppe]) -> None:
        self.jour, self.enveloppes = jour, enveloppes
        self.dossiers: list[Dossier] = []

    def predict(self, dossier: Dossier, acte: Acte) -> str:
        etats, _, roles = TABLE[acte.nom]
        droit = not set(roles).isdisjoint(dossier.roles(acte.par))
        if acte.nom == "deposer" and droit and dossier.depose and dossier.dispositif == "caim":
            return "rien"
        if not droit or dossier.statut not in etats or not dossier.has_motif(acte):
            return "refus"
        if acte.perime and acte.nom not in SANS_VERSION:
            return "refus"
        juge = getattr(self, f"_allows_{acte.nom}", None)
        if juge is not None and not juge(dossier, acte):
            return "refus"
        return "libre" if acte.nom == "avenant" else "fait"

    def _allows_deposer(self, dossier: Dossier, acte: Acte) -> bool:
        return dossier.dispositif != "caim" or self.jour < date(2026, 1, 1)

    def _allows_montant(self, dossier: Dossier, montant: Decimal | None) -> bool:
        if montant is None:
            return dossier.maximum is None
        plafond = montant if dossier.maximum is None else dossier.maximum
        return (dossier.minimum or 0) <= montant <= plafond

    def _allows_proposer(self, dossier: Dossier, acte: Acte) -> bool:
        return self._allows_montant(dossier, acte.montant)

    def _allows_accorder(self, dossier: Dossier, acte: Acte) -> bool:
        if not self._allows_montant(dossier, acte.montant):
            return False
        deux = acte.montant is None or acte.montant > SEUIL
        if deux and dossier.propose_par in ("", acte.par):
            return False
        trouvees = self._list_enveloppes(dossier)
        return not trouvees or self._find_enveloppe(dossier, acte) is not None

    def _list_enveloppes(self, dossier: Dossier) -> list[Enveloppe]:
        return [e for e in self.enveloppes if e.annee == self.jour.year and dossier.dispositif == "caim"]

    def _find_enveloppe(self, dossier: Dossier, acte: Acte) -> Enveloppe | None:
        besoin = acte.montant or dossier.maximum or Decimal(0)
        libres = [e for e in self._list_enveloppes(dossier) if e.montant - e.engage >= besoin]
        return libres[0] if libres else None

    def _allows_affecter(self, dossier: Dossier, acte: Acte) -> bool:
        return "i" in dossier.roles(acte.collegue)

    def _allows_signer(self, dossier: Dossier, acte: Acte) -> bool:
        assert acte.signature is not None
        assert acte.effet is not None
        assert dossier.decision_le is not None
        if not dossier.decision_le <= acte.signature <= self.jour or acte.effet < acte.signature:
            return False
        siens = [autre for autre in self.dossiers if autre.contrat and autre.titulaire == dossier.titulaire]
        return all(autre.dispositif != dossier.dispositif for autre in siens)  # both schemes are signed once in a life

    def _allows_notifier(self, dossier: Dossier, acte: Acte) -> bool:
        return acte.initiateur == "titulaire" or "i" in dossier.roles(acte.par)

    def _allows_resilier(self, dossier: Dossier, acte: Acte) -> bool:
        fin = dossier.contrat.effet_fin if dossier.contrat else None
        return fin is not None and fin <= self.jour

    def _allows_constater(self, dossier: Dossier, acte: Acte) -> bool:
        return acte.montant is not None and acte.montant > 0

    def _allows_rembourser(self, dossier: Dossier, acte: Acte) -> bool:
        contrat = dossier.contrat
        if contrat is None or contrat.du is None or acte.montant is None:
            return False
        return 0 < acte.montant <= contrat.du - contrat.rembourse

    def _allows_solder(self, dossier: Dossier, acte: Acte) -> bool:
        contrat = dossier.contrat
        if contrat is None or any(ligne.ouverte for ligne in contrat.versements):
            return False
        return not (acte.muet and (contrat.du or 0) > contrat.rembourse)

    def _allows_payer(self, dossier: Dossier, acte: Acte) -> bool:
        contrat = dossier.contrat
        if contrat is None or acte.le is None or not contrat.signature <= acte.le <= self.jour:
            return False
        ligne = contrat.lignes[acte.ligne]
        montant = ligne.montant if acte.montant is None else acte.montant
        if ligne.nature != "versement" or not ligne.ouverte or montant is None or montant <= 0:
            return False
        if ligne.plafond is not None and montant > ligne.plafond:
            return False
        bornes = [borne for borne in (contrat.borne, dossier.accorde) if borne is not None]
        return all(contrat.verse + montant <= borne for borne in bornes)

    def _allows_observer(self, dossier: Dossier, acte: Acte) -> bool:
        ligne = dossier.contrat.lignes[acte.ligne] if dossier.contrat else None
        return ligne is not None and ligne.nature == "obligation" and ligne.statut != "annulee"

    def apply(self, dossier: Dossier, acte: Acte) -> None:
        """What the act changes, but the lines of a schedule, which are read from the base (tested elsewhere)."""
        cible = TABLE[acte.nom][1]
        dossier.statut, dossier.version, dossier.actes = (
            cible or dossier.statut,
            dossier.version + 1,
            dossier.actes + 1,
        )
        ecrit = getattr(self, f"_write_{acte.nom}", None)
        if ecrit is not None:
            ecrit(dossier, acte)

    def _write_deposer(self, dossier: Dossier, acte: Acte) -> None:
        dossier.depose = True

    def _write_proposer(self, dossier: Dossier, acte: Acte) -> None:
        dossier.propose_par = acte.par

    def _write_accorder(self, dossier: Dossier, acte: Acte) -> None:
        dossier.accorde, dossier.decision_le = acte.montant, self.jour
        dossier.enveloppe = self._find_enveloppe(dossier, acte)
        if dossier.enveloppe:
            dossier.enveloppe.engage += acte.montant or dossier.maximum or Decimal(0)

    def _write_rendre_caduque(self, dossier: Dossier, acte: Acte) -> None:
        if dossier.enveloppe:
            dossier.enveloppe.engage -= dossier.accorde or dossier.maximum or Decimal(0)
            dossier.enveloppe = None

    def _write_signer(self, dossier: Dossier, acte: Acte) -> None:
        assert acte.signature is not None
        assert acte.effet is not None
        dossier.contrat = Contrat(acte.signature, acte.effet)
        if acte.effet <= self.jour:
            self._advance(dossier, "en_cours")

    def _write_constater(self, dossier: Dossier, acte: Acte) -> None:
        assert dossier.contrat
        dossier.contrat.du = acte.montant

    def _write_rembourser(self, dossier: Dossier, acte: Acte) -> None:
        assert dossier.contrat
        dossier.contrat.rembourse += acte.montant or 0

    def turn_day(self, jour: date) -> None:
        """What the portal does by itself: contracts begin, then those whose term has come end."""
        self.jour = jour
        for dossier in self.dossiers:
            contrat = dossier.contrat
            if contrat and dossier.statut == "signee" and contrat.debut <= jour:
                self._advance(dossier, "en_cours")
            if contrat and dossier.statut == "en_cours" and contrat.fin is not None and contrat.fin <= jour:
                self._advance(dossier, "a_l_echeance")

    def _advance(self, dossier: Dossier, statut: str) -> None:
        dossier.statut, dossier.version, dossier.actes = statut, dossier.version + 1, dossier.actes + 1


def find_fin(dossier: Dossier, choix: int) -> str:
    """The next act of a contract that ends before its term."""
    contrat = dossier.contrat
    assert contrat
    if choix == 0 and dossier.statut in ("en_cours", "suspendue"):
        return "avenant"
    if dossier.statut in ("en_cours", "suspendue"):
        return "resilier" if contrat.effet_fin else "notifier"
    if dossier.statut == "remboursement_du":
        return "rembourser" if (contrat.du or 0) > contrat.rembourse else "solder"
    return ("constater", "annuler", "solder")[choix % 3]
