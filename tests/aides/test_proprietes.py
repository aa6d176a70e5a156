"""What holds for every person, every zone and every day, looked for by hypothesis."""

from datetime import date, timedelta
from itertools import product

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from aides.catalogue import catalogue
from aides.regles.conditions import Non, Tous, UnDe
from aides.regles.evaluation import Issue, evaluate, evaluate_all, find_questions
from aides.regles.faits import FAITS, TypeFait
from aides.regles.lecteur import open_contexte
from aides.regles.montants import compute_montant
from aides.regles.situation import Situation, ZoneLue
from aides.regles.valeurs import sample_values

JOURS = sorted(
    {
        borne + timedelta(days=ecart)
        for dispositif in catalogue().dispositifs
        for version in dispositif.versions
        for borne in (version.ouvert_du, version.ferme_le, *(doute.du for doute in version.incertitudes))
        if borne is not None
        for ecart in (-1, 0, 1)
    }
)
VERSIONS = [version for dispositif in catalogue().dispositifs for version in dispositif.versions]
NIVEAUX = ["zip", "zac", "vigilance", "zar", "hors_zonage", None]
jours = st.sampled_from(JOURS)
zones = st.sampled_from(NIVEAUX).map(lambda niveau: ZoneLue(niveau, motif="" if niveau else "inconnue"))
reglages = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
lents = settings(reglages, max_examples=60)


@st.composite
def situations(draw, oublis=(0, 12)):
    """A day, and a person of whom everything is known but a few facts; values sit on thresholds and beside them."""
    au = draw(jours)
    faits = {}
    for code in FAITS:
        valeurs = sample_values(code, VERSIONS, {}, au) or (10,)
        faits[code] = draw(st.sampled_from(valeurs))
    for code in draw(st.sets(st.sampled_from(list(FAITS)), max_size=draw(st.integers(*oublis)))):
        del faits[code]
    dates = {au} | {valeur for valeur in faits.values() if isinstance(valeur, date)}
    return au, Situation(faits, {jour: draw(zones) for jour in sorted(dates)})


def read_verdicts(situation, au):
    return {r.dispositif.code: r.issue for r in evaluate_all(catalogue(), situation, au=au)}


@reglages
@given(situations(), st.data())
def test_an_unknown_fact_never_flips_a_verdict_and_knowledge_never_undoes_one(cas, data):
    au, complete = cas
    oublies = data.draw(st.sets(st.sampled_from(sorted(complete.faits) or ["profession"])))
    reste = {code: valeur for code, valeur in complete.faits.items() if code not in oublies}
    avec, sans = read_verdicts(complete, au), read_verdicts(Situation(reste, complete.zones), au)
    for code, issue in sans.items():
        assert issue in (Issue.A_INSTRUIRE, avec[code]), (code, oublies)


@reglages
@given(situations())
def test_an_unknown_zone_never_flips_a_verdict(cas):
    au, situation = cas
    sans_zone = Situation(situation.faits, dict.fromkeys(situation.zones, ZoneLue(None)))
    sans_commune = Situation(situation.faits, {}, commune_choisie=False)
    avec = read_verdicts(situation, au)
    for ignorant in (sans_zone, sans_commune):
        for code, issue in read_verdicts(ignorant, au).items():
            assert issue in (Issue.A_INSTRUIRE, avec[code])


@reglages
@given(situations())
def test_the_proof_and_the_verdict_agree(cas):
    au, situation = cas
    for resultat in evaluate_all(catalogue(), situation, au=au):
        assert recompute(resultat.preuve) is resultat.preuve.verdict
        assert (resultat.issue is Issue.A_INSTRUIRE) == bool(list(resultat.preuve.live()))


def recompute(preuve):
    """The verdict rebuilt from the leaves of the proof alone, with counts rather than short cuts."""
    if not preuve.branches:
        return preuve.verdict
    verdicts = [recompute(branche) for branche in preuve.branches]
    assert verdicts == [branche.verdict for branche in preuve.branches]
    if isinstance(preuve.condition, Non):
        return {True: False, False: True, None: None}[verdicts[0]]
    rangs = [{False: 0, None: 1, True: 2}[verdict] for verdict in verdicts]
    assert isinstance(preuve.condition, Tous | UnDe)
    return [False, None, True][min(rangs) if isinstance(preuve.condition, Tous) else max(rangs)]


