"""Receipts: nothing of them changes unseen, and what was answered comes out again."""

import json
import os
import re
import threading
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.urls import reverse

from aides import rejeux, services
from aides.archives import archive_catalogue
from aides.catalogue import follow_locaux
from aides.codes_recus import ALPHABET, LONGUEUR, CodeInvalide, clean_code, compute_controle, format_code, new_code
from aides.models import Recu
from aides.recus import decide, dump_canonique, dump_situation, load_contenu, load_situation
from aides.services_locaux import withdraw_redaction
from aides.services_recus import (
    ALTERE,
    SANS_PRECEDENT,
    SANS_SUITE,
    append_recu,
    compute_own,
    keep_recu,
    list_anomalies,
    read_recu,
    verify_chaine,
)
from tests.aides.recus_essai import AU, INSTANT, MEDECIN, generate_situations, keep, store, tamper, use_catalogue
from tests.aides.redactions import build_texte, publish
from tests.zonage.factories_zonage import UserFactory
from zonage.models import Niveau, ZoneCommune

NOMBRE = int(os.environ.get("MAILLAGE_RECUS", "2500" if os.environ.get("CI") else "1000"))


@pytest.fixture(autouse=True)
def _forget_evaluations():
    yield
    services._evaluate.cache_clear()
    rejeux.load_archivee.cache_clear()


# The public code


def test_a_code_is_read_back_however_it_is_typed():
    code = new_code()
    assert len(code) == LONGUEUR
    ecrit = format_code(code)
    assert re.fullmatch(r"([0-9A-Z]{4}-){4}[0-9A-Z]{4}", ecrit)
    confondu = ecrit.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert clean_code(confondu) == clean_code(f"  {ecrit.replace('-', '–')} ") == code


def test_any_wrong_symbol_and_any_exchange_is_seen():
    code = "7K3MQ0XA9DPWZ54TRB2"
    code += compute_controle(code)
    for place in range(LONGUEUR):
        for symbole in set(ALPHABET) - {code[place]}:
            with pytest.raises(CodeInvalide):
                clean_code(code[:place] + symbole + code[place + 1 :])
        for autre in range(place + 1, LONGUEUR):
            if code[place] != code[autre]:
                lettres = list(code)
                lettres[place], lettres[autre] = lettres[autre], lettres[place]
                with pytest.raises(CodeInvalide):
                    clean_code("".join(lettres))


@pytest.mark.parametrize("texte", ["", "-", "ABCD", "U" * 20, "é" * 20, "A" * 200, "7K3M\x00", "☃" * 20])
def test_what_is_not_a_code_says_what_to_do(texte):
    with pytest.raises(CodeInvalide, match="code"):
        clean_code(texte)


# The canonical form


def test_a_situation_is_read_back_as_it_was():
    for _, situation in generate_situations(200):
        lue = load_situation(json.loads(dump_canonique(dump_situation(situation))))
        assert lue.faits == situation.faits
        assert {type(valeur) for valeur in lue.faits.values()} <= {bool, int, str, date, Decimal}
        assert (lue.zones, lue.lieux, lue.locaux) == (situation.zones, situation.lieux, situation.locaux)


def test_a_float_is_refused():
    with pytest.raises(TypeError):
        dump_canonique({"montant": [1.5]})


# Ten thousand receipts


@pytest.mark.django_db
def test_thousands_of_receipts_replay_equal_and_the_chain_stays_whole():
    """Each decision comes out again, byte for byte. `MAILLAGE_RECUS=10000` runs the long form (docs/mesures.md)."""
    archive_catalogue()
    store(NOMBRE)
    etat = verify_chaine(rejouer=True)
    assert etat.fautes == []
    assert (etat.recus, etat.rejoues) == (NOMBRE, NOMBRE)


@pytest.mark.django_db
def test_a_replay_does_not_read_the_answer_it_checks():
    """A receipt whose decision was forged, digest and chain made right again, is still unmasked by its rules."""
    archive_catalogue()
    store(1)
    contenu = load_contenu(Recu.objects.get().contenu)
    code = next(iter(contenu["decision"]["verdicts"]))
    issue = contenu["decision"]["verdicts"][code]["issue"]
    contenu["decision"]["verdicts"][code]["issue"] = "eligible" if issue != "eligible" else "non_eligible"
    rejeu = rejeux.replay_connu(contenu)
    assert not rejeu.identique
    assert [ecart.code for ecart in rejeu.ecarts] == [code]


# Nothing changes unseen


