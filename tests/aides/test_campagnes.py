"""The yearly settlement: opened and closed by the database, declared by the holder, granted under the potential."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from aides.contrats.avenants import add_avenant
from aides.contrats.campagnes import (
    close_campagne,
    close_finies,
    open_campagne,
    refresh_campagne,
    reopen_campagne,
)
from aides.contrats.paiements import pay_echeance
from aides.contrats.reglements import compute_demande, declare_ligne, find_base, grant_ligne, grant_lot, preview_lot
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse, DroitRefuse, TransitionImpossible, VersionPerimee
from aides.models import Campagne, Echeance, LigneCampagne
from portal.accounts.enums import Role
from portal.core.models import Evenement
from tests.aides.campagnes_essai import ANNEE, find_ligne, make_annuel, make_campagne, make_responsable
from tests.aides.contrats_essai import aujourdhui, new_cle
from tests.aides.dossiers_essai import Equipe
from tests.people import make_agent, make_commune
from zonage.models import Region

pytestmark = pytest.mark.django_db


@pytest.fixture
def equipe() -> Equipe:
    make_commune("71")
    return Equipe()


@pytest.fixture
def responsable(equipe):
    return make_responsable()


def refus_de_la_base(acte) -> str:
    """The name of the rule by which the database itself refuses."""
    with pytest.raises(IntegrityError) as trouve, transaction.atomic():
        acte()
    return trouve.value.__cause__.diag.constraint_name


def test_a_year_is_settled_to_the_cent(equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    campagne = make_campagne(responsable)
    ligne = find_ligne(echeance)
    assert (ligne.potentiel, ligne.demande, ligne.accorde) == (Decimal(20_000), None, None)
    assert find_base(ligne).code == "honoraires_annuels"
    ligne = declare_ligne(ligne, par=contrat.proprietaire, base=Decimal(123_457), version=1)
    assert ligne.demande == Decimal("12345.70")
    assert "10 %" in ligne.calcul
    ligne = grant_ligne(ligne, par=equipe.valideur, montant=Decimal("12000.01"), motif="Honoraires hors zone.")
    echeance.refresh_from_db()
    assert (echeance.montant, echeance.statut) == (Decimal("12000.01"), "a_payer")
    payee = pay_echeance(echeance, par=equipe.instructeur, montant=None, le=aujourdhui(), cle=new_cle())
    assert payee.montant == ligne.accorde
    actes = Evenement.objects.filter(objet=f"aides.lignecampagne:{ligne.pk}").order_by("pk")
    assert [acte.action for acte in actes] == ["declarer", "accorder"]
    assert Evenement.objects.filter(objet=f"aides.campagne:{campagne.pk}", action="ouvrir").count() == 1


@pytest.mark.parametrize(
    ("faits", "base", "demande"),
    [
        ({"secteur": "secteur_1"}, "150000", "15000.00"),
        ({"secteur": "secteur_1"}, "200000", "20000.00"),
        ({"secteur": "secteur_1"}, "350000", "20000.00"),  # capped
        ({"secteur": "secteur_1"}, "0", "0.00"),
        ({"secteur": "secteur_2_optam", "taux_opposable": 50}, "100000", "5000.00"),
        # 35 000 capped at 20 000, half of it opposable: 10 000 to 17 500 by the order of both; the most is asked
        ({"secteur": "secteur_2_optam", "taux_opposable": 50}, "350000", "17500.00"),
    ],
)
def test_the_asked_amount_is_the_schemes(equipe, responsable, faits, base, demande):
    _, echeance = make_annuel(equipe, faits=faits)
    make_campagne(responsable)
    calcul = compute_demande(find_ligne(echeance), Decimal(base))
    assert calcul.montant == Decimal(demande)
    assert bool(calcul.a_instruire) == (demande == "17500.00")


def test_a_fixed_amount_asks_nothing(equipe, responsable):
    coscom = {"dispositif": "coscom", "faits": {"secteur": "secteur_1", "hopital_proximite": False}}
    _, echeance = make_annuel(equipe, code="forfait", **coscom)
    make_campagne(responsable, dispositif="coscom")
    ligne = find_ligne(echeance)
    assert (ligne.potentiel, ligne.demande) == (Decimal(5000), Decimal(5000))
    assert grant_ligne(ligne, par=equipe.valideur).accorde == Decimal(5000)


def test_a_base_that_is_missing_or_wrong_is_refused(equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    make_campagne(responsable)
    for base in (None, Decimal(-1), Decimal("1.234")):
        with pytest.raises(ActeInvalide) as refus:
            declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=base)
        assert "base" in refus.value.erreurs
    assert find_ligne(echeance).demande is None


def test_a_declaration_is_the_holders(equipe, responsable):
    _, echeance = make_annuel(equipe)
    make_campagne(responsable)
    with pytest.raises(DroitRefuse):
        declare_ligne(find_ligne(echeance), par=equipe.valideur, base=Decimal(1))


def test_late_is_refused_to_the_second(equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    hier = aujourdhui() - timedelta(days=1)
    make_campagne(responsable, debut=hier - timedelta(days=9), fin=hier)
    with pytest.raises(TransitionImpossible) as refus:
        declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(1000))
    assert str(refus.value).count("\u00a0s") >= 1
    assert "réouverture" in str(refus.value)


def test_the_database_holds_the_window_by_itself(equipe, responsable):
    _, echeance = make_annuel(equipe)
    campagne = make_campagne(responsable)
    ligne = find_ligne(echeance)
    lignes = LigneCampagne.objects.filter(pk=ligne.pk)
    assert lignes.update(demande=Decimal(5)) == 1  # open: accepted
    close_campagne(campagne, par=responsable)
    assert refus_de_la_base(lambda: lignes.update(demande=Decimal(6))) == "campagne_close"
    demain = aujourdhui() + timedelta(days=1)
    avant = make_annuel(equipe)[1]
    autre = make_campagne(responsable, annee=ANNEE - 1, debut=demain, fin=demain)
    tot = LigneCampagne.objects.create(
        campagne=autre,
        echeance=avant,
        proprietaire=avant.proprietaire,
        region_code="27",
        departement_code="71",
        guichet="cpam",
        potentiel=Decimal(10),
    )
    tots = LigneCampagne.objects.filter(pk=tot.pk)
    assert refus_de_la_base(lambda: tots.update(demande=Decimal(6))) == "campagne_hors_fenetre"
    assert refus_de_la_base(lambda: tots.update(accorde=Decimal(6))) == "ligne_sans_demande"
    assert refus_de_la_base(lambda: lignes.update(accorde=Decimal(1))) == "ligne_motif"
    assert refus_de_la_base(lambda: lignes.update(accorde=Decimal(20_001))) == "lignecampagne_accorde_borne"
    assert refus_de_la_base(lambda: lignes.update(echeance=avant)) == "ligne_figee"
    assert refus_de_la_base(lambda: lignes.delete()) == "ligne_ne_s_efface_pas"


def test_the_database_holds_opening_and_closing(equipe, responsable):
    make_annuel(equipe)
    campagne = make_campagne(responsable)
    campagnes = Campagne.objects.filter(pk=campagne.pk)
    loin = campagne.periode.__class__(campagne.periode.lower, aujourdhui() + timedelta(days=90))
    assert refus_de_la_base(lambda: campagnes.update(periode=loin)) == "campagne_reouverture_motivee"
    assert refus_de_la_base(lambda: campagnes.update(annee=2000)) == "campagne_figee"
    close = close_campagne(campagne, par=responsable)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - %s < interval '1 minute'", [close.close_le])
        assert cursor.fetchone()[0]
    assert refus_de_la_base(lambda: campagnes.update(close_le=None)) == "campagne_reouverture_motivee"
    assert refus_de_la_base(lambda: campagnes._raw_delete("default")) == "campagne_ne_s_efface_pas"


def test_nothing_is_granted_once_paid(equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    make_campagne(responsable)
    ligne = declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(100_000))
    grant_ligne(ligne, par=equipe.valideur)
    pay_echeance(echeance, par=equipe.instructeur, montant=None, le=aujourdhui(), cle=new_cle())
    with pytest.raises(TransitionImpossible, match="Payée"):
        grant_ligne(find_ligne(echeance), par=equipe.valideur, montant=Decimal(1), motif="Erreur.")
    lignes = LigneCampagne.objects.filter(echeance=echeance)
    assert refus_de_la_base(lambda: lignes.update(accorde=Decimal(1), motif="Erreur.")) == "ligne_echeance_payee"
    with pytest.raises(TransitionImpossible, match="déjà accordé"):
        declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(1))


def test_granting_less_says_why_and_never_more_than_the_potential(equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    make_campagne(responsable)
    ligne = declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(100_000))
    with pytest.raises(ActeInvalide) as refus:
        grant_ligne(ligne, par=equipe.valideur, montant=Decimal(9_999))
    assert "motif" in refus.value.erreurs
    with pytest.raises(ActeInvalide) as refus:
        grant_ligne(ligne, par=equipe.valideur, montant=Decimal("20000.01"))
    assert "montant" in refus.value.erreurs
    with pytest.raises(DroitRefuse):
        grant_ligne(ligne, par=make_agent(Role.LECTEUR, "national"))
    with pytest.raises(DroitRefuse):
        grant_ligne(ligne, par=contrat.proprietaire)
    with pytest.raises(VersionPerimee):
        grant_ligne(ligne, par=equipe.valideur, version=1)
    caisse = make_agent(Role.AGENT_CPAM, "departement:71")
    assert grant_ligne(ligne, par=caisse).accorde == Decimal(10_000)


def test_reopening_takes_a_reason_and_lets_declare_again(equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    campagne = close_campagne(make_campagne(responsable), par=responsable)
    with pytest.raises(TransitionImpossible):
        declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(10))
    with pytest.raises(ActeInvalide) as refus:
        reopen_campagne(campagne, par=responsable, fin=aujourdhui(), motif=" ")
    assert "motif" in refus.value.erreurs
    reopen_campagne(campagne, par=responsable, fin=aujourdhui(), motif="Panne du portail le dernier jour.")
    assert declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(10)).demande == Decimal(1)
    ecrit = Evenement.objects.get(objet=f"aides.campagne:{campagne.pk}", action="rouvrir")
    assert ecrit.details["reouverture"] == 1


def test_the_night_closes_what_is_over(equipe, responsable):
    make_annuel(equipe)
    hier = aujourdhui() - timedelta(days=1)
    finie = make_campagne(responsable, debut=hier, fin=hier)
    assert close_finies(aujourdhui()) == 1
    assert close_finies(aujourdhui()) == 0
    finie.refresh_from_db()
    assert finie.close_le is not None


def test_who_opens(equipe, responsable):
    region = Region.objects.get(pk="27")
    jours = {"debut": aujourdhui(), "fin": aujourdhui()}
    acte = {"region": region, "dispositif": "cotram", "annee": ANNEE, **jours}
    for qui in (equipe.valideur, make_agent(Role.INSTRUCTEUR, "region:27"), make_agent(Role.VALIDEUR, "region:84")):
        with pytest.raises(DroitRefuse):
            open_campagne(par=qui, **acte)
    with pytest.raises(ActeInvalide) as refus:
        open_campagne(par=responsable, **{**acte, "annee": aujourdhui().year})
    assert "debut" in refus.value.erreurs
    with pytest.raises(ActeInvalide):
        open_campagne(par=responsable, **{**acte, "dispositif": "caim"})
    open_campagne(par=make_agent(Role.ADMINISTRATEUR, "national"), **acte)
    with pytest.raises(ActeRefuse, match="existe déjà"):
        open_campagne(par=responsable, **acte)


def test_bringing_up_to_date_adds_what_is_missing_and_leaves_what_is_granted(equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    campagne = make_campagne(responsable)
    _, tardive = make_annuel(equipe)
    ligne = declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(100_000))
    grant_ligne(ligne, par=equipe.valideur)
    Echeance.objects.filter(pk=tardive.pk).update(plafond=Decimal(15_000))
    assert refresh_campagne(campagne, par=responsable) == (1, 0)
    Echeance.objects.filter(pk=tardive.pk).update(plafond=Decimal(12_000))
    assert refresh_campagne(campagne, par=responsable) == (0, 1)
    assert find_ligne(tardive).potentiel == Decimal(12_000)
    assert find_ligne(echeance).potentiel == Decimal(20_000)


def test_an_avenant_leaves_what_a_campaign_granted(equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    make_campagne(responsable)
    ligne = declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(100_000))
    grant_ligne(ligne, par=equipe.valideur)
    Echeance.objects.filter(pk=echeance.pk).update(le=aujourdhui() + timedelta(days=40))
    contrat.refresh_from_db()
    add_avenant(
        contrat,
        par=equipe.valideur,
        objet="Temps de travail.",
        date_signature=aujourdhui(),
        date_effet=aujourdhui(),
        faits={"jours_semaine": "3"},
    )
    echeance.refresh_from_db()
    assert echeance.montant == Decimal(10_000)


def test_a_batch_says_line_by_line(equipe, responsable):
    lus = [make_annuel(equipe) for _ in range(3)]
    make_campagne(responsable)
    for rang, (contrat, echeance) in enumerate(lus[:2], start=1):
        declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(10_000 * rang))
    lignes = [find_ligne(echeance) for _, echeance in lus]
    apercu = preview_lot(lignes, par=equipe.valideur)
    assert [rendu.montant for rendu in apercu] == [Decimal(1000), Decimal(2000), None]
    assert LigneCampagne.objects.filter(accorde__isnull=False).count() == 0
    versions = [ligne.version for ligne in lignes]
    LigneCampagne.objects.filter(pk=lignes[1].pk).update(version=9)
    rendus = grant_lot(zip(lignes, versions, strict=True), par=equipe.valideur)
    assert [rendu.montant for rendu in rendus] == [Decimal(1000), None, None]
    assert "changé" in rendus[1].refus
    assert "rien déclaré" in rendus[2].refus