@lents
@given(situations(oublis=(1, 4)))
def test_every_question_can_change_a_verdict_and_no_other_fact_can(cas):
    au, situation = cas
    assume("profession" in situation.faits)  # no zone is ever read without a profession
    resultats = evaluate_all(catalogue(), situation, au=au)
    questions = {fait.code for fait in find_questions(resultats, situation, au=au)}
    absents = [code for code in FAITS if code not in situation.faits]
    utiles = {code for code in absents if is_useful(code, absents, situation, au)}
    assert questions == {code for code in utiles if FAITS[code].can_be_asked(situation.faits)}


def is_useful(code, absents, situation, au):
    """Whether two values of the fact give two verdicts, for some way of knowing or not the other absent facts."""
    versions = [version for _, version in catalogue().versions_au(au) if code in version.faits]
    for version in versions:
        autres = [autre for autre in absents if autre != code and autre in version.faits]
        choix = [(None, *sample_values(autre, [version], situation.faits, au)) for autre in autres]
        for valeurs in product(*choix):
            connus = {a: v for a, v in zip(autres, valeurs, strict=True) if v is not None}
            base = {**situation.faits, **connus}
            essais = [{}, *({code: valeur} for valeur in sample_values(code, [version], base, au))]
            issues = {
                version.conditions.evaluate(
                    open_contexte(version, Situation({**base, **essai}, situation.zones), au)
                ).verdict
                for essai in essais
            }
            if len(issues) > 1:
                return True
    return False


@reglages
@given(situations(), st.data())
def test_knowing_more_narrows_each_line_of_an_amount(cas, data):
    au, complete = cas
    oublies = data.draw(st.sets(st.sampled_from(sorted(complete.faits) or ["profession"])))
    reste = {code: valeur for code, valeur in complete.faits.items() if code not in oublies}
    for dispositif, version in catalogue().versions_au(au):
        contexte = open_contexte(version, complete, au)
        if version.conditions.evaluate(contexte).verdict is False:
            continue  # an amount is said to who may be eligible: a table begins at the least that opens the right
        avec = compute_montant(version.bareme, contexte)
        sans = compute_montant(version.bareme, open_contexte(version, Situation(reste, complete.zones), au))
        larges = {ligne.code: ligne for ligne in sans.lignes} if sans else {}
        etroites = {ligne.code: ligne for ligne in avec.lignes} if avec else {}
        assert set(etroites) <= set(larges), dispositif.code
        for code, large in larges.items():
            minimum, maximum = (etroites[code].minimum, etroites[code].maximum) if code in etroites else (0, 0)
            assert large.minimum <= minimum, (dispositif.code, code)
            assert large.maximum is None or (maximum is not None and maximum <= large.maximum), (dispositif.code, code)


@reglages
@given(situations())
def test_instalments_add_up_to_the_amount(cas):
    au, situation = cas
    for dispositif, version in catalogue().versions_au(au):
        montant = evaluate(dispositif, version, situation, au=au).montant
        if montant is not None and montant.versements:
            assert sum(versement.montant for versement in montant.versements) == montant.minimum


def test_the_sampled_values_stand_for_their_whole_domain():
    """Between two sampled numbers no condition changes its mind: checked on every value of the short domains."""
    for version in VERSIONS:
        for code in version.faits:
            fait = FAITS[code]
            if fait.type not in (TypeFait.ENTIER, TypeFait.DECIMAL):
                continue
            pas, valeur, domaine = fait.pas, fait.minimum, []
            while valeur <= fait.maximum:
                domaine.append(valeur)
                valeur += pas
            profils = {read_profile(version, code, valeur) for valeur in domaine}
            echantillon = {
                read_profile(version, code, valeur) for valeur in sample_values(code, [version], {}, version.ouvert_du)
            }
            assert profils == echantillon, (version.dispositif, code)


def read_profile(version, code, valeur):
    """The verdict of each leaf of the tree about this fact."""
    contexte = open_contexte(version, Situation({code: valeur}), version.ouvert_du)
    preuve = version.conditions.evaluate(contexte)
    return tuple(ligne.etat for ligne in preuve.lignes())
