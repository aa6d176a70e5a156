"""The best plan over five years: exact against every set, without a forbidden pair, to the cent, and dated."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from aides.catalogue import national
from aides.regles.calendrier import add_mois
from aides.regles.cumul import Nature
from aides.regles.dispositifs import LienCumul, ReglesCumul
from aides.regles.flux import Ligne, count_mois
from aides.regles.montants import Periodicite
from aides.regles.optimum import pack_poids, solve
from aides.regles.parcours import Parcours, advance, list_jours
from aides.regles.plan import add_horizon, build_etude, find_offre
from aides.regles.situation import Situation, ZoneLue
from tests.aides.contrats_tires import (
    AU,
    HORIZON,
    REFERENCE,
    draw_dispositif,
    draw_offre,
    is_allowed,
    list_rangs,
    list_sets,
    make_bareme,
    make_dispositif,
    weigh_sets,
)
from tests.aides.situations_tirees import Tireur

CAS = 2000
ZIP = ZoneLue("zip", libelle="Zone d'intervention prioritaire")
GENERALISTE = {
    "profession": "medecin",
    "specialite": "generaliste",
    "statut": "projet",
    "type_cabinet": "principal",
    "premiere_installation": True,
    "secteur": "secteur_1",
    "jours_semaine": Decimal("3.5"),
    "exercice_coordonne": "groupe",
    "pdsa": True,
    "contrat_etat": "aucun",
    "fmt_socle": 20000,
}


def study(faits, au, *, prudent=True, zone=ZIP):
    """The plan of somebody over the national schemes, the zone staying the same."""
    horizon = add_horizon(au)
    schemes = [d for d in national().dispositifs if d.concerns(faits["profession"])]
    jours, _ = list_jours(schemes, au, horizon, [])
    parcours = Parcours(Situation(faits, dict.fromkeys(jours, zone)), au, horizon)
    return build_etude(find_offre(schemes, parcours, jours), prudent=prudent)


def study_drawn(*dispositifs, prudent=False, jours=(AU,)):
    return build_etude(find_offre(dispositifs, Parcours(Situation({}), AU, HORIZON), jours), prudent=prudent)


def read_codes(etude):
    return {candidat.dispositif.code: candidat for candidat in etude.plan.candidats}


# --- The optimum -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lot", range(4))
def test_the_plan_is_the_best_of_every_set(lot):
    """Twelve schemes at most, every set of contracts enumerated: the same set, to the rank, whatever the ties."""
    for graine in range(lot * CAS // 4, (lot + 1) * CAS // 4):
        offre, prudent = draw_offre(graine), graine % 2 == 0
        poids = weigh_sets(offre.candidats, list_sets(offre.candidats, prudent=prudent))
        etude = build_etude(offre, prudent=prudent)
        assert set(etude.plan.candidats) == pick(offre, max(poids, key=poids.__getitem__)), f"graine {graine}"
        assert etude.exact


@pytest.mark.parametrize("lot", range(4))
def test_every_other_plan_is_the_best_that_holds_its_scheme(lot):
    for graine in range(lot * CAS // 16, (lot + 1) * CAS // 16):
        offre, prudent = draw_offre(graine), graine % 2 == 0
        poids = weigh_sets(offre.candidats, list_sets(offre.candidats, prudent=prudent))
        etude = build_etude(offre, prudent=prudent)
        codes = {candidat.dispositif.code for candidat in offre.candidats}
        assert {a.candidat.dispositif.code for a in etude.alternatives} == codes - set(etude.plan.cle)
        suite = []
        for autre in etude.alternatives:
            code = autre.candidat.dispositif.code
            siens = sum(1 << rang for rang, c in enumerate(offre.candidats) if c.dispositif.code == code)
            meilleur = max((ensemble for ensemble in poids if ensemble & siens), key=poids.__getitem__)
            assert set(autre.plan.candidats) == pick(offre, meilleur), f"graine {graine}"
            assert autre.ecart_minimum == etude.plan.minimum - autre.plan.minimum >= 0
            assert autre.obstacles, f"graine {graine} : rien n'empêche de l'ajouter"
            suite.append(poids[meilleur])
        assert suite == sorted(suite, reverse=True)


def pick(offre, ensemble):
    return {offre.candidats[rang] for rang in list_rangs(ensemble)}


@pytest.mark.parametrize("prudent", [True, False], ids=["prudent", "possible"])
def test_no_forbidden_pair_is_ever_proposed(prudent):
    """In the plan or around any other aid; a pair that nobody verified only when it is asked for."""
    douteux = 0
    for graine in range(CAS, CAS + CAS // 4):
        etude = build_etude(draw_offre(graine), prudent=prudent)
        for plan in (etude.plan, *(autre.plan for autre in etude.alternatives)):
            assert is_allowed(list(plan.candidats), prudent=prudent), f"graine {graine}"
        douteux += any(cumul.accord is None for _, _, cumul in etude.plan.cumuls)
    assert (douteux == 0) is prudent


def test_the_drawn_cases_defeat_a_greedy_choice():
    """The control: taking the largest first, then what still goes with it, is wrong often enough to be seen."""
    faux = 0
    for graine in range(300):
        offre = draw_offre(graine)
        poids = weigh_sets(offre.candidats, list_sets(offre.candidats, prudent=False))
        choisis = 0
        for rang in sorted(range(len(offre.candidats)), key=lambda rang: poids[1 << rang], reverse=True):
            choisis = choisis | 1 << rang if choisis | 1 << rang in poids else choisis
        faux += pick(offre, choisis) != set(build_etude(offre, prudent=False).plan.candidats)
    assert faux >= 10


def test_the_national_schemes_give_the_same_optimum_as_every_set():
    """The rules as they are written, for situations drawn around them."""
    compares = 0
    for tirage in Tireur(20261122).draw_many(400):
        situation, au = tirage.situation, tirage.au
        zone = situation.zones.get(au)
        if zone is None:
            continue
        horizon = add_horizon(au)
        schemes = [d for d in national().dispositifs if d.concerns(situation.faits.get("profession"))]
        jours, _ = list_jours(schemes, au, horizon, [])
        depart = replace(situation, zones={**situation.zones, **dict.fromkeys(jours, zone)})
        offre = find_offre(schemes, Parcours(depart, au, horizon), jours)
        if not 2 <= len(offre.candidats) <= 30:
            continue
        for prudent in (True, False):
            poids = weigh_sets(offre.candidats, list_sets(offre.candidats, prudent=prudent), au)
            etude = build_etude(offre, prudent=prudent)
            assert set(etude.plan.candidats) == pick(offre, max(poids, key=poids.__getitem__))
            assert etude.exact
            assert is_allowed(list(etude.plan.candidats), prudent=prudent)
        compares += 1
    assert compares >= 20


def test_a_search_too_long_stops_says_so_and_still_proposes_nothing_forbidden():
    """Sixty schemes at once: the page is answered, without the word « exact », and no pair of it is refused."""
    hasard = random.Random(7)
    codes = [f"d{rang}" for rang in range(60)]
    dispositifs = [draw_dispositif(hasard, code, codes, 0.5) for code in codes]
    jours, _ = list_jours(dispositifs, AU, HORIZON, [])
    etude = build_etude(find_offre(dispositifs, Parcours(Situation({}), AU, HORIZON), jours), prudent=False)
    assert not etude.exact
    assert etude.plan.candidats
    assert is_allowed(list(etude.plan.candidats), prudent=False)


def test_a_hundred_contracts_in_conflict_are_solved_at_once():
    """No trap: a ring of conflicts with equal amounts, where a search without bound would never end."""
    taille = 120
    poids = pack_poids([(1000, 1000, 0)] * taille)
    conflits = [1 << (rang - 1) % taille | 1 << (rang + 1) % taille for rang in range(taille)]
    choisis = solve(poids, conflits, (1 << taille) - 1)
    assert choisis.bit_count() == taille // 2


# --- Money and days ----------------------------------------------------------------------------------------------


def test_caim_is_paid_in_two_halves_and_must_be_signed_before_it_closes():
    etude = study(GENERALISTE, date(2025, 12, 1))
    caim = read_codes(etude)["caim"]
    assert [(ligne.du, ligne.minimum) for ligne in caim.apports.lignes] == [
        (date(2025, 12, 1), Decimal(21875)),
        (date(2026, 12, 1), Decimal(21875)),
    ]
    assert etude.plan.annees == ((2025, Decimal(21875), Decimal(21875)), (2026, Decimal(21875), Decimal(21875)))
    assert etude.limites["caim"].jour == date(2025, 12, 31)
    assert "fmt_majoration" not in read_codes(etude)
    autre = next(a for a in etude.alternatives if a.candidat.dispositif.code == "fmt_majoration")
    assert [obstacle.nature for obstacle in autre.obstacles] == [Nature.EXCLUS]
    assert autre.obstacles[0].reference is not None


def test_from_2026_the_first_installation_and_the_majoration_go_together():
    etude = study(GENERALISTE, date(2026, 1, 15))
    assert set(read_codes(etude)) == {"primo_installation", "fmt_majoration"}
    # 50 %, 30 %, then three years at 10 % of 20 000 €, and 10 000 € once.
    assert etude.plan.minimum == etude.plan.maximum == 10000 + 10000 + 6000 + 3 * 2000
    assert [cumul.nature for _, _, cumul in etude.plan.cumuls] == [Nature.ENSEMBLE]
    possible = study(GENERALISTE, date(2026, 1, 15), prudent=False)
    assert "pdsa_151ter" in read_codes(possible)
    assert possible.plan.minimum == etude.plan.minimum


def test_caim_and_cde_are_signed_together_before_the_first_anniversary():
    etude = study(GENERALISTE, date(2022, 6, 1))
    contrats = read_codes(etude)
    assert {"caim", "cde"} <= set(contrats)
    assert etude.limites["cde"].jour == date(2023, 5, 31)
    assert contrats["cde"].apports.maximum == 0
    assert contrats["cde"].apports.garanties


def test_a_contract_follows_another_and_is_not_counted_after_the_plan():
    faits = GENERALISTE | {
        "statut": "installe",
        "date_installation": date(2010, 1, 1),
        "premiere_installation": False,
        "age": 61,
        "accueille_confrere": True,
        "age_confrere": 40,
        "confrere_recent": True,
        "honoraires_annuels": 150000,
        "contrat_demographique": "aucun",
        "aide_conventionnelle_deja": False,
    }
    etude = study(faits, date(2025, 6, 1))
    contrats = read_codes(etude)
    assert contrats["cotram"].engagement.au == contrats["fmt_majoration"].du == date(2028, 6, 1)
    assert contrats["cotram"].apports.minimum == 3 * 15000
    assert contrats["fmt_majoration"].apports.minimum == 2 * 2000
    assert sum(minimum for _, minimum, _ in etude.plan.annees) == etude.plan.minimum


def test_a_contract_is_renewed_only_while_the_scheme_is_open():
    regles = ReglesCumul(duree_mois=24, renouvellements=None)
    par_an = make_bareme(1000, Periodicite.PAR_AN)
    ouvert = study_drawn(make_dispositif("ouvert", regles, par_an))
    ferme = study_drawn(make_dispositif("ferme", regles, par_an, ferme_le=add_mois(AU, 24)))
    un_jour_de_plus = study_drawn(make_dispositif("ferme", regles, par_an, ferme_le=date(2028, 1, 2)))
    assert [etude.plan.minimum for etude in (ouvert, ferme, un_jour_de_plus)] == [5000, 2000, 4000]


def test_without_a_known_term_nothing_periodic_is_certain():
    etude = study_drawn(make_dispositif("bourse", ReglesCumul(), make_bareme(100, Periodicite.PAR_MOIS)))
    assert (etude.plan.minimum, etude.plan.maximum) == (0, 6000)
    assert not etude.plan.candidats[0].terme_connu


def test_an_instalment_after_the_plan_is_said_and_not_counted():
    regles = ReglesCumul(duree_mois=60)
    bareme = make_bareme(1000, Periodicite.UNIQUE, parts=(0, 59, 60))
    etude = study_drawn(make_dispositif("aide", regles, bareme))
    assert etude.plan.minimum == Decimal("666.66")
    assert etude.plan.candidats[0].apports.apres


@pytest.mark.parametrize(("mois", "montant"), [(12, "1000"), (7, "0.05"), (1, "99.99"), (12, "31250.01")])
def test_the_years_of_a_line_add_up_to_the_cent(mois, montant):
    for depart in range(1, 13):
        ligne = Ligne("essai", date(2026, depart, 15), mois, Decimal(montant), Decimal(montant) * 2)
        parts = list(ligne.split_annees())
        assert sum(minimum for _, minimum, _ in parts) == ligne.minimum
        assert sum(maximum for _, _, maximum in parts) == ligne.maximum
        assert {annee for annee, _, _ in parts} == {add_mois(ligne.du, m).year for m in range(mois)}


@pytest.mark.parametrize(
    ("du", "au", "mois"),
    [
        (date(2026, 1, 31), date(2026, 2, 28), 1),
        (date(2026, 1, 15), date(2026, 2, 14), 0),
        (date(2026, 1, 15), date(2031, 1, 15), 60),
        (date(2026, 1, 15), date(2026, 1, 1), 0),
    ],
)
def test_months_are_whole(du, au, mois):
    assert count_mois(du, au) == mois


# --- The person, later -------------------------------------------------------------------------------------------


def test_a_project_becomes_an_installation_and_years_pass():
    faits = GENERALISTE | {"age": 59, "annee_etudes": "docteur_junior"}
    suite = advance(faits, date(2026, 1, 15), date(2027, 1, 15))
    assert suite["statut"] == "installe"
    assert suite["date_installation"] == date(2026, 1, 15)
    assert suite["age"] == 60
    assert suite["contrat_demographique"] == "aucun"
    assert "annee_etudes" not in suite
    assert advance(faits, date(2026, 1, 15), date(2026, 1, 15)) == faits
    assert advance(faits, date(2026, 1, 15), date(2027, 1, 14))["age"] == 59


def test_the_days_tried_are_the_turning_days_and_the_ends_of_contracts():
    un = make_dispositif("un", ReglesCumul(duree_mois=36), make_bareme(1, Periodicite.PAR_AN))
    deux = make_dispositif(
        "deux", ReglesCumul(), make_bareme(1, Periodicite.PAR_AN), ouvert_du=date(2027, 5, 3), ferme_le=HORIZON
    )
    jours, tronque = list_jours([un, deux], AU, HORIZON, [date(2026, 7, 1), date(2020, 1, 1)])
    departs = [AU, date(2026, 7, 1), date(2027, 5, 3)]
    assert list(jours) == sorted([*departs, *(add_mois(jour, 36) for jour in departs)])
    assert not tronque


def test_an_unknown_zone_keeps_a_scheme_out_of_the_plan_and_says_so():
    etude = study(GENERALISTE, date(2026, 1, 15), zone=ZoneLue(None, motif="Aucun classement connu"))
    assert etude.plan.candidats == ()
    douteux = {candidat.dispositif.code: candidat for candidat in etude.a_instruire}
    assert douteux["primo_installation"].manquants == ("zone",)


def test_a_pair_that_a_text_allows_is_taken_by_the_careful_plan_and_the_others_are_not():
    bareme = make_bareme(1000, Periodicite.PAR_AN)
    regles = ReglesCumul(duree_mois=60)
    deux = make_dispositif("deux", regles, bareme)
    trois = make_dispositif("trois", regles, bareme)
    un = make_dispositif("un", replace(regles, liens=(LienCumul(("deux",), True, REFERENCE),)), bareme)
    assert study_drawn(un, deux, trois, prudent=True).plan.cle == ("deux", "un")
    assert study_drawn(un, deux, trois, prudent=False).plan.cle == ("deux", "trois", "un")
