"""Finding a commune from what people type, over the whole country."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory
from zonage.calculs.noms import LONGUEUR_MAX, cle_recherche, cle_tri, mots
from zonage.models import AncienneCommune
from zonage.recherche import CommuneInconnue, normalise, resolve_commune, search_communes
from zonage.services.territoire import refresh_cles

PREMIERES = [
    ("chalon", "71076"),
    ("Chalon-sur-Saône", "71076"),
    ("CHALON SUR SAONE", "71076"),
    ("Chalon s/ Saône", "71076"),
    ("chalon s/saone", "71076"),
    ("chalon saone", "71076"),
    ("chalon sur soane", "71076"),
    ("challon sur saone", "71076"),
    ("chalon 71", "71076"),
    ("71100", "71076"),
    ("71 100", "71076"),
    ("71076", "71076"),
    ("71429", "71076"),
    ("12 rue de la Paix 71100 Chalon-sur-Saône", "71076"),
    ("Saint-Rémy 71100", "71475"),
    ("st cosme", "68293"),
    ("st cosme en vairais", "72276"),
    ("Dampierre sur Salon", "70198"),
    ("L'Haÿ", "94038"),
    ("l’haÿ les roses", "94038"),
    ("lhay les roses", "94038"),
    ("oeuilly", "51410"),
    ("Œuilly 02", "02565"),
    ("pari 12", "75112"),
    ("Paris 12e", "75112"),
    ("paris 12ème", "75112"),
    ("75012", "75112"),
    ("paris", "75056"),
    ("lyon 3eme", "69383"),
    ("Marseille 3", "13203"),
    ("le havre", "76351"),
    ("havre", "76351"),
    ("la rochelle", "17300"),
    ("La Roche-sur-Yon", "85191"),
    ("st etienne", "42218"),
    ("ste foy les lyon", "69202"),
    ("Sainte-Foy-lès-Lyon", "69202"),
    ("villeneuve l'archeveque", "89461"),
    ("besancon", "25056"),
    ("bezancon", "25056"),
    ("monbelia", "25388"),
    ("Montbeliard (Doubs)", "25388"),
    ("doles", "39198"),
    ("bourg en bres", "01053"),
    ("vilefranche sur saone", "69264"),
    ("Saint-Martin (Saône-et-Loire)", "71456"),
    ("saint martin saone et loire", "71456"),
    ("Saint-Martin-en-Bresse", "71456"),
    ("2a004", "2A004"),
    ("ajaccio", "2A004"),
    ("evry courcouronnes", "91228"),
    ("strasbour", "67482"),
    ("mamoudzou", "97611"),
    ("98501", "97601"),
    ("Arbignieu", "01015"),
]


@pytest.mark.parametrize(("q", "code"), PREMIERES)
def test_the_commune_expected_comes_first(france, q, code):
    assert [p.code for p in search_communes(q, limite=5)][:1] == [code]


def test_homonyms_are_told_apart_by_their_departement(france):
    trouvees = search_communes("saint-martin", limite=10)
    exactes = [p for p in trouvees if normalise(p.nom) == "saint martin"]
    assert len(exactes) >= 4
    assert len({p.departement_code for p in exactes}) == len(exactes)
    assert all(p.departement_nom for p in exactes)


def test_a_former_name_says_which_and_never_hides_the_current_one(france):
    chalon, *_ = search_communes("71429", limite=3)
    assert (chalon.nom, chalon.via) == ("Chalon-sur-Saône", "71429")
    arbignieu, *_ = search_communes("arbignieu", limite=3)
    assert arbignieu.via == "Arbignieu (01015)"
    assert search_communes("chalon", limite=1)[0].via is None


def test_results_are_bounded_stable_and_without_repetition(france):
    premiere = search_communes("saint", limite=30)
    assert len(premiere) == len({p.code for p in premiere}) == 30
    assert premiere == search_communes("saint", limite=30)
    assert premiere[:5] == search_communes("saint", limite=5)
    assert search_communes("saint", limite=0) == []
    assert len(search_communes("s", limite=100_000)) <= 100


@pytest.mark.parametrize("q", ["", "   ", "---", "日本", "\0", "%", "_", "(", "()", "zzzzqqqqxxxx", "'", "\\", "s/"])
def test_nothing_to_find_is_no_error(france, q):
    assert isinstance(search_communes(q), list)


def test_wildcards_are_not_patterns(france):
    assert search_communes("%") == []
    assert search_communes("ch%lon") == search_communes("ch lon")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.text(st.characters(codec=None), max_size=300))
def test_no_text_makes_the_search_fail(france, q):
    for proposition in search_communes(q, limite=3):
        assert proposition.code
    with pytest.raises(CommuneInconnue):
        resolve_commune("x" + q)


def test_a_long_text_is_cut(france):
    assert search_communes("chalon sur saone " + "x" * 100_000, limite=1) == search_communes(
        ("chalon sur saone " + "x" * 100_000)[:LONGUEUR_MAX], limite=1
    )


@pytest.mark.django_db
def test_a_reestablished_commune_is_itself_and_not_its_old_host():
    hote = CommuneFactory(code_insee="71999", nom="Hôte")
    retablie = CommuneFactory(code_insee="71998", nom="Rétablie")
    AncienneCommuneFactory(code_insee="71998", nom="Rétablie", commune=hote, depuis="1973-01-01")
    refresh_cles()
    resolution = resolve_commune("71998")
    assert (resolution.commune, resolution.ancien_code) == (retablie, None)
    assert [p.code for p in search_communes("71998")] == ["71998"]


@pytest.mark.django_db
def test_a_former_code_resolves_and_says_since_when():
    chalon = CommuneFactory(code_insee="71076", nom="Chalon-sur-Saône")
    AncienneCommuneFactory(code_insee="71429", nom="Saint-Jean-des-Vignes", commune=chalon, depuis="1954-01-16")
    resolution = resolve_commune(" 71429 ")
    assert resolution.commune == chalon
    assert (resolution.ancien_code, resolution.ancien_nom) == ("71429", "Saint-Jean-des-Vignes")
    assert f"{resolution.depuis:%d/%m/%Y}" == "16/01/1954"
    refresh_cles()
    (proposition,) = search_communes("st jean des vignes")
    assert (proposition.code, proposition.via) == ("71076", "Saint-Jean-des-Vignes (71429)")
    assert proposition.depuis == resolution.depuis


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["", "7107", "99999x", "71\x00", "\ud800", "00000", "'; --"])
def test_an_unknown_code_says_what_to_do(code):
    with pytest.raises(CommuneInconnue, match="Vérifiez les cinq caractères"):
        resolve_commune(code)


@pytest.mark.django_db
def test_keys_follow_the_names():
    commune = CommuneFactory(nom="Le Vieux-Nom")
    assert refresh_cles() > 0
    assert refresh_cles() == 0
    commune.nom = "Nouveau-Nom"
    commune.save()
    AncienneCommune.objects.create(code_insee=commune.pk, nom="Le Vieux-Nom", commune=commune)
    refresh_cles()
    assert [p.via for p in search_communes("vieux nom")] == [f"Le Vieux-Nom ({commune.pk})"]
    assert [p.via for p in search_communes("nouveau nom")] == [None]


def test_the_keys_of_names():
    assert cle_recherche("L'Haÿ-les-Roses") == (" hay les roses", "l")
    assert cle_recherche("Sainte-Foy-lès-Lyon") == (" sainte foy les lyon", "")
    assert mots("Ste Foy lez Lyon") == mots("Sainte-Foy-lès-Lyon")
    assert mots("Chalon s/Saône") == mots("Chalon S/ Saone") == ["chalon", "sur", "saone"]
    assert mots("Paris 1er") == mots("Paris 1")
    assert cle_tri("Œuilly") == "oeuilly"
    assert cle_tri("L'Île-d'Yeu") == "l ile d yeu"
