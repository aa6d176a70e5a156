"""Each scheme that pays, to the cent: the figures of `tests/scenarios/echeanciers/` were computed by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from aides.catalogue import national
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.echeancier import Echeancier, LigneEcheance
from aides.regles.echeancier_regles import Granularite, Rythme
from aides.regles.fin_anticipee import compute_remboursement
from aides.regles.obligations import build_echeancier
from aides.regles.situation import Contexte, Locaux, ZoneLue

DOSSIER = Path(__file__).parent.parent / "scenarios" / "echeanciers"
LIBELLES = {"jour": "Prorata en jours", "mois": "Prorata en mois entiers restants", "total": "Tout ce qui a été versé"}


def list_cas() -> list[Any]:
    cas = []
    for fichier in sorted(DOSSIER.glob("*.yaml")):
        contenu = yaml.safe_load(fichier.read_text(encoding="utf-8"))
        for un in contenu.get("cas", []):
            un.setdefault("dispositif", contenu.get("dispositif"))
            cas.append(pytest.param(un, id=f"{un['dispositif']}-{un['nom']}"))
    return cas


def read_aucun() -> dict[str, str]:
    contenu = yaml.safe_load((DOSSIER / "sans_versement.yaml").read_text(encoding="utf-8"))
    return dict(contenu["aucun"])


def find(cas: dict[str, Any]) -> tuple[Dispositif, Version]:
    dispositif = national().dispositif(cas["dispositif"])
    assert dispositif is not None
    version = dispositif.version(cas["version"])
    assert version is not None
    return dispositif, version


def build(cas: dict[str, Any]) -> Echeancier:
    dispositif, version = find(cas)
    faits = {c: Decimal(str(v)) if isinstance(v, float) else v for c, v in cas["faits"].items()}
    zone = ZoneLue(cas["zone"]) if "zone" in cas else None
    locaux = Locaux(parametres=tuple((c, Decimal(v)) for c, v in cas.get("parametres", {}).items()))
    contexte = Contexte(faits, cas["effet"], cas["effet"], zone, locaux=locaux)
    return build_echeancier(
        dispositif,
        version,
        contexte,
        effet=cas["effet"],
        terme=cas["terme"] if cas["dispositif"] == "cesp" else None,
        accorde=Decimal(cas["accorde"]) if "accorde" in cas else None,
        granularite=Granularite(cas["granularite"]) if "granularite" in cas else None,
    )


def euros(texte: str | None) -> Decimal | None:
    return None if texte is None else Decimal(texte)


def check_ligne(ligne: LigneEcheance, attendu: dict[str, Any]) -> None:
    assert (ligne.le, ligne.montant) == (attendu["le"], euros(attendu["montant"]))
    if "plafond" in attendu:
        assert ligne.plafond == euros(attendu["plafond"])
    if attendu["montant"] is None:
        assert ligne.a_instruire


@pytest.mark.parametrize("cas", list_cas())
def test_the_schedule_is_the_one_computed_by_hand(cas):
    echeancier = build(cas)
    assert echeancier.terme == cas.get("terme")
    assert echeancier.total == euros(cas["total"])
    if "maximum" in cas:
        assert echeancier.maximum == euros(cas["maximum"])
    versements = echeancier.versements
    if "nombre" in cas:
        assert len(versements) == cas["nombre"]
        check_ligne(versements[0], cas["premier"])
        check_ligne(versements[-1], cas["dernier"])
    else:
        assert len(versements) == len(cas["versements"])
        for ligne, attendu in zip(versements, cas["versements"], strict=True):
            check_ligne(ligne, attendu)
    for code, jours in cas.get("obligations", {}).items():
        assert [ligne.le for ligne in echeancier.obligations if ligne.code == code] == jours
    assert all(ligne.reference for ligne in (*versements, *echeancier.obligations))


@pytest.mark.parametrize(
    ("cas", "fin"),
    [
        pytest.param(p.values[0], fin, id=f"{p.id}-{fin['le']}-{fin.get('granularite', '')}")
        for p in list_cas()
        for fin in p.values[0].get("fins", [])
    ],
)
def test_what_is_given_back_is_the_sum_computed_by_hand(cas, fin):
    _, version = find(cas)
    rendu = compute_remboursement(
        version,
        effet=cas["effet"],
        terme=cas.get("terme"),
        fin=fin["le"],
        verses=[Decimal(fin["verse"])],
        granularite=Granularite(fin["granularite"]) if "granularite" in fin else None,
    )
    assert rendu.montant == euros(fin["retenu"])
    montants = {calcul.libelle: calcul.montant for calcul in rendu.calculs}
    for cle, libelle in LIBELLES.items():
        if cle in fin:
            assert montants[libelle] == Decimal(fin[cle])
    if fin["retenu"] is None:
        assert rendu.a_instruire
    if version.echeancier and version.echeancier.fin:
        assert rendu.reference


@pytest.mark.parametrize(("code", "mots"), read_aucun().items())
def test_a_scheme_that_pays_nothing_says_why(code, mots):
    dispositif = national().dispositif(code)
    assert dispositif is not None
    version = dispositif.versions[-1]
    effet = date(2026, 11, 15)
    echeancier = build_echeancier(dispositif, version, Contexte({}, effet, effet, None), effet=effet)
    assert echeancier.versements == ()
    assert mots in echeancier.raison


def test_every_scheme_and_version_that_pays_has_a_case():
    couverts = {(p.values[0]["dispositif"], p.values[0]["version"]) for p in list_cas()}
    sans = read_aucun()
    for dispositif in national().dispositifs:
        regles = dispositif.versions[0].echeancier
        assert regles is not None, dispositif.code
        if regles.rythme is Rythme.AUCUN:
            assert dispositif.code in sans
        else:
            assert any(code == dispositif.code for code, _ in couverts), dispositif.code


def test_every_early_end_rule_has_a_case():
    avec_fin = {p.values[0]["dispositif"] for p in list_cas() if p.values[0].get("fins")}
    payants = {d.code for d in national().dispositifs if d.versions[0].echeancier.rythme is not Rythme.AUCUN}
    assert payants - avec_fin == set()
