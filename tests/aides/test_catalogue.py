"""The strict loader: what it refuses, and how precisely it says where."""

import copy
from datetime import date

import pytest
import yaml

from aides.catalogue import DOSSIER, catalogue
from aides.regles.chargement import load_dossier, load_texte
from aides.regles.conditions import AInstruire, DansZone, FeuilleFait, walk
from aides.regles.ecriture import RegleInvalide
from aides.regles.faits import FAITS

SOURCE = (DOSSIER / "primo_installation.yaml").read_text(encoding="utf-8")


class Tel(yaml.SafeLoader):
    """Days stay text, as the strict loader reads them."""


Tel.add_constructor("tag:yaml.org,2002:timestamp", lambda lecteur, noeud: lecteur.construct_scalar(noeud))
BRUT = yaml.load(SOURCE, Loader=Tel)


def dump(brut):
    return yaml.dump(brut, allow_unicode=True, Dumper=SansAlias)


class SansAlias(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def alter(change):
    brut = copy.deepcopy(BRUT)
    change(brut)
    return dump(brut)


def leaf(brut):
    return brut["versions"][0]["conditions"]["tous"][0]


MEDECINS = {
    *("caim", "cotram", "coscom", "cstm", "ptmg", "ptma", "cde", "primo_installation", "cabinet_secondaire"),
    *("fmt_majoration", "consultations_avancees", "ptma_2026", "cesp", "assistant_medical", "msu"),
    *("mg400_volet1", "mg400_volet2", "docteur_junior", "docteur_junior_accueil"),
}
"""The schemes of doctors and of their students."""
CONVENTION_2016 = {"caim", "cotram", "coscom", "cstm"}
CONVENTION_2024 = {
    *("primo_installation", "cabinet_secondaire", "fmt_majoration", "consultations_avancees", "assistant_medical")
}


def test_the_shipped_schemes_load_in_order_and_those_of_doctors_are_all_there():
    codes = [dispositif.code for dispositif in catalogue().dispositifs]
    assert codes == sorted(codes)
    assert set(codes) >= MEDECINS


def test_the_unaltered_source_loads():
    assert load_texte(dump(BRUT)).code == "primo_installation"


FAUTES = [
    (lambda b: b.update(couleur="bleu"), "clé inconnue"),
    (lambda b: b.pop("payeur"), "il manque payeur"),
    (lambda b: leaf(b).update(priorite=1), "conditions.tous.0"),
    (lambda b: leaf(b).pop("reference"), "il manque reference"),
    (lambda b: leaf(b).update(reference="nulle_part"), "référence inconnue : nulle_part"),
    (lambda b: b["references"]["convention_2024"].pop("verifie_le"), "n'a pas de verifie_le"),
    (lambda b: b["references"]["convention_2024"].update(verifie_le="2026-13-01"), "n'existe pas"),
    (lambda b: leaf(b).update(fait="couleur_des_yeux"), "fait inconnu : couleur_des_yeux"),
    (lambda b: leaf(b).update(est="astronaute"), "choisissez une valeur"),
    (lambda b: leaf(b).update(verifie=False), "vont ensemble"),
    (lambda b: b["versions"][0].update(ouvert_du="2026-02-30"), "n'existe pas"),
    (lambda b: b["versions"][0].update(ferme_le="2027-01-01"), "motif_fermeture"),
    (lambda b: b["versions"][0].update(ferme_le="2025-01-01", motif_fermeture="Fermé."), "suivre l'ouverture"),
    (lambda b: b["versions"].append(copy.deepcopy(b["versions"][0])), "se suivre sans se chevaucher"),
    (lambda b: b["versions"][0].update(jour_reference="demain"), "demain"),
    (lambda b: b["versions"][0]["montant"]["versements"][0].update(part=0.4), "somme des parts"),
    (lambda b: b["versions"][0]["montant"]["composantes"][0].update(forfait=12), "composantes.0"),
    (lambda b: b["versions"][0]["montant"]["composantes"][0].pop("reference"), "il manque reference"),
    (lambda b: b["versions"][0]["conditions"]["tous"].append({"voir": "fantome"}), "définition inconnue"),
    (lambda b: b["versions"][0]["conditions"]["tous"][4].update(zone=["zipp"]), "niveau inconnu : zipp"),
    (
        lambda b: (
            b.update(definitions={"a": {"voir": "a"}}) or b["versions"][0]["conditions"]["tous"].append({"voir": "a"})
        ),
        "trop imbriquées",
    ),
    (lambda b: leaf(b).update({"fait": "pdsa", "au_moins": 2}) or leaf(b).pop("est"), "ne se compare pas"),
    (
        lambda b: leaf(b).update({"fait": "age", "au_moins": 2, "unite": "mois"}) or leaf(b).pop("est"),
        "depuis une date",
    ),
    (lambda b: b["versions"][0]["duree"].pop("reference"), "versions.0.duree"),
]


@pytest.mark.parametrize(("change", "motif"), FAUTES)
def test_a_fault_is_refused_with_its_path_and_its_reason(change, motif):
    with pytest.raises(RegleInvalide, match=motif):
        load_texte(alter(change))


@pytest.mark.parametrize(
    ("texte", "motif"),
    [
        ("a: 1\na: 2\n", "clé répétée : a"),
        ("a: &x 1\nb: *x\n", "alias"),
        ("a: [1\n", "ligne"),
        ("a: .nan\n", "nombre fini"),
        ("!!python/object/apply:os.system ['true']\n", "YAML illisible"),
        ("- 1\n", "type inattendu"),
        ("", "type inattendu"),
        ("[" * 5000, "YAML illisible|imbrication"),
    ],
)
def test_a_file_that_is_not_plain_yaml_is_refused(texte, motif):
    with pytest.raises(RegleInvalide, match=motif):
        load_texte(texte)


def test_a_fault_names_its_file(tmp_path):
    (tmp_path / "primo_installation.yaml").write_text(alter(lambda b: b.pop("nom")), encoding="utf-8")
    with pytest.raises(RegleInvalide, match=r"primo_installation\.yaml : il manque nom"):
        load_dossier(tmp_path)


def test_a_file_bears_the_name_of_its_scheme(tmp_path):
    (tmp_path / "autre.yaml").write_text(SOURCE, encoding="utf-8")
    with pytest.raises(RegleInvalide, match=r"doit s'appeler primo_installation\.yaml"):
        load_dossier(tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "primo_installation.yaml").write_bytes(SOURCE.encode("cp1252", errors="replace"))
    with pytest.raises(RegleInvalide, match="pas en UTF-8"):
        load_dossier(tmp_path)


def test_an_unverified_value_loads_as_to_be_examined():
    def change(brut):
        brut["references"]["rumeur"] = {"texte": "Un article de presse"}
        leaf(brut).update(verifie=False, raison="personne n'a lu le texte", reference="rumeur")

    version = load_texte(alter(change)).versions[0]
    (feuille,) = [noeud for noeud in walk(version.conditions) if getattr(noeud, "verifie", True) is False]
    assert feuille.raison == "personne n'a lu le texte"


def test_every_leaf_has_a_reference_that_somebody_read_or_says_that_it_stays_open():
    for dispositif in catalogue().dispositifs:
        for version in dispositif.versions:
            for noeud in walk(version.conditions):
                if not noeud.branches:
                    assert noeud.reference is not None
                    ouverte = isinstance(noeud, AInstruire) or not noeud.verifie
                    assert ouverte or noeud.reference.verifie_le is not None, (dispositif.code, noeud.libelle)
                    assert noeud.libelle


def test_every_fact_of_the_vocabulary_serves_a_scheme():
    utiles = set()
    for dispositif in catalogue().dispositifs:
        for version in dispositif.versions:
            utiles.update(version.faits)
            for composante in version.bareme.composantes:
                utiles.update(getattr(composante.calcul, nom) for nom in ("fait",) if hasattr(composante.calcul, nom))
                if composante.si is not None:
                    utiles.update(n.fait for n in walk(composante.si) if isinstance(n, FeuilleFait))
    assert set(FAITS) - utiles == {"taux_opposable"}


@pytest.mark.parametrize(
    ("au", "ouverts"),
    [
        (date(2012, 1, 1), {"cesp", "msu"}),
        (date(2019, 6, 6), {*CONVENTION_2016, "ptmg", "ptma", "cesp", "msu", "mg400_volet1", "mg400_volet2"}),
        (
            date(2022, 6, 1),
            {*CONVENTION_2016, "cde", "cesp", "msu", "assistant_medical", "mg400_volet1", "mg400_volet2"},
        ),
        (date(2025, 12, 31), {*CONVENTION_2016, "cesp", "msu", "assistant_medical"}),
        (date(2026, 1, 1), {*CONVENTION_2024, "ptma_2026", "cesp", "msu"}),
        (
            date(2026, 11, 2),
            {*CONVENTION_2024, "ptma_2026", "cesp", "msu", "docteur_junior", "docteur_junior_accueil"},
        ),
    ],
)
def test_the_open_schemes_of_doctors_are_those_of_the_day(au, ouverts):
    assert {dispositif.code for dispositif, _ in catalogue().versions_au(au)} & MEDECINS == ouverts


def test_a_scheme_has_one_version_a_day_at_most():
    for dispositif in catalogue().dispositifs:
        for avant, apres in zip(dispositif.versions, dispositif.versions[1:], strict=False):
            assert avant.ferme_le <= apres.ouvert_du


def test_national_aids_open_nothing_outside_the_zones_of_their_professions():
    for dispositif in catalogue().dispositifs:
        for version in dispositif.versions:
            niveaux = {n for noeud in walk(version.conditions) if isinstance(noeud, DansZone) for n in noeud.niveaux}
            medecins = {"zip", "zac"} if "medecin" in dispositif.professions else set()
            autres = {"tres_sous_dotee", "sous_dotee"} if set(dispositif.professions) != {"medecin"} else set()
            assert niveaux <= medecins | autres, dispositif.code