@pytest.mark.django_db
@pytest.mark.parametrize("requete", ["UPDATE aides_recu SET contenu = contenu", "DELETE FROM aides_recu"])
def test_the_database_refuses_to_change_a_receipt(requete):
    store(2)
    with pytest.raises(IntegrityError, match="ne se modifie pas"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(requete)
    assert Recu.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("champ", "valeur"),
    [
        ("rang", "12"),
        ("code", None),
        ("cle", "x" * 64),
        ("garde_le", "2026-11-22 01:00:02.000001+00"),
        ("precedente", "a" * 64),
        ("empreinte", "b" * 64),
    ],
)
def test_one_field_changed_is_refused(champ, valeur):
    store(5)
    tamper(f"UPDATE aides_recu SET {champ} = %s WHERE rang = 3", valeur or new_code())
    change = Recu.objects.get(**{champ: valeur}) if valeur else Recu.objects.get(rang=3)
    assert list_anomalies(change)
    assert verify_chaine().fautes


@pytest.mark.django_db
def test_one_byte_changed_anywhere_in_the_content_is_refused():
    store(3)
    recu = Recu.objects.get(rang=2)
    assert list_anomalies(recu) == ()
    intact = recu.contenu
    for place in range(len(intact)):
        recu.contenu = intact[:place] + chr(ord(intact[place]) ^ 1) + intact[place + 1 :]
        assert compute_own(recu) != recu.empreinte, place
    tamper("UPDATE aides_recu SET contenu = overlay(contenu placing 'X' from 40 for 1) WHERE rang = 2")
    assert ALTERE in list_anomalies(Recu.objects.get(rang=2))
    assert [faute.rang for faute in verify_chaine().fautes] == [2]


@pytest.mark.django_db
def test_a_receipt_made_again_with_its_digest_is_seen_by_its_neighbours():
    store(3)
    recu = Recu.objects.get(rang=2)
    recu.contenu = recu.contenu.replace('"au":', '"aU":')
    tamper("UPDATE aides_recu SET contenu = %s, empreinte = %s WHERE rang = 2", recu.contenu, compute_own(recu))
    assert SANS_SUITE in list_anomalies(Recu.objects.get(rang=2))
    assert list_anomalies(Recu.objects.get(rang=3)) == (SANS_PRECEDENT,)
    assert [faute.rang for faute in verify_chaine().fautes] == [3]


@pytest.mark.django_db
def test_a_cut_in_the_chain_is_seen():
    store(5)
    tamper("DELETE FROM aides_recu WHERE rang = 3")
    assert list_anomalies(Recu.objects.get(rang=4)) == (SANS_PRECEDENT,)
    with pytest.raises(CommandError, match=r"reçu n° 4 : 1 reçu\(s\) manquent"):
        call_command("verify_recus")


@pytest.mark.django_db
def test_a_chain_cut_at_its_end_is_seen_with_the_head_noted_before(capsys):
    store(5)
    call_command("verify_recus", "--rejouer")
    tete = re.search(r"Tête : (5:[0-9a-f]{64})", capsys.readouterr().out)[1]
    call_command("verify_recus", "--tete", tete)
    tamper("DELETE FROM aides_recu WHERE rang = 5")
    call_command("verify_recus")
    with pytest.raises(CommandError, match="coupée ou refaite"):
        call_command("verify_recus", "--tete", tete)


# What is known changes; what was known does not


@pytest.mark.django_db
def test_a_rule_rewritten_later_changes_today_s_answer_alone(territoire_verifier, monkeypatch, client):
    recu = keep()
    use_catalogue(monkeypatch, {"{a_partir_de: 3.5, montant: 43750}": "{a_partir_de: 3.5, montant: 40000}"})
    lue = read_recu(recu.code)
    assert lue["juste"]
    assert lue["tel_que_connu"]["identique"]
    assert lue["contenu"]["decision"]["verdicts"]["caim"]["montant"]["minimum"] == "43750.00"
    assert not lue["aujourd_hui"]["identique"]
    phrases = [ecart["phrase"] for ecart in lue["aujourd_hui"]["ecarts"]]
    assert [phrase for phrase in phrases if "43\u202f750" in phrase and "40\u202f000" in phrase]
    page = client.get(reverse("recu_detail", args=[format_code(recu.code)])).content.decode()
    assert "Rejeu identique" in page
    assert phrases[0] in page
    assert "Rien ne change" not in page


