"""The text of a rule: written once, read back alike by both readers, by the form, and turned local."""

from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aides.catalogue import DOSSIER, national
from aides.regles.canonique import digest, dump_canonique, dump_lisible, parse_json
from aides.regles.chargement import Lecteur, load_objet, load_texte
from aides.regles.ecriture import RegleInvalide
from aides.regles.evaluation import evaluate
from tests.aides.test_proprietes import situations


@pytest.mark.parametrize("dispositif", national().dispositifs, ids=lambda dispositif: dispositif.code)
def test_a_national_scheme_rewritten_as_json_is_the_same(dispositif):
    """The canonical text reads back, by both readers, to the same trees, amounts and words."""
    brut = _read_yaml(dispositif.code)
    texte = dump_canonique(brut)
    assert parse_json(texte) == brut
    assert dump_canonique(parse_json(dump_lisible(brut))) == texte
    relu = load_objet(parse_json(texte), digest(texte))
    assert load_texte(texte).empreinte == relu.empreinte
    for autre in (relu, load_texte(texte)):
        for mienne, sienne in zip(dispositif.versions, autre.versions, strict=True):
            assert mienne.conditions == sienne.conditions
            assert mienne.bareme == sienne.bareme
            assert (mienne.ouvert_du, mienne.ferme_le, mienne.regles_cumul) == (
                sienne.ouvert_du,
                sienne.ferme_le,
                sienne.regles_cumul,
            )


def _read_yaml(code):
    return yaml.load((DOSSIER / f"{code}.yaml").read_text(encoding="utf-8"), Loader=Lecteur)


LISIBLES = st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("éàœ’« »\n€")
VALEURS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.decimals(-(10**6), 10**6, places=2)
    | st.text(LISIBLES),
    lambda fils: st.lists(fils, max_size=4) | st.dictionaries(st.text(LISIBLES, max_size=8), fils, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(st.sampled_from("abc_é"), min_size=1, max_size=8), VALEURS, max_size=4))
def test_what_is_written_is_read_back(brut):
    lu = parse_json(dump_canonique(brut))
    assert dump_canonique(lu) == dump_canonique(brut)
    assert dump_canonique(parse_json(dump_lisible(brut))) == dump_canonique(brut)


@pytest.mark.parametrize(
    ("texte", "motif"),
    [
        ("{", "JSON illisible"),
        ('{"a": NaN}', "n'est pas un nombre"),
        ('{"a": 1, "a": 2}', "clé répétée : a"),
        ('{"a": 1e999999999}', "trop de chiffres"),
        ('{"a": ' + "9" * 5000 + "}", "trop de chiffres"),
        ('{"a": "\\u0000"}', "illisible"),
        ('{"a": "\\ud800"}', "illisible"),
        ("[" * 60000 + "]" * 60000, "imbrication"),
        ('"' + "a" * 200_001 + '"', "trop long"),
    ],
)
def test_a_bad_text_is_refused_in_a_sentence(texte, motif):
    with pytest.raises(RegleInvalide, match=motif):
        parse_json(texte)


@settings(max_examples=60, deadline=None)
@given(situations(), st.sampled_from([d for d in national().dispositifs if not d.perimetre]))
def test_a_national_rule_made_local_answers_alike_in_its_territory(cas, dispositif):
    """Inside, the same verdict and amount as the national one; outside, never eligible."""
    au, situation = cas
    version = dispositif.version_au(au)
    if version is None:
        return
    brut = _read_yaml(dispositif.code) | {"statut": "local", "perimetre": ["departement:71"], "code": "locale"}
    locale = load_objet(parse_json(dump_canonique(brut)), "")
    dedans = replace(situation, commune_choisie=True, lieux=frozenset({"departement:71"}))
    dehors = replace(dedans, lieux=frozenset())
    attendu = evaluate(dispositif, version, dedans, au=au)
    trouve = evaluate(locale, locale.version_au(au), dedans, au=au)
    assert (trouve.issue, trouve.manquants) == (attendu.issue, attendu.manquants)
    assert (trouve.montant and trouve.montant.texte) == (attendu.montant and attendu.montant.texte)
    assert evaluate(locale, locale.version_au(au), dehors, au=au).issue == "non_eligible"
