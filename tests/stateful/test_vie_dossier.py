"""The whole life of several files at once, by eight people, against a model in plain Python (domaine.md §6).

A step is an act, allowed or not: the services must do what the model foretells, and a refusal writes nothing. 1,500
acts here; `./maillage bench etats` plays 20,000 (`MAILLAGE_PAS`), in parts that the workers share.
`MAILLAGE_GRAINE` plays others, `MAILLAGE_REDUIRE=1` shrinks what fails (minutes).
"""

import logging
import os
import re
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from aides.contrats import paiements
from aides.contrats.signature import reach_termes, start_contrats
from aides.dossiers import actes, droits, instruction
from aides.dossiers.erreurs import ActeRefuse
from aides.dossiers.etats import Acteur
from aides.models import Contrat, Demande, Enveloppe
from portal.accounts.enums import Role
from tests.aides.territoire import build_verifier
from tests.people import make_agent, make_user
from tests.stateful import gestes, invariants, modele
from tests.stateful.modele import CENTIME, DEMANDEURS, MARCHE, PERSONNES, SEUIL, TABLE, Acte, Dossier, Ligne, Modele

pytestmark = pytest.mark.django_db
journal = logging.getLogger("maillage.essais")
PARIS = ZoneInfo("Europe/Paris")
PAS = 200
ACTES = int(os.environ.get("MAILLAGE_PAS", "1500"))
PARTIES = max(1, ACTES // 2500)
"""Acts played in all by the parts; the days that pass and the files that open are not counted among them."""
GRAINE = int(os.environ.get("MAILLAGE_GRAINE", "0"))
TOURS_MAX = 8
"""A part plays again, with another seed, until it has its acts; the first, until it met each one, done and refused."""
DOSSIERS_MAX = 6
SENTENCE = re.compile(r"[A-ZÀÉ0-9].{10,}[.)]", re.DOTALL)
ENVELOPPES = ((2025, 100_000), (2025, 60_000), (2026, 50_000))
REGLAGES = settings(
    max_examples=9,
    stateful_step_count=PAS,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.generate, *([Phase.shrink] if os.environ.get("MAILLAGE_REDUIRE") else [])],
    suppress_health_check=list(HealthCheck),
)
CONTROLE = settings(REGLAGES, max_examples=10, derandomize=True, phases=[Phase.generate])


def make_people():
    """Made once: the right of each is read once a day of the example."""
    agents = {
        "instructeur": (Role.INSTRUCTEUR, "departement:71"),
        "valideur": (Role.VALIDEUR, "departement:71"),
        "second": (Role.VALIDEUR, "region:27"),
        "double": (Role.VALIDEUR, "departement:71"),
        "caisse": (Role.AGENT_CPAM, "departement:71"),
        "voisin": (Role.VALIDEUR, "departement:21"),
    }
    return {nom: make_user() for nom in ("alice", "bruno")} | {
        nom: make_agent(*mandat) for nom, mandat in agents.items()
    }