@pytest.mark.django_db
def test_a_rule_reworded_without_effect_is_told_apart(territoire_verifier, monkeypatch):
    recu = keep()
    use_catalogue(monkeypatch, {"payeur: Assurance Maladie": "payeur: L'Assurance Maladie"})
    lue = read_recu(recu.code)
    assert lue["tel_que_connu"]["identique"]
    assert [(ecart["nature"], ecart["code"]) for ecart in lue["aujourd_hui"]["ecarts"]] == [("texte", "caim")]


@pytest.mark.django_db
def test_a_zone_learnt_later_changes_today_s_answer_alone(territoire_verifier):
    recu = keep()
    zac = Niveau.objects.get_or_create(
        code="zac",
        defaults={"libelle": "Zone d'action complémentaire", "abrege": "ZAC", "famille": "medecin", "rang": 2},
    )[0]
    ZoneCommune.objects.filter(commune_id="71333").update(niveau=zac)
    lue = read_recu(recu.code)
    assert lue["tel_que_connu"]["identique"]
    natures = [ecart["nature"] for ecart in lue["aujourd_hui"]["ecarts"]]
    assert natures[0] == "zone"
    assert "dispositif" in natures
    assert "Zone d'action complémentaire" in lue["aujourd_hui"]["ecarts"][0]["phrase"]
    assert any(ecart["phrase"].startswith("CAIM : éligible") for ecart in lue["aujourd_hui"]["ecarts"])


@pytest.mark.django_db
def test_nothing_changes_when_nothing_changed(territoire_verifier):
    lue = read_recu(keep().code)
    assert lue["tel_que_connu"]["identique"]
    assert lue["aujourd_hui"]["identique"]
    assert lue["tel_que_connu"]["empreinte"] == lue["aujourd_hui"]["empreinte"]


@pytest.mark.django_db
def test_a_local_scheme_withdrawn_later_is_played_again_from_the_archive(territoire_verifier):
    with follow_locaux():
        redaction = publish(build_texte(), date(2025, 12, 1))
        recu = keep_recu(services.check("71333", MEDECIN, au=date(2026, 6, 1)), envoi="local", connu_le=INSTANT)
        assert "bourse_71" in load_contenu(recu.contenu)["decision"]["verdicts"]
        withdraw_redaction(redaction, par=UserFactory(), motif="Abrogée par le département.")
        services._evaluate.cache_clear()
        lue = read_recu(recu.code)
    assert lue["tel_que_connu"]["identique"]
    phrases = [ecart["phrase"] for ecart in lue["aujourd_hui"]["ecarts"] if ecart["code"] == "bourse_71"]
    assert phrases == ["Bourse 71 : éligible (1\u202f500,50\u00a0€), puis absent du catalogue."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "geste", ["DELETE FROM aides_archiveregle", "UPDATE aides_archiveregle SET texte = texte || ' '"]
)
def test_an_archive_lost_or_altered_is_said_and_never_used(territoire_verifier, monkeypatch, geste):
    recu = keep()
    use_catalogue(monkeypatch, {"payeur: Assurance Maladie": "payeur: L'Assurance Maladie"})
    with connection.cursor() as cursor:
        cursor.execute(geste)
    lue = read_recu(recu.code)
    assert lue["juste"]
    assert not lue["tel_que_connu"]["identique"]
    assert "caim" in lue["tel_que_connu"]["empechement"]


# Writers


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_make_one_chain():
    fautes: list[Exception] = []

    def write(rang: int) -> None:
        try:
            for essai in range(5):
                append_recu("{}", cle=f"{rang}-{essai}", garde_le=INSTANT)
                append_recu("{}", cle=f"commune-{essai}", garde_le=INSTANT)
        except Exception as erreur:
            fautes.append(erreur)
        finally:
            connections.close_all()

    fils = [threading.Thread(target=write, args=(rang,)) for rang in range(4)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert fautes == []
    etat = verify_chaine()
    assert etat.fautes == []
    assert etat.recus == 4 * 5 + 5


def test_the_same_rules_judge_as_the_check_does(territoire_verifier):
    """The receipt's own reading of a rule is that of the page."""
    bilan = services.check("71333", MEDECIN, au=AU)
    lus = [*(resultat.dispositif for resultat in bilan.resultats), *(ferme.dispositif for ferme in bilan.fermes)]
    decision = decide(lus, bilan.situation, au=AU)
    for resultat in bilan.resultats:
        verdict = decision["verdicts"][resultat.dispositif.code]
        assert (verdict["issue"], verdict["manquants"]) == (resultat.issue.value, list(resultat.manquants))