class Vie(RuleBasedStateMachine):
    """One example: one transaction, which is undone. `faits`, `refuses`, `pas` are counted over all the examples."""

    gens: dict = {}
    pas = 0
    faits: Counter = Counter()
    refuses: Counter = Counter()

    def __init__(self):
        super().__init__()
        self.tour = transaction.atomic()
        self.tour.__enter__()
        self.voyage = time_machine.travel(self.noon(gestes.JOUR), tick=False)
        self.horloge = self.voyage.start()
        self.lignes = {}
        enveloppes = [self.open_enveloppe(annee, Decimal(montant)) for annee, montant in ENVELOPPES]
        self.modele = Modele(gestes.JOUR, enveloppes)
        self.demandes = []
        self.depuis, self.envois = invariants.read_derniers()
        for qui, dispositif in (("alice", "caim"), ("bruno", "caim"), ("double", "cesp")):
            self.open(qui, dispositif)
        self.empreinte = self.read_empreinte()

    @staticmethod
    def noon(jour):
        return datetime(jour.year, jour.month, jour.day, 12, tzinfo=PARIS)

    @staticmethod
    def open_enveloppe(annee, montant):
        libelle = f"CAIM {annee} {montant}"
        Enveloppe.objects.create(region_id="27", annee=annee, libelle=libelle, dispositifs=["caim"], montant=montant)
        return modele.Enveloppe(annee, montant)

    def teardown(self):
        try:
            assert invariants.count_non_scelles(self.depuis) == 0
        finally:
            self.voyage.stop()
            transaction.set_rollback(True)
            self.tour.__exit__(None, None, None)

    def read_empreinte(self):
        return invariants.read_empreinte(self.demandes, self.depuis, self.envois)

    @rule(qui=st.sampled_from(DEMANDEURS), dispositif=st.sampled_from(["caim", "caim", "cesp"]))
    def open_file(self, qui, dispositif):
        if len(self.demandes) < DOSSIERS_MAX:
            self.open(qui, dispositif)
            self.check()

    def open(self, qui, dispositif):
        demande = gestes.open_file(self.gens[qui], dispositif, f"vie-{len(self.demandes)}")
        self.demandes.append(demande.pk)
        self.modele.dossiers.append(Dossier(qui, dispositif, demande.guichet))

    @rule(rang=st.integers(0, DOSSIERS_MAX - 1), choix=st.integers(0, 5), qui=st.integers(0, 7))
    def go_on(self, rang, choix, qui):
        """The next act of a life that goes well."""
        rang %= len(self.demandes)
        dossier = self.modele.dossiers[rang]
        nom = (modele.DETOURS if choix == 5 else MARCHE).get(dossier.statut, MARCHE.get(dossier.statut, "noter"))
        if dossier.statut == "en_instruction":
            nom = "accorder" if dossier.propose_par else "proposer"
        if nom == "payer" and dossier.contrat and not any(li.ouverte for li in dossier.contrat.versements):
            nom = "solder" if dossier.statut != "en_cours" else "observer"
        self.play(rang, nom, self.find_acteur(dossier, nom, qui), choix)

    @rule(rang=st.integers(0, DOSSIERS_MAX - 1), choix=st.integers(0, 5), qui=st.integers(0, 7))
    def wind_up(self, rang, choix, qui):
        """The next act of a contract that ends before its term: its days come first."""
        signes = [n for n, d in enumerate(self.modele.dossiers) if d.contrat and d.statut in modele.FINIS]
        if not signes:
            self.go_on(rang, choix, qui)
            return
        rang = signes[rang % len(signes)]
        dossier = self.modele.dossiers[rang]
        effet = dossier.contrat.effet_fin
        if dossier.statut in ("en_cours", "suspendue") and effet and effet > self.modele.jour:
            self.go_to(effet)
        nom = modele.find_fin(dossier, choix)
        self.play(rang, nom, self.find_acteur(dossier, nom, qui), choix)

    @rule(
        rang=st.integers(0, DOSSIERS_MAX - 1),
        nom=st.sampled_from(sorted(TABLE)),
        choix=st.integers(0, 11),
        qui=st.integers(0, 7),
    )
    def act(self, rang, nom, choix, qui):
        """Any act, by somebody who may."""
        rang %= len(self.demandes)
        nom = self.find_acte(rang, nom)
        self.play(rang, nom, self.find_acteur(self.modele.dossiers[rang], nom, qui), choix)

    @rule(
        rang=st.integers(0, DOSSIERS_MAX - 1),
        nom=st.sampled_from(sorted(TABLE)),
        par=st.sampled_from(PERSONNES),
        choix=st.integers(0, 11),
        muet=st.booleans(),
        perime=st.booleans(),
    )
    def attempt(self, rang, nom, par, choix, muet, perime):
        """Any act, by anybody, with a form too old or a reason left out."""
        rang %= len(self.demandes)
        self.play(rang, self.find_acte(rang, nom), par, choix, muet=muet, perime=perime)

    @rule(jours=st.sampled_from([1, 1, 1, 1, 7, 7, 30, 90]))
    def wait(self, jours):
        """Days pass, and the nightly tasks run."""
        self.go_to(self.modele.jour + timedelta(days=jours))

    def go_to(self, jour):
        self.horloge.move_to(self.noon(jour))
        self.modele.turn_day(jour)
        start_contrats(jour)
        paiements.open_paiements(jour)
        reach_termes(jour)
        self.check()

    def find_acte(self, rang, nom):
        """What is done on a contract needs one: until then, the next act of the file."""
        dossier = self.modele.dossiers[rang]
        sans = nom in modele.SUR_CONTRAT and dossier.contrat is None
        return MARCHE.get(dossier.statut, "noter") if sans else nom

    def find_acteur(self, dossier, nom, qui):
        possibles = [p for p in PERSONNES if not set(TABLE[nom][2]).isdisjoint(dossier.roles(p))]
        return possibles[qui % len(possibles)]

    def play(self, rang, nom, par, choix, *, muet=False, perime=False):
        dossier = self.modele.dossiers[rang]
        acte = build_acte(self.modele, dossier, nom, par, choix)
        acte.muet, acte.perime = muet, perime
        attendu = self.modele.predict(dossier, acte)
        type(self).pas += 1
        refus = self.do(rang, dossier, acte)
        if attendu == "libre":
            attendu = "refus" if refus else "fait"
        assert (refus is not None) == (attendu == "refus"), f"{attendu} {refus}: {acte} {dossier}"
        if isinstance(refus, ActeRefuse):
            assert refus.statut_http in (403, 409, 422)
            assert SENTENCE.fullmatch(str(refus)), refus
        (self.refuses if refus else self.faits)[nom] += 1
        if attendu == "fait":
            self.modele.apply(dossier, acte)
            self.reread(rang, dossier, nom)
            self.check()
        else:
            assert self.read_empreinte() == self.empreinte, (acte, "writes though it changes nothing")

    def do(self, rang, dossier, acte):
        demande = Demande.objects.get(pk=self.demandes[rang])
        ligne = dossier.contrat.lignes[acte.ligne].cle if dossier.contrat and dossier.contrat.lignes else None
        try:
            gestes.do(acte, demande, self.gens[acte.par], self.gens[acte.collegue], ligne)
        except ActeRefuse as refus:
            return refus
        except Demande.DoesNotExist as inconnu:
            return inconnu
        return None

    def reread(self, rang, dossier, nom):
        """The proof's range and the schedule come from the rules, which other tests check."""
        if nom in ("deposer", "completer"):
            lue = Demande.objects.get(pk=self.demandes[rang])
            dossier.minimum, dossier.maximum = lue.montant_minimum, lue.montant_maximum
        if nom not in modele.SUR_CONTRAT and nom != "signer":
            return
        contrat = Contrat.objects.get(demande=self.demandes[rang])
        avant = {li.cle: li for li in dossier.contrat.lignes if li.statut == "payee"}
        bornes = [borne for borne in (contrat.montant, contrat.plafond) if borne is not None]
        dossier.contrat.borne = min(bornes) if bornes else None
        dossier.contrat.fin, dossier.contrat.effet_fin = contrat.periode.upper, contrat.resiliation_effet_le
        lues = contrat.echeances.order_by("le", "pk").values_list("pk", "nature", "montant", "plafond", "statut")
        dossier.contrat.lignes = [Ligne(*ligne) for ligne in lues]
        assert avant == {li.cle: li for li in dossier.contrat.lignes if li.cle in avant}, "a payment was undone"

    def check(self):
        self.empreinte = self.read_empreinte()
        etats, comptes, *_ = self.empreinte
        assert etats == [f"({d.statut},{d.version})" for d in self.modele.dossiers] or not self.demandes
        assert comptes == [d.actes for d in self.modele.dossiers] or not self.demandes
        assert sum(e.engage for e in self.modele.enveloppes) == self.empreinte[-1]
        assert invariants.list_violations(self.demandes, int(SEUIL)) == []


def build_acte(etat, dossier, nom, par, choix):
    """What is typed, from one small number: mostly right, sometimes just beyond what is allowed."""
    acte = Acte(nom, par, le=etat.jour)
    if nom in ("proposer", "accorder"):
        juste = [dossier.maximum] if dossier.maximum is not None else [None, Decimal(4_000)]
        acte.montant = [*juste * 4, SEUIL, Decimal(8_000), (dossier.maximum or 0) + CENTIME, Decimal(-1)][choix % 8]
        if dossier.maximum is None and acte.montant == -1:
            acte.montant = None
    elif nom == "signer":
        signature = dossier.decision_le or etat.jour
        acte.signature = [signature, etat.jour, etat.jour, signature - timedelta(1), etat.jour + timedelta(1)][
            choix % 5
        ]
        acte.effet = acte.signature + timedelta(days=[0, 0, 20, 90, -1, 0][choix % 6])
    elif nom in ("payer", "observer"):
        fill_ligne(acte, etat, dossier, choix)
    elif nom == "constater":
        acte.montant = [Decimal(100), Decimal("1234.56"), Decimal(0)][choix % 3]
    elif nom == "rembourser" and dossier.contrat:
        reste = (dossier.contrat.du or Decimal(0)) - dossier.contrat.rembourse
        acte.montant = [reste, Decimal(50), reste + CENTIME][choix % 3]
    elif nom == "notifier":
        acte.initiateur = ["titulaire", "ars", "cpam"][choix % 3]
    elif nom == "affecter":
        acte.collegue = ["instructeur", "second", "voisin", "double"][choix % 4]
    return acte


def fill_ligne(acte, etat, dossier, choix):
    nature = "versement" if acte.nom == "payer" else "obligation"
    rangs = [rang for rang, li in enumerate(dossier.contrat.lignes) if (li.nature == nature) != (choix == 11)]
    ouverts = [rang for rang in rangs if dossier.contrat.lignes[rang].ouverte]
    acte.ligne = (ouverts or rangs or [0])[choix % len(ouverts or rangs or [0])]
    if acte.nom == "observer" or not rangs:
        return
    ligne = dossier.contrat.lignes[acte.ligne]
    acte.montant = {3: Decimal(100), 6: (ligne.plafond or Decimal(10**6)) + CENTIME, 7: Decimal(0)}.get(choix)
    ecarts = {8: etat.jour + timedelta(1), 9: dossier.contrat.signature - timedelta(1)}
    acte.le = ecarts.get(choix, dossier.contrat.signature if choix == 4 else etat.jour)


@pytest.fixture
def vie(territoire_vie):
    """A machine of its own for each test: its counters are its own."""
    return type("Vie", (Vie,), {"gens": territoire_vie, "pas": 0, "faits": Counter(), "refuses": Counter()})


@pytest.fixture
def territoire_vie(db):
    with time_machine.travel(Vie.noon(gestes.JOUR), tick=False):
        build_verifier()
        return make_people()


def list_missing(vie):
    return sorted((TABLE.keys() - vie.faits.keys()) | (TABLE.keys() - vie.refuses.keys()))


@pytest.mark.parametrize("partie", range(PARTIES))
def test_every_act_does_what_the_domain_says(vie, partie, record_property):
    debut = time.perf_counter(), time.process_time()
    for tour in range(TOURS_MAX):
        run_state_machine_as_test(seed(GRAINE + partie + PARTIES * tour)(vie), settings=REGLAGES)
        if vie.pas * PARTIES >= ACTES and (partie or not list_missing(vie)):
            break
    duree, calcul = time.perf_counter() - debut[0], time.process_time() - debut[1]
    for nom, nombre in {
        "pas": vie.pas,
        "faits": vie.faits.total(),
        "refusés": vie.refuses.total(),
        "secondes": round(duree),
        "calcul": round(calcul),
    }.items():
        record_property(nom, nombre)
    journal.warning("faits : %s ; refusés : %s", vie.faits.most_common(), vie.refuses.most_common())
    assert vie.pas * PARTIES >= ACTES
    assert partie or not list_missing(vie), "never done, or never refused"


def test_fifteen_hundred_acts_are_played_by_default():
    """What CI plays cannot shrink in silence: the part asserts it."""
    if "MAILLAGE_PAS" in os.environ:
        pytest.skip("MAILLAGE_PAS dit combien d'actes jouer.")
    assert ACTES >= 1_500


def forget_owner(demande, portee):
    """`list_acteurs` without its first rule: the roles, whoever asks."""
    acteurs = VRAI(demande, replace(portee, personne=None))
    return acteurs | {Acteur.DEMANDEUR} if portee.personne == demande.proprietaire_id else acteurs


VRAI = droits.list_acteurs
FAUTES = {
    "one's own file": (droits, "list_acteurs", forget_owner),
    "a lapse gives nothing back": (instruction, "release", lambda demande: None),
    "anybody may": (actes, "_check_droit", lambda *_: None),
}


@pytest.mark.parametrize("faute", sorted(FAUTES))
def test_control_a_guard_removed_is_found_in_two_thousand_steps(vie, monkeypatch, faute):
    module, nom, remplacant = FAUTES[faute]
    monkeypatch.setattr(module, nom, remplacant)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(vie, settings=CONTROLE)
    assert vie.pas < 2_000
